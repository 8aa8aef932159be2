"""The light tokenizer of the default model cuts every text as the full one does."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from corpus.reading import ArticleFolder, shipped_articles
from corpus.records import Article
from embeddings.encoders.light_tokenizer import LIGHT_FILES, Cut, LightTokenizer
from embeddings.encoders.model_folder import ModelFolder
from embeddings.encoders.tokenizer_files import FULL_FILE, write_tokenizer
from embeddings.evaluation.question_sets import read_questions
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def full(default_model: ModelFolder) -> Tokenizer:
    return Tokenizer.from_file(str(default_model.path / FULL_FILE))


@pytest.fixture(scope="module")
def folder(full: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("light")
    assert write_tokenizer(full, folder) is None
    return folder


@pytest.fixture(scope="module")
def light(folder: Path) -> LightTokenizer:
    return LightTokenizer.load(folder)


def assert_same(light: LightTokenizer, full: Tokenizer, texts: list[str]) -> None:
    for text, ours, theirs in zip(texts, light.encode_batch(texts), full.encode_batch(texts), strict=True):
        assert ours == Cut(theirs.ids, theirs.offsets, theirs.special_tokens_mask), text


def test_by_hand(light: LightTokenizer, full: Tokenizer) -> None:
    (cut,) = light.encode_batch(["passage: 上门 𪚥𪚥"])
    assert [full.id_to_token(id_) for id_ in cut.ids] == ["<s>", "▁passage", ":", "▁", "上", "门", "▁", "<unk>", "</s>"]
    assert cut.offsets == [(0, 0), (0, 7), (7, 8), (8, 9), (9, 10), (10, 11), (11, 12), (12, 14), (0, 0)]
    assert cut.special_tokens_mask == [1, 0, 0, 0, 0, 0, 0, 0, 1]


def test_the_shipped_articles_and_questions(light: LightTokenizer, full: Tokenizer) -> None:
    articles = [item.original for item in ArticleFolder(shipped_articles()).articles() if isinstance(item, Article)]
    paragraphs = [line for text in articles for line in text.split("\n")]
    questions = [
        question.text
        for path in sorted((ROOT / "corpus" / "questions").glob("*.jsonl"))
        if path.stem != "second-pass"  # judgements only
        for question in read_questions(path, judged=False)
    ]
    assert min(len(articles), len(paragraphs), len(questions)) >= 48
    assert_same(light, full, [*articles, *paragraphs, *questions, *(f"query: {question}" for question in questions)])


def test_every_piece_of_the_vocabulary(light: LightTokenizer, full: Tokenizer) -> None:
    pieces = [str(full.id_to_token(id_)) for id_ in range(full.get_vocab_size())]
    assert len(pieces) == 250_002
    assert_same(light, full, ["".join(pieces[start : start + 100]) for start in range(0, len(pieces), 100)])


@given(st.lists(st.text(max_size=60), max_size=5))
def test_any_texts(light: LightTokenizer, full: Tokenizer, texts: list[str]) -> None:
    assert_same(light, full, texts)


SNIPPETS = (
    *("<s>", "</s>", "<pad>", "<unk>", "<mask>", "＜ｓ＞", "＜ｕｎｋ＞", "[MASK]", "<", ">", "s", "mask"),
    *("▁", "▁▁", " ", "  ", "     ", "\t", "\n", "\r\n", "\u3000", "\u00a0", "\u200b", "\u2028", "\x85"),
    *("\x00", "\x01", "\x1b", "\x7f", "\x9f", "\ufeff", "\ufffd", "\ufffe", "\u00ad", "\u202e"),
    *("😀", "👨‍👩‍👧", "👍🏽", "🇨🇳", "\u200d", "\ufe0f", "e\u0301", "\u0301", "ữ", "가", "각", "क्षि", "ไทย", "עברית"),
    *("ＡＢＣ", "１２３", "ｶﾞ", "㈱", "①", "ﬁ", "½", "Å", "ſ", "İ", "ﷺ", "㍿", "㋿", "〜", "～"),
    *("𪚥", "𠮷", "\ue000", "\U0010fffd", "𪚥" * 30, "\ue000𪚥" * 40, "㐀"),
    *(
        "query: ",
        "passage: ",
        "催收",
        "上门",
        "微粒贷",
        "銀行",
        "the",
        "debt collector",
        "12,000.00",
        "http://a.b/c?d=e",
    ),
)


@given(st.lists(st.one_of(st.sampled_from(SNIPPETS), st.text(max_size=3)), max_size=25).map("".join))
def test_texts_of_what_is_special(light: LightTokenizer, full: Tokenizer, text: str) -> None:
    assert_same(light, full, [text, f"query: {text}"])


@given(st.integers(0, 0x10FFFF), st.integers(1, 12), st.sampled_from(["", "上", " a"]))
def test_any_character_any_number_of_times(
    light: LightTokenizer, full: Tokenizer, code: int, times: int, beside: str
) -> None:
    if 0xD800 <= code <= 0xDFFF:  # no text has one
        code += 0x800
    assert_same(light, full, [beside + chr(code) * times + beside])


def long_texts() -> Iterator[str]:
    for text in ("催收电话，" * 2_000, "𪚥" * 5_000, " " * 5_000, "-" * 5_000, "a▁" * 3_000, "<mask> " * 500):
        yield text
        yield f"上 {text}门"


def test_long_texts(light: LightTokenizer, full: Tokenizer) -> None:
    assert_same(light, full, list(long_texts()))


def test_threads_share_it(light: LightTokenizer, full: Tokenizer) -> None:
    texts = [f"催收第{number}次打电话，怎么办？" * 3 for number in range(200)]
    with ThreadPoolExecutor(4) as pool:
        cuts = [cuts[0] for cuts in pool.map(lambda text: light.encode_batch([text]), texts)]
    assert [cut.ids for cut in cuts] == [encoding.ids for encoding in full.encode_batch(texts)]


def test_it_is_light(folder: Path) -> None:
    assert sum((folder / name).stat().st_size for name in (LIGHT_FILES.trie, LIGHT_FILES.scores)) < 10_000_000
    program = """
import sys
from pathlib import Path
from embeddings.encoders.tokenizer_files import load_tokenizer

def resident() -> int:
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0])

before = resident()
tokenizer = load_tokenizer(Path(sys.argv[1]))
for code in range(32, 0xD800):
    tokenizer.encode_batch([chr(code) * 2])
print(resident() - before)
"""
    if not Path("/proc/self/status").exists():
        pytest.skip("only Linux tells what is resident there")
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)], check=True, capture_output=True, text=True, cwd=ROOT
    )
    # Kilobytes, with every page that a character of the first plane leads to; the full one takes some 290,000.
    assert int(done.stdout) < 30_000
