"""Match passages by shared words: BM25 over Chinese characters and their pairs."""

import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import bm25s
import numpy as np
from numpy.typing import NDArray

from corpus.script import HAN
from embeddings.errors import REBUILD_HINT, SnapshotError
from embeddings.indexes.ranking import best
from embeddings.records import FloatArray, Ranked

# The usual values, not tuned here; nDCG@10 .988 on cmrc2018-dev and .974 on drcd-dev as they are.
_K1, _B = 1.5, 0.75
# A run of Han characters, or a word of letters or digits in any other script.
_RUN = re.compile(rf"(?P<han>[{HAN}]+)|[^\W_{HAN}]+")


def tokenize(text: str) -> list[str]:
    """Split a text into terms: Chinese characters and their pairs, other words whole.

    Full width and case are folded (NFKC; of a text that is folded already only that is found out).
    "微粒贷App" gives 微, 粒, 贷, 微粒, 粒贷 and app. Pairs make Chinese searchable without a
    dictionary; single characters catch questions of one word.
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
    def from_texts(cls, texts: Sequence[str]) -> "LexicalIndex":
        """Build the index; row i is the i-th text. At least one text must hold a term."""
        statistics = TermStatistics()
        for text in texts:
            statistics.add(text)
        return cls.from_windows(statistics, [texts])

    @classmethod
    def from_windows(cls, statistics: "TermStatistics", windows: Iterable[Sequence[str]]) -> "LexicalIndex":
        """Build the index of texts that are given for the second time, some at a time.

        Args:
            statistics: of all the texts, taken in the same order. At least one must hold a term.
            windows: the texts.
        """
        bm25 = bm25s.BM25(method="lucene", k1=_K1, b=_B)
        # As `bm25.index` would, which holds all terms of all texts and some 50 bytes for each of them.
        bm25.scores = statistics.weighted(windows)
        bm25.vocab_dict = statistics.vocabulary
        bm25.unique_token_ids_set = set(statistics.vocabulary.values())
        bm25.nonoccurrence_array = None
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


class TermStatistics:
    """Learn from texts, one by one, what BM25 must know before it can weigh a term; keeps 4 bytes a text."""

    def __init__(self) -> None:
        self.vocabulary: dict[str, int] = {}
        self._holders = array("q")  # how many texts hold each term
        self._lengths = array("i")  # how many terms each text has

    def add(self, text: str) -> None:
        """Learn from the next text."""
        terms = tokenize(text)
        self._lengths.append(len(terms))
        for term in set(terms):
            number = self.vocabulary.setdefault(term, len(self.vocabulary))
            if number == len(self._holders):
                self._holders.append(1)
            else:
                self._holders[number] += 1

    def weighted(self, windows: Iterable[Sequence[str]]) -> dict[str, NDArray[np.generic] | int]:
        """Return the weight of each term in each text as bm25s keeps it: compressed by column, a term each.

        The weight is Lucene's: ln(1 + (N - n + 0.5) / (n + 0.5)) · f / (f + k1 · (1 - b + b · l / L))
        for a term that n of N texts hold and that stands f times in a text of l terms, L on average.

        Args:
            windows: the same texts in the same order, some at a time.
        """
        holders, lengths = np.frombuffer(self._holders, np.int64), np.frombuffer(self._lengths, np.int32)
        inverse = np.log(1 + (len(lengths) - holders + 0.5) / (holders + 0.5)).astype(np.float32)
        damping = (_K1 * (1 - _B + _B * lengths / lengths.mean())).astype(np.float32)
        pointers = np.concatenate([[0], np.cumsum(holders)])
        data, indices = np.empty(pointers[-1], np.float32), np.empty(pointers[-1], np.int32)
        free = pointers[:-1].copy()  # where each term's next text goes
        first = 0
        for window in windows:
            counts = self._counted(window)
            order = np.argsort(counts.terms, kind="stable")
            found, times = np.unique(counts.terms, return_counts=True)
            runs = np.arange(len(order)) - np.repeat(np.cumsum(times) - times, times)
            places = np.repeat(free[found], times) + runs
            free[found] += times
            texts = counts.texts[order] + first
            indices[places] = texts
            often = counts.times[order]
            data[places] = np.repeat(inverse[found], times) * often / (often + damping[texts])
            first += len(window)
        return {"data": data, "indices": indices, "indptr": pointers, "num_docs": len(lengths)}

    def _counted(self, texts: Sequence[str]) -> "_Counts":
        numbers, times, distinct = array("i"), array("i"), []
        for text in texts:
            counted = Counter(tokenize(text))
            numbers.extend([self.vocabulary[term] for term in counted])
            times.extend(counted.values())
            distinct.append(len(counted))
        return _Counts(
            terms=np.array(numbers, dtype=np.int32),
            texts=np.repeat(np.arange(len(texts), dtype=np.int32), distinct),
            times=np.array(times, dtype=np.float32),
        )


class _Counts(NamedTuple):
    """Say how often terms stand in texts: three arrays of one length."""

    terms: NDArray[np.int32]
    texts: NDArray[np.int32]
    times: FloatArray
