"""Match passages by shared words: BM25 over Chinese characters and their pairs."""

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import bm25s
import numpy as np

from embeddings.errors import REBUILD_HINT, SnapshotError
from embeddings.indexes.ranking import best
from embeddings.records import FloatArray, Ranked

# The usual values, not tuned here; nDCG@10 .988 on cmrc2018-dev and .974 on drcd-dev as they are.
_K1, _B = 1.5, 0.75
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
# A run of Han characters, or a word of letters or digits in any other script.
_RUN = re.compile(rf"(?P<han>[{_HAN}]+)|[^\W_{_HAN}]+")


def tokenize(text: str) -> list[str]:
    """Split a text into terms: Chinese characters and their pairs, other words whole.

    Full width and case are folded (NFKC). "微粒贷App" gives 微, 粒, 贷, 微粒, 粒贷 and app. Pairs
    make Chinese searchable without a dictionary; single characters catch questions of one word.
    """
    terms: list[str] = []
    for run in _RUN.finditer(unicodedata.normalize("NFKC", text).casefold()):
        characters = run[0]
        if run["han"] is None:
            terms.append(characters)
        else:
            terms.extend(characters)
            terms.extend(first + second for first, second in pairwise(characters))
    return terms


class LexicalIndex:
    """Rank passages by BM25 (Lucene's variant, k1 = 1.5, b = 0.75)."""

    def __init__(self, bm25: bm25s.BM25) -> None:
        self._bm25 = bm25

    @classmethod
    def from_texts(cls, texts: Iterable[str]) -> "LexicalIndex":
        """Build the index; row i is the i-th text. At least one text must hold a term."""
        vocabulary: dict[str, int] = {}
        ids = [[vocabulary.setdefault(term, len(vocabulary)) for term in tokenize(text)] for text in texts]
        bm25 = bm25s.BM25(method="lucene", k1=_K1, b=_B)
        bm25.index((ids, vocabulary), show_progress=False)
        return cls(bm25)

    @classmethod
    def load(cls, folder: Path) -> "LexicalIndex":
        """Read the index from a folder that `save` wrote, its arrays memory-mapped.

        Raises:
            SnapshotError: a file is missing or not of the expected kind.
        """
        try:
            return cls(bm25s.BM25.load(folder, mmap=True, load_vocab=True, allow_pickle=False, show_progress=False))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SnapshotError(f"{folder} holds no lexical index that can be read; {REBUILD_HINT}") from error

    def save(self, folder: Path) -> None:
        """Write the index into a folder."""
        self._bm25.save(folder, show_progress=False, allow_pickle=False)

    @property
    def count(self) -> int:
        """Return the number of texts."""
        return int(self._bm25.scores["num_docs"])

    def search(self, question: str, k: int) -> Ranked:
        """Return at most k rows that share a term with the question, best first."""
        scores = self.scores(question)
        rows = np.flatnonzero(scores > 0)
        return best(rows, scores[rows], k)

    def scores(self, question: str) -> FloatArray:
        """Return the score of every row, shape (count,); 0 where no term is shared."""
        terms = [term for term in tokenize(question) if term in self._bm25.vocab_dict]
        if not terms:
            return np.zeros(self.count, dtype=np.float32)
        return np.asarray(self._bm25.get_scores(terms), dtype=np.float32)
