"""Which tokenizers are written light, and what is said of those that are not."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, processors

from embeddings.encoders import tokenizer_files as module
from embeddings.encoders.light_tokenizer import LightTokenizer
from embeddings.encoders.piece_trie import build_trie
from embeddings.encoders.tokenizer_files import load_tokenizer, write_tokenizer
from embeddings.records import IdArray

PIECES = [("<s>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0), ("上", -3.0), ("门", -4.5), ("上门", -5.0)]
BYTES = [(f"<0x{byte:02X}>", -9.0) for byte in range(256)]
LIGHT = ["characters.json", "pieces.npy", "scores.npy", "unknown.json"]
FULL = ["tokenizer.json"]
TEMPLATE = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)])


def tokenizer(
    model: models.Model, added: Sequence[str] = ("<s>", "</s>"), processor: processors.PostProcessor | None = TEMPLATE
) -> Tokenizer:
    made = Tokenizer(model)
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    if processor is not None:
        made.post_processor = processor
    made.add_special_tokens([AddedToken(content, special=True) for content in added])
    return made


def written(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    "processor", [TEMPLATE, None, processors.BertProcessing(("</s>", 1), ("<s>", 0))], ids=["template", "none", "bert"]
)
@pytest.mark.parametrize("added", [["<s>", "</s>"], ["<s>", "</s>", "<new>"], []], ids=["known", "new", "none"])
def test_light(tmp_path: Path, processor: processors.PostProcessor | None, added: list[str]) -> None:
    if processor is TEMPLATE and not added:
        added = ["<s>", "</s>"]
    full = tokenizer(models.Unigram(PIECES, 2, byte_fallback=False), added, processor)
    assert write_tokenizer(full, tmp_path) is None
    assert written(tmp_path) == LIGHT
    light = load_tokenizer(tmp_path)
    assert isinstance(light, LightTokenizer)
    text = "上门门 <new> 上x门<s>"
    (ours,), theirs = light.encode_batch([text]), full.encode(text)
    assert (ours.ids, ours.offsets) == (theirs.ids, theirs.offsets)


@pytest.mark.parametrize(
    ("full", "hindrance"),
    [
        (tokenizer(models.Unigram([*PIECES, *BYTES], 2, byte_fallback=True)), "it spells unknown characters in bytes"),
        (tokenizer(models.Unigram(PIECES, None, byte_fallback=False)), "it has no token for unknown characters"),
        (
            tokenizer(
                models.Unigram(PIECES, 2, byte_fallback=False),
                processor=processors.RobertaProcessing(("</s>", 1), ("<s>", 0)),
            ),
            "its post-processor is RobertaProcessing",
        ),
        (
            tokenizer(models.Unigram(PIECES, 2, byte_fallback=False), added=["<s>", "</s>", "上"]),
            "it has an added token of one character",
        ),
    ],
    ids=["bytes", "nothing-unknown", "other-offsets", "one-character"],
)
def test_a_unigram_tokenizer_of_another_kind_stays_and_the_reason_is_told(
    tmp_path: Path, full: Tokenizer, hindrance: str
) -> None:
    assert write_tokenizer(full, tmp_path) == hindrance
    assert written(tmp_path) == FULL
    assert isinstance(load_tokenizer(tmp_path), Tokenizer)


@pytest.mark.parametrize(
    "model",
    [
        models.WordLevel({"<unk>": 0, "<s>": 1, "</s>": 2}, unk_token="<unk>"),
        models.WordPiece({"<unk>": 0, "<s>": 1, "</s>": 2}, unk_token="<unk>"),
        models.BPE({"<unk>": 0, "<s>": 1, "</s>": 2}, [], unk_token="<unk>"),
    ],
    ids=["word-level", "word-piece", "bpe"],
)
def test_other_tokenizers_stay_and_nothing_is_said(tmp_path: Path, model: models.Model) -> None:
    full = tokenizer(model, processor=None)
    assert write_tokenizer(full, tmp_path) is None
    assert written(tmp_path) == FULL
    (ours,) = load_tokenizer(tmp_path).encode_batch(["上 <s>"])
    assert ours.ids == full.encode("上 <s>").ids


def test_one_that_would_cut_otherwise_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def one_too_high(pieces: Iterable[Sequence[int]], lowest: int) -> IdArray:
        return build_trie([[lowest + 1] * 9, *pieces], lowest)

    monkeypatch.setattr(module, "build_trie", one_too_high)
    hindrance = write_tokenizer(tokenizer(models.Unigram(PIECES, 2, byte_fallback=False)), tmp_path)
    assert hindrance is not None
    assert hindrance.startswith("its light form cuts '")
    assert written(tmp_path) == FULL
