"""Write the tokenizer of an exported encoder, light where that cuts no text otherwise, and load it."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from embeddings.encoders.light_tokenizer import LIGHT_FILES, Cut, LightTokenizer
from embeddings.encoders.piece_trie import build_trie
from embeddings.encoders.tokenizing import TextTokenizer
from embeddings.encoders.unigram import Unknown

FULL_FILE = "tokenizer.json"
# A character that no piece has is less likely than the least likely piece (`tokenizers`, models/unigram/model.rs).
_UNKNOWN_PENALTY = 10.0
# These add tokens, and leave all others with their offsets as they are.
_POST_PROCESSORS = ("TemplateProcessing", "BertProcessing")
# One piece in so many is compared, and so many of them in one text. All 250,002 would take longer than the trie.
_PIECES_APART = 10
_PIECES_IN_A_PROBE = 50
_PROBES = (
    "",
    " ",
    "催收人员晚上十一点还在打电话，我可以要求他们停下来吗？\n繁體中文：催收可以聯絡我的家人嗎？",
    "２０２６年３月３１日 ①②③ ㈱ ﬁ ｶﾞ é e\u0301 Å 한국어 हिन्दी العربية ไทย",
    "a  b   c\t\td\r\n e\u3000\u3000f\u00a0\u200b\u200d\ufeffg\x00h\x01\x7fi\x85j\u2028k",
    "👨‍👩‍👧‍👦👍🏽🇨🇳 𠮷𪚥 \U0010fffd\U0010fffd\U0010fffd x\ue000\ue001y",
    "▁▁▁上▁ ▁门 ▁",
    "<s>上</s> <mask> <unk><pad>  <mask>门 ＜ｓ＞ ＜ｕｎｋ＞＜ｕｎｋ＞ [CLS] [MASK]",
)


def load_tokenizer(folder: Path) -> TextTokenizer:
    """Load the tokenizer of an exported encoder.

    Raises:
        Exception: a file is missing or cannot be read; `tokenizers` raises just that.
    """
    if (folder / LIGHT_FILES.trie).exists():
        return LightTokenizer.load(folder)
    tokenizer = Tokenizer.from_file(str(folder / FULL_FILE))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def write_tokenizer(tokenizer: Tokenizer, folder: Path) -> str | None:
    """Write a tokenizer, as a light one where it is of a kind that has one, and both cut all probes alike.

    Args:
        tokenizer: neither cuts nor pads.
        folder: for its files.

    Returns:
        Why a Unigram tokenizer was written as it is. None for others, whose vocabularies are smaller.
    """
    description = json.loads(tokenizer.to_str())
    if description["model"]["type"] != "Unigram":
        tokenizer.save(str(folder / FULL_FILE))
        return None
    hindrance = _hindrance(description)
    if hindrance is None:
        _write_light(description, folder)
        hindrance = _difference(tokenizer, LightTokenizer.load(folder))
    if hindrance is not None:
        for name in asdict(LIGHT_FILES).values():
            (folder / name).unlink(missing_ok=True)
        tokenizer.save(str(folder / FULL_FILE))
    return hindrance


def _hindrance(description: Mapping[str, Any]) -> str | None:
    model, post_processor = description["model"], description["post_processor"]
    if model["byte_fallback"]:
        return "it spells unknown characters in bytes"
    if model["unk_id"] is None:
        return "it has no token for unknown characters"
    if post_processor is not None and post_processor["type"] not in _POST_PROCESSORS:
        return f"its post-processor is {post_processor['type']}"
    # A single character would be two things at once.
    if any(len(added["content"]) == 1 for added in description["added_tokens"]):
        return "it has an added token of one character"
    return None


def _write_light(description: Mapping[str, Any], folder: Path) -> None:
    model, added = description["model"], description["added_tokens"]
    pieces: list[str] = [piece for piece, _ in model["vocab"]]
    scores = np.array([score for _, score in model["vocab"]], dtype=np.float64)
    vocabulary = {token["content"]: token["id"] for token in added}
    # Ids above all others for characters, and below them one for those that are unknown.
    unknown_symbol = max([len(pieces) - 1, *vocabulary.values()]) + 1
    unknown_name = "?" * (1 + max(map(len, vocabulary), default=1))
    # Frequent ones get low numbers, which makes for a dense trie.
    counted = Counter(character for piece in pieces for character in piece).most_common()
    symbols = {character: unknown_symbol + 1 + place for place, (character, _) in enumerate(counted)}
    characters = {
        **description,
        "model": {"type": "BPE", "unk_token": unknown_name, "merges": []}
        | {"vocab": {**vocabulary, unknown_name: unknown_symbol, **symbols}},
    }
    trie = build_trie(([symbols[character] for character in piece] for piece in pieces), unknown_symbol)
    unknown = Unknown(model["unk_id"], float(scores.min()) - _UNKNOWN_PENALTY)
    (folder / LIGHT_FILES.characters).write_text(json.dumps(characters, ensure_ascii=False), encoding="utf-8")
    (folder / LIGHT_FILES.unknown).write_text(json.dumps(asdict(unknown)), encoding="utf-8")
    np.save(folder / LIGHT_FILES.trie, trie)
    np.save(folder / LIGHT_FILES.scores, scores)


def _difference(full: Tokenizer, light: LightTokenizer) -> str | None:
    """Return how a light tokenizer cuts a probe otherwise than the full one, or None."""
    pieces = [str(full.id_to_token(id_)) for id_ in range(0, full.get_vocab_size(), _PIECES_APART)]
    for probe in (*_PROBES, *_joined(pieces)):
        (ours,), (theirs,) = light.encode_batch([probe]), full.encode_batch([probe])
        if ours != Cut(theirs.ids, theirs.offsets, theirs.special_tokens_mask):
            return f"its light form cuts {probe[:40]!r} into other tokens"
    return None


def _joined(pieces: Sequence[str]) -> Iterator[str]:
    for start in range(0, len(pieces), _PIECES_IN_A_PROBE):
        yield "".join(pieces[start : start + _PIECES_IN_A_PROBE])
