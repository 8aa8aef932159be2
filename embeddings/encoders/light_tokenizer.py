"""Cut texts with a Unigram tokenizer whose vocabulary stays on the disk.

`tokenizers` holds 250,002 pieces in some 270 MB. Here it only does what comes before and after the
pieces: it finds added tokens, normalises, parts words and tells each character's place in the text,
with a model that makes each character one token. The pieces are then found in memory-mapped files.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from tokenizers import Encoding, Tokenizer
from tokenizers.models import BPE

from embeddings.encoders.unigram import Piece, Unigram, Unknown


@dataclass(frozen=True, slots=True)
class LightFiles:
    """Name the files of a light tokenizer; in `characters` is all of the full one's but its model."""

    characters: str = "characters.json"
    trie: str = "pieces.npy"
    scores: str = "scores.npy"
    unknown: str = "unknown.json"


LIGHT_FILES = LightFiles()


@dataclass(frozen=True, slots=True)
class Cut:
    """Hold the tokens of one text, as `Tokenized` says."""

    ids: list[int]
    offsets: list[tuple[int, int]]
    special_tokens_mask: list[int]


class LightTokenizer:
    """Cut texts as the full tokenizer does, to the same ids and offsets; safe to share between threads."""

    def __init__(self, characters: Tokenizer, unigram: Unigram) -> None:
        """Put both parts together.

        Args:
            characters: has a BPE model without merges; ids from that of its unknown token on are
                symbols of the trie, those below are added tokens.
            unigram: finds the pieces.
        """
        vocabulary, unknown = characters.get_vocab(), cast(BPE, characters.model).unk_token
        # By itself a model keeps words by the thousand: memory, and what people have asked.
        characters.model = BPE(vocabulary, [], cache_capacity=0, unk_token=unknown)
        self._characters = characters
        self._unigram = unigram
        self._first_symbol = vocabulary[str(unknown)]

    @classmethod
    def load(cls, folder: Path) -> "LightTokenizer":
        """Load what `write_tokenizer` wrote; the pieces are memory-mapped from there.

        Raises:
            Exception: of whatever kind `tokenizers`, numpy or json find fit.
        """
        unknown = Unknown(**json.loads((folder / LIGHT_FILES.unknown).read_text(encoding="utf-8")))
        trie, scores = (
            np.load(folder / name, mmap_mode="r", allow_pickle=False) for name in (LIGHT_FILES.trie, LIGHT_FILES.scores)
        )
        characters = Tokenizer.from_file(str(folder / LIGHT_FILES.characters))
        return cls(characters, Unigram(trie, scores, unknown))

    def encode_batch(self, texts: Sequence[str], /) -> list[Cut]:
        """Return the tokens of each text, not cut and not padded."""
        return [self._cut(encoding) for encoding in self._characters.encode_batch(list(texts))]

    def _cut(self, encoding: Encoding) -> Cut:
        """Return the tokens of a text of which each character, and each added token, is one."""
        symbols, places, words, by_template = (
            encoding.ids,
            encoding.offsets,
            encoding.word_ids,
            encoding.special_tokens_mask,
        )
        ids: list[int] = []
        offsets: list[tuple[int, int]] = []
        mask: list[int] = []
        start = 0
        while start < len(symbols):
            if symbols[start] < self._first_symbol:
                stop = start + 1
                pieces = [Piece(0, 1, symbols[start])]
            else:
                stop = _end_of_word(words, start)
                pieces = self._unigram.cut(symbols[start:stop])
            for piece in pieces:
                ids.append(piece.id)
                offsets.append((places[start + piece.start][0], places[start + piece.stop - 1][1]))
                mask.append(by_template[start])
            start = stop
        return Cut(ids, offsets, mask)


def _end_of_word(words: Sequence[int | None], start: int) -> int:
    stop = start + 1
    while stop < len(words) and words[stop] == words[start]:
        stop += 1
    return stop
