"""Match passages by shared terms: BM25."""

import json
import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import bm25s
import numpy as np
from numpy.typing import NDArray

from embeddings.errors import REBUILD_HINT, SnapshotError
from embeddings.indexes.ranking import best
from embeddings.records import FloatArray, Ranked, RowArray

# The usual values, not tuned here; nDCG@10 of the lexical mode .986 on cmrc2018-dev and .977 on drcd-dev as they are.
_K1, _B = 1.5, 0.75
_WORDS = "words.json"

Split = Callable[[str], Sequence[str]]
WeightedTerms = Sequence[tuple[str, float]]


class LexicalIndex:
    """Rank passages by BM25 (Lucene's variant, k1 = 1.5, b = 0.75).

    `words` tells how many passages hold each word: what typos are corrected to. The words need not
    be the terms.
    """

    def __init__(self, bm25: bm25s.BM25, words: Mapping[str, int]) -> None:
        self._bm25 = bm25
        self.words = words
        # Plain views: each slice of a `memmap` costs microseconds more.
        self._data = np.asarray(bm25.scores["data"])
        self._rows = np.asarray(bm25.scores["indices"])
        self._begins: list[int] = np.asarray(bm25.scores["indptr"]).tolist()

    @classmethod
    def from_texts(cls, texts: Sequence[str], split: Split) -> "LexicalIndex":
        """Build the index; row i is the i-th text. At least one text must hold a term."""
        statistics = TermStatistics(split, split)
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
        return cls(bm25, statistics.words)

    @classmethod
    def load(cls, folder: Path) -> "LexicalIndex":
        """Read the index from a folder that `save` wrote, its arrays memory-mapped.

        Raises:
            SnapshotError: a file is missing or not of the expected kind.
        """
        try:
            bm25 = bm25s.BM25.load(folder, mmap=True, load_vocab=True, allow_pickle=False, show_progress=False)
            words = json.loads((folder / _WORDS).read_text(encoding="utf-8"))
            return cls(bm25, {str(word): int(count) for word, count in words.items()})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise SnapshotError(f"{folder} holds no lexical index that can be read; {REBUILD_HINT}") from error

    def save(self, folder: Path) -> None:
        """Write the index into a folder."""
        self._bm25.save(folder, show_progress=False, allow_pickle=False)
        (folder / _WORDS).write_text(json.dumps(dict(self.words), ensure_ascii=False), encoding="utf-8")

    @property
    def count(self) -> int:
        """Return the number of texts."""
        return int(self._bm25.scores["num_docs"])

    def search(self, terms: WeightedTerms, k: int) -> Ranked:
        """Return at most k rows that share a term with the question, best first."""
        return best_positive(self.scores(terms), k)

    def scores(self, terms: WeightedTerms) -> FloatArray:
        """Return the score of every row, shape (count,): the weighted sum of its terms'; 0 where none is shared."""
        total = np.zeros(self.count, dtype=np.float32)
        weights: dict[int, float] = {}
        for term, weight in terms:
            number = self._bm25.vocab_dict.get(term)
            if number is not None:
                weights[number] = weights.get(number, 0.0) + weight
        for number, weight in weights.items():
            part = slice(self._begins[number], self._begins[number + 1])
            # Of 450,000 postings a question among 100,000 passages: 0.7 ms; an indexed += takes 1.4 ms.
            np.add.at(total, self._rows[part], np.float32(weight) * self._data[part])
        return total

    def rarity(self, term: str) -> float:
        """Return the inverse document frequency of a term, as BM25 weighs it; 0 for one that no text holds."""
        number = self._bm25.vocab_dict.get(term)
        if number is None:
            return 0.0
        holders = self._begins[number + 1] - self._begins[number]
        return math.log(1 + (self.count - holders + 0.5) / (holders + 0.5))


def best_positive(scores: FloatArray, k: int, within: RowArray | None = None) -> Ranked:
    """Return at most k rows whose score is above 0, best first, of those in `within` where it is given."""
    rows = np.flatnonzero(scores > 0) if within is None else within[scores[within] > 0]
    return best(rows, scores[rows], k)


class TermStatistics:
    """Learn from texts, one by one, what BM25 must know before it can weigh a term; keeps 4 bytes a text.

    Args:
        split: gives the terms of a text.
        cut: gives its words.
    """

    def __init__(self, split: Split, cut: Split) -> None:
        self._split, self._cut = split, cut
        self.vocabulary: dict[str, int] = {}
        self.words: Counter[str] = Counter()
        self._holders = array("q")  # how many texts hold each term
        self._lengths = array("i")  # how many terms each text has

    def add(self, text: str) -> None:
        """Learn from the next text."""
        terms = self._split(text)
        self._lengths.append(len(terms))
        self.words.update(dict.fromkeys(self._cut(text), 1))
        for term in dict.fromkeys(terms):
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
            counted = Counter(self._split(text))
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
