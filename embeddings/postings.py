"""Keep on the disk which texts hold which terms, and how much each says of each.

<folder>/
  terms.npy     a hash of each term, ascending; uint64 (terms,)
  holders.npy   how many texts hold each term; int64 (terms,)
  starts.npy    where each term's postings begin, and at last their number; int64 (terms + 1,)
  rows.npy      the texts that hold a term, ascending, term by term; int32 (postings,)
  weights.npy   what the term weighs in each of them; float32 (postings,)
  damping.npy   what the length of each text adds to a term's frequency; float32 (texts,)
  common.npy    the places of those terms that stand below in place of postings; int64 (common,)
  counts.npy    how often each stands in each text, up to 255; uint8 (blocks, common, BLOCK)
  codes.npy     f / (f + damping) for these, in steps of 1 / 255; uint8 (blocks, common, BLOCK)

A term's weight is Lucene's: ln(1 + (N - n + 0.5) / (n + 0.5)) · f / (f + k1 · (1 - b + b · l / L))
for a term that n of N texts hold and that stands f times in a text of l terms, L on average. The
last factor's second summand is the damping.
"""

import hashlib
import tempfile
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.arrays import ArrayReader, ArrayWriter, mapped_array
from embeddings.errors import REBUILD_HINT, SnapshotError
from embeddings.records import FloatArray, RowArray
from embeddings.term_statistics import TermStatistics

# The usual values, not tuned here; nDCG@10 of the lexical mode .986 on cmrc2018-dev and .977 on drcd-dev as they are.
_K1, _B = 1.5, 0.75
# Of fewer texts, postings of all terms are gone through in less than a millisecond.
COMMON_FROM = 65_536
# Of such a term a count and a code for every text take hardly more room than a posting, of 8 bytes, for
# each that holds it; and they are gone through in a quarter of the time.
_COMMON_SHARE = 1 / 8
# Texts whose codes lie together: with those of 20 terms as float32 they fill a core's cache.
BLOCK = 8_192
CODE_STEPS = 255
# Postings that are sorted together, some 80 bytes each: of 10,000 texts.
_SORTED_TOGETHER = 1_000_000
_POSTING = np.dtype([("term", np.int32), ("text", np.int32), ("weight", np.float32)])

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Postings:
    """Hold the arrays that this file describes, by name, and what reads the greatest of them."""

    terms: NDArray[np.uint64]
    holders: RowArray
    starts: RowArray
    rows: NDArray[np.int32]
    weights: FloatArray
    damping: FloatArray
    common: RowArray
    counts: Bytes
    codes: Bytes
    row_reader: ArrayReader
    weight_reader: ArrayReader

    @classmethod
    def open(cls, folder: Path) -> "Postings":
        """Open the files in a folder; most of them stay on the disk until they are asked for.

        Raises:
            SnapshotError: a file is missing, damaged, or does not belong to the others.
        """
        rows = mapped_array(folder / "rows.npy", np.int32, 1)
        weights = mapped_array(folder / "weights.npy", np.float32, 1)
        opened = cls(
            terms=mapped_array(folder / "terms.npy", np.uint64, 1),
            holders=mapped_array(folder / "holders.npy", np.int64, 1),
            starts=mapped_array(folder / "starts.npy", np.int64, 1),
            rows=rows,
            weights=weights,
            damping=mapped_array(folder / "damping.npy", np.float32, 1),
            common=mapped_array(folder / "common.npy", np.int64, 1),
            counts=mapped_array(folder / "counts.npy", np.uint8, 3),
            codes=mapped_array(folder / "codes.npy", np.uint8, 3),
            row_reader=ArrayReader(folder / "rows.npy", rows),
            weight_reader=ArrayReader(folder / "weights.npy", weights),
        )
        if not opened._fits():
            raise SnapshotError(f"the files of {folder} do not fit one another; {REBUILD_HINT}")
        return opened

    def places(self, terms: Sequence[str]) -> list[int | None]:
        """Return the place of each term, None where no text holds it."""
        if not len(self.terms):
            return [None] * len(terms)
        # As plain integers they would be compared as float64, after all hashes of the index were made such.
        keys = np.array([_key(term) for term in terms], dtype=np.uint64)
        places = np.minimum(np.searchsorted(self.terms, keys), len(self.terms) - 1)
        held = self.terms[places] == keys
        return [place if there else None for place, there in zip(places.tolist(), held.tolist(), strict=True)]

    def weighted(self, terms: Mapping[int, float]) -> tuple[NDArray[np.int32], FloatArray]:
        """Return the texts that hold each of some terms, term after term, and its weight in each.

        Args:
            terms: the place of each, and what its weights are multiplied by.
        """
        places = np.fromiter(terms, dtype=np.int64, count=len(terms))
        starts, stops = self.starts[places], self.starts[places + 1]
        factors = np.fromiter(terms.values(), dtype=np.float32, count=len(terms))
        given = self.weight_reader.spans(starts, stops)
        return self.row_reader.spans(starts, stops), given * np.repeat(factors, stops - starts)

    def inverse(self, place: int) -> np.float32:
        """Return the inverse document frequency of a term."""
        return np.float32(_inverse(len(self.damping), self.holders[place : place + 1])[0])

    def _fits(self) -> bool:
        terms, common, blocks = len(self.terms), len(self.common), -(-len(self.damping) // BLOCK)
        return (
            len(self.holders) == terms == len(self.starts) - 1
            and bool(np.all(self.terms[1:] > self.terms[:-1]))
            and bool(np.all(np.diff(self.starts) >= 0))
            and self.starts[0] == 0
            and self.starts[-1] == len(self.rows) == len(self.weights)
            and bool(np.all((self.common >= 0) & (self.common < terms)))
            and self.counts.shape == self.codes.shape == (blocks if common else 0, common, BLOCK)
        )


def write_postings(
    folder: Path, statistics: TermStatistics, windows: Iterable[Sequence[str]], common_from: int = COMMON_FROM
) -> None:
    """Write the files of texts that are given for the second time, some at a time.

    Args:
        folder: where to; it exists.
        statistics: of all the texts, taken in the same order.
        windows: the texts.
        common_from: of how many texts common terms have codes.
    """
    keys = np.array([_key(term) for term in statistics.vocabulary], dtype=np.uint64)
    # Of a million terms two have one hash once in 40 million times; they would count as one.
    terms, places = np.unique(keys, return_inverse=True)
    holders = np.zeros(len(terms), dtype=np.int64)
    np.add.at(holders, places, statistics.holders)
    count = len(statistics.lengths)
    least = max(count * _COMMON_SHARE, 1) if count >= common_from else np.inf
    common = np.flatnonzero(holders >= least)
    relative = statistics.lengths / max(statistics.lengths.mean(), np.finfo(np.float32).tiny)
    damping = (_K1 * (1 - _B + _B * relative)).astype(np.float32)
    for name, values in (("terms", terms), ("holders", holders), ("damping", damping), ("common", common)):
        np.save(folder / f"{name}.npy", values)
    with (
        tempfile.TemporaryFile(dir=folder) as scratch,
        ArrayWriter.create(folder / "counts.npy", np.uint8, (len(common), BLOCK)) as counts,
        ArrayWriter.create(folder / "codes.npy", np.uint8, (len(common), BLOCK)) as codes,
    ):
        writer = _PostingWriter(folder, scratch, holders, common, damping)
        blocks = _BlockWriter(counts, codes, common, damping)
        first = 0
        for window in windows:
            counted = _counted(window, statistics, places, first)
            is_common = np.isin(counted.terms, common)
            writer.add(counted.where(~is_common))
            if len(common):
                blocks.add(counted.where(is_common))
            first += len(window)
        blocks.finish()
        writer.finish()


class _Counts(NamedTuple):
    """Say how often terms stand in texts: three arrays of one length, in order of text."""

    terms: RowArray
    texts: NDArray[np.int32]
    times: FloatArray

    def where(self, chosen: NDArray[np.bool_]) -> "_Counts":
        """Return some of them."""
        return _Counts(self.terms[chosen], self.texts[chosen], self.times[chosen])


class _PostingWriter:
    """Bring postings into order of term and text: sorted some at a time, then put together term by term."""

    def __init__(
        self, folder: Path, scratch: BinaryIO, holders: RowArray, common: RowArray, damping: FloatArray
    ) -> None:
        self._folder = folder
        self._scratch = scratch
        self._inverse = _inverse(len(damping), holders)
        self._damping = damping
        kept = holders.copy()
        kept[common] = 0
        self._starts = np.concatenate([[0], np.cumsum(kept)])
        self._waiting: list[_Counts] = []
        self._sorted: list[tuple[int, int]] = []  # of each sorted part: where it begins, and its length

    def add(self, counts: _Counts) -> None:
        self._waiting.append(counts)
        if sum(len(some.terms) for some in self._waiting) >= _SORTED_TOGETHER:
            self._sort()

    def finish(self) -> None:
        self._sort()
        self._scratch.flush()
        np.save(self._folder / "starts.npy", self._starts)
        with (
            ArrayWriter.create(self._folder / "rows.npy", np.int32) as rows,
            ArrayWriter.create(self._folder / "weights.npy", np.float32) as weights,
        ):
            first = 0
            while first < len(self._starts) - 1:
                # One term at least, however many hold it.
                last = max(int(np.searchsorted(self._starts, self._starts[first] + _SORTED_TOGETHER)), first + 1)
                merged = self._between(first, min(last, len(self._starts) - 1))
                rows.append(merged["text"])
                weights.append(merged["weight"])
                first = last

    def _sort(self) -> None:
        if not sum(len(some.terms) for some in self._waiting):
            return
        terms, texts, times = (np.concatenate(arrays) for arrays in zip(*self._waiting, strict=True))
        self._waiting.clear()
        postings = np.empty(len(terms), dtype=_POSTING)
        order = np.argsort(terms, kind="stable")
        postings["term"], postings["text"] = terms[order], texts[order]
        often = times[order]
        postings["weight"] = self._inverse[postings["term"]] * often / (often + self._damping[postings["text"]])
        self._sorted.append((self._scratch.tell(), len(postings)))
        self._scratch.write(postings.tobytes())

    def _between(self, first: int, last: int) -> NDArray[np.void]:
        """Return the postings of the terms from the first to before the last, in order."""
        found = []
        for begin, length in self._sorted:
            part = np.memmap(self._scratch, dtype=_POSTING, mode="r", offset=begin, shape=(length,))
            low, high = np.searchsorted(part["term"], np.array((first, last), dtype=np.int32))
            found.append(np.array(part[low:high]))
        whole = np.concatenate(found) if found else np.empty(0, dtype=_POSTING)
        return np.asarray(whole[np.argsort(whole["term"], kind="stable")])


class _BlockWriter:
    """Write counts and codes of common terms, a block of texts at a time."""

    def __init__(self, counts: ArrayWriter, codes: ArrayWriter, common: RowArray, damping: FloatArray) -> None:
        self._counts = counts
        self._codes = codes
        self._common = common
        # Nothing stands in what fills the last block.
        self._damping = np.concatenate([damping, np.ones(-len(damping) % BLOCK, dtype=np.float32)])
        self._block = np.zeros((len(common), BLOCK), dtype=np.uint8)

    def add(self, counts: _Counts) -> None:
        columns = np.searchsorted(self._common, counts.terms)
        often = np.minimum(counts.times, np.iinfo(np.uint8).max).astype(np.uint8)
        blocks = counts.texts // BLOCK
        for block in np.unique(blocks).tolist():
            while self._counts.count < block:
                self._flush()
            its = blocks == block
            self._block[columns[its], counts.texts[its] % BLOCK] = often[its]

    def finish(self) -> None:
        while len(self._common) and self._counts.count * BLOCK < len(self._damping):
            self._flush()

    def _flush(self) -> None:
        first = self._counts.count * BLOCK
        times = self._block.astype(np.float32)
        saturated = times / (times + self._damping[first : first + BLOCK])
        self._counts.append(self._block[np.newaxis])
        self._codes.append(np.rint(saturated * CODE_STEPS).astype(np.uint8)[np.newaxis])
        self._block[:] = 0


def _counted(texts: Sequence[str], statistics: TermStatistics, places: RowArray, first: int) -> _Counts:
    numbers, times, distinct = array("i"), array("i"), []
    for text in texts:
        counted = Counter(statistics.split(text))
        numbers.extend([statistics.vocabulary[term] for term in counted])
        times.extend(counted.values())
        distinct.append(len(counted))
    return _Counts(
        terms=places[np.array(numbers, dtype=np.int32)],
        texts=np.repeat(np.arange(first, first + len(texts), dtype=np.int32), distinct),
        times=np.array(times, dtype=np.float32),
    )


def _inverse(texts: int, holders: RowArray) -> FloatArray:
    return np.asarray(np.log(1 + (texts - holders + 0.5) / (holders + 0.5)), dtype=np.float32)


def _key(term: str) -> int:
    # Half a character, which no text holds, has a hash, too.
    return int.from_bytes(hashlib.blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
