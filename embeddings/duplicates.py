"""Find passages that say the same in nearly the same words, in whatever articles they stand."""

import re
import tempfile
import weakref
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

from corpus.normalising import normalise
from embeddings.arrays import release
from embeddings.records import RowArray, SimilarPair

# Pairs of passages of 132 characters on average that are folded, in percent, by shingle length and
# threshold (`benchmarks/duplicates.py`); what should not be stands below the line:
#                                     2:.6  2:.7  2:.8   3:.6  3:.7  3:.8   4:.6  4:.7  4:.8   as here
#   5% of characters changed           100    93    56     92    64    24     73    38    12       73
#   3 words swapped                     99    95    77     98    87    54     93    76    30       96
#   6 words swapped                     86    60    13     69    36     1     49    14     0       59
#   navigation in front                 99    94    70     99    93    70     99    93    70       92
#   1 sentence of 4 lost                93    72    37     91    71    36     90    70    36       72
#   ------------------------------
#   1 sentence of 4 replaced            51    18     2     48    16     2     46    16     2       19
#   half of the sentences replaced       0     0     0      0     0     0      0     0     0        0
#   another number                     100   100   100    100   100   100    100   100   100        1
# Pairs find most reworded copies at the same number of false ones; 0.7 folds little that differs in
# a sentence. Changed characters hit numbers, too, and such passages are kept apart.
SHINGLE: Final = 2
LEAST_SIMILARITY: Final = 0.7
# A signature keeps the lower 16 bits of 128 permutations: 256 bytes a passage. As many bytes of
# whole permutations, 64, would make the standard error of a similarity of 0.7 0.057 in place of
# 0.041; that two differ and share these bits happens once in 65,536 times.
PERMUTATIONS: Final = 128
# Four of these make a band, which is 64 bits and so its own key. Two passages of similarity s meet
# in one of 32 bands with probability 1 - (1 - s⁴)³²: 0.9998 at 0.7, 0.99 at 0.6, 0.23 at 0.3.
_BAND_ROWS: Final = 4
# A text with fewer has a copy only in its equal: in so short a text one changed character is often
# the claim. A judgement, not measured.
LEAST_SHINGLES: Final = 20
# How often those of a bucket that are no copies of its first are compared with the next one. It
# bounds the work on a bucket of many, and each pair has 32 bands to meet in.
_ROUNDS: Final = 8
# How many groups at most a chain of copies of copies is taken apart into.
_SPLITS: Final = 64
_SEED: Final = 20_240_601
_COMPARED_AT_ONCE: Final = 8_192
_NUMBER_WORDS: Final = 2

_NO_WORD = re.compile(r"[\W_]+")
# Matches "24%", "1.5", "三次" in "一天三次", "五年"; must not match 一 in "一定", 三 in "三方".
_NUMBER = re.compile(
    r"\d+(?:[.,:]\d+)*%?|[零〇一二两三四五六七八九十百千万亿]+(?=个?(?:工作日|小时|分钟|月|天|日|年|次|元|周|点|倍|成|期|条))"
)

_Signatures = NDArray[np.uint16]
_Bits = NDArray[np.uint64]
# What is kept of a passage.
_RECORD: Final = np.dtype([("signature", "<u2", (PERMUTATIONS,)), ("numbers", "<u8", (_NUMBER_WORDS,))])


class DuplicateFinder:
    """Take passages one by one, in order of row, then tell which are copies of one another.

    Of each passage a signature of `bytes_per_passage` is kept in a temporary file, no text. Two passages are copies if
    their sets of `SHINGLE` characters in a row, without punctuation and white space, have an
    estimated Jaccard similarity of `LEAST_SIMILARITY`; short ones, if these characters are equal.
    Where each names a number that the other does not, or not as often, they are no copies: another
    term or rate is another claim.
    """

    bytes_per_passage: Final = _RECORD.itemsize

    def __init__(self, folder: Path | None = None) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 -- lives as long as the finder
        weakref.finalize(self, self._file.close)
        self._count = 0

    def add(self, text: str) -> None:
        """Take the next passage, its text without title and headings."""
        normal = normalise(text).casefold()
        self._file.write(_signature(shingles(normal)).tobytes())
        self._file.write(_number_bits(normal).to_bytes(8 * _NUMBER_WORDS, "little"))
        self._count += 1

    def firsts(self) -> RowArray:
        """Return for each row the first row of its group, -1 where it has no copy.

        Every member of a group is a copy of its first. Takes O(n log n) for n rows, even where
        most of them share their words. What it maps of its file counts as memory, too: some 280 bytes a row in all.
        """
        if not self._count:
            return np.empty(0, dtype=np.int64)
        self._file.flush()
        comparison = _Comparison(np.memmap(self._file, dtype=_RECORD, mode="r", shape=(self._count,)))
        return _split(_connected(comparison), comparison)


def shingles(normal: str) -> list[str]:
    """Return what two normalised texts are compared by, with repetitions.

    "上门, 要" would give 上门 and 门要 if it were long enough; as short as it is, it gives 上门要. A
    text without a letter or digit gives itself with its punctuation.
    """
    letters = _NO_WORD.sub("", normal)
    if len(letters) < LEAST_SHINGLES + SHINGLE - 1:
        return [letters or normal]
    return [letters[start : start + SHINGLE] for start in range(len(letters) - SHINGLE + 1)]


def similar_pairs(texts: Sequence[str], least: float) -> list[SimilarPair]:
    """Return the pairs of texts whose sets of `SHINGLE` characters have at least this Jaccard similarity.

    The similarities are exact, and the pairs are in order of the texts. The time is quadratic in
    the number of texts: for what an editor looks through, not for a web crawl.
    """
    sets = [frozenset(shingles(normalise(text).casefold())) for text in texts]
    signatures = np.array([_signature(sorted(one)) for one in sets], dtype=np.uint16).reshape(-1, PERMUTATIONS)
    # Three standard errors below, so that hardly one in a thousand is missed.
    enough = least - 3 * (least * (1 - least) / PERMUTATIONS) ** 0.5
    pairs = []
    for first in range(len(sets)):
        estimates = (signatures[first + 1 :] == signatures[first]).mean(axis=1)
        for second in (np.flatnonzero(estimates >= enough) + first + 1).tolist():
            similarity = len(sets[first] & sets[second]) / len(sets[first] | sets[second])
            if similarity >= least:
                pairs.append(SimilarPair(first, second, similarity))
    return pairs


def _signature(of: Sequence[str]) -> _Signatures:
    digest = RMinHash(PERMUTATIONS, _SEED)
    digest.update(list(of))
    return np.array(digest.digest(), dtype=np.uint32).astype(np.uint16)


def _number_bits(normal: str) -> int:
    """Return a bit for each number that a text names, and another where it names it once more."""
    bits = 0
    times: Counter[str] = Counter()
    for number in _NUMBER.findall(normal):
        times[number] += 1
        bits |= 1 << zlib.crc32(f"{times[number]} {number}".encode()) % (64 * _NUMBER_WORDS)
    return bits


class _Comparison:
    """Tell which rows are copies of which, by their signatures."""

    def __init__(self, records: NDArray[np.void]) -> None:
        self._records = records

    @property
    def count(self) -> int:
        """Return the number of rows."""
        return len(self._records)

    def bands(self) -> Iterator[NDArray[np.uint64]]:
        """Yield for each band the part of all signatures that lies in it, as one number each."""
        whole = self._records["signature"].view(np.uint64)
        for band in range(whole.shape[1]):
            keys = np.ascontiguousarray(whole[:, band])
            # What was read of the file would all stay in memory.
            release(self._records)
            yield keys

    def alike(self, rows: RowArray, others: RowArray) -> NDArray[np.bool_]:
        """Return for each row whether it is a copy of the other at the same place."""
        found = np.empty(len(rows), dtype=np.bool_)
        for start in range(0, len(rows), _COMPARED_AT_ONCE):
            part = slice(start, start + _COMPARED_AT_ONCE)
            one, other = rows[part], others[part]
            first, second = self._records[one], self._records[other]
            shared = (first["signature"] == second["signature"]).mean(axis=1)
            ours: _Bits = first["numbers"]
            theirs: _Bits = second["numbers"]
            contradicts = (ours & ~theirs).any(axis=1) & (theirs & ~ours).any(axis=1)
            found[part] = (shared >= LEAST_SIMILARITY) & ~contradicts
        return found


def _connected(comparison: _Comparison) -> RowArray:
    """Return for each row the lowest row that copies of copies lead to."""
    roots = np.arange(comparison.count, dtype=np.int64)
    for band in comparison.bands():
        rows, buckets = _shared(band)
        for _ in range(_ROUNDS):
            if not len(rows):
                break
            firsts = _first_of_each(rows, buckets)
            joined = roots[rows] == roots[firsts]
            apart = np.flatnonzero(~joined)
            copies = apart[comparison.alike(rows[apart], firsts[apart])]
            _join(roots, rows[copies], firsts[copies])
            joined[copies] = True
            rows, buckets = rows[~joined], buckets[~joined]
    return roots


def _shared(keys: NDArray[np.uint64]) -> tuple[RowArray, RowArray]:
    """Return the rows whose key another row has, too, with the numbers of their buckets; both in order."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    buckets = np.cumsum(np.concatenate([[False], ordered[1:] != ordered[:-1]]))[: len(keys)]
    kept = np.bincount(buckets)[buckets] > 1
    return order[kept], buckets[kept]


def _first_of_each(rows: RowArray, buckets: RowArray) -> RowArray:
    """Return for each row the first row of its bucket, given rows in order of bucket and row."""
    begins = np.concatenate([[True], buckets[1:] != buckets[:-1]])
    return np.asarray(rows[begins][np.cumsum(begins) - 1], dtype=np.int64)


def _join(roots: RowArray, rows: RowArray, others: RowArray) -> None:
    """Make pairs of rows have one root, the lower one; every row's root is its own root before and after."""
    while True:
        one, other = roots[rows], roots[others]
        apart = one != other
        if not apart.any():
            return
        np.minimum.at(roots, np.maximum(one, other)[apart], np.minimum(one, other)[apart])
        while not np.array_equal(roots, above := roots[roots]):
            roots[:] = above


def _split(roots: RowArray, comparison: _Comparison) -> RowArray:
    """Take chains apart: return for each row the first row that it is itself a copy of, else -1."""
    firsts = np.full(len(roots), -1, dtype=np.int64)
    rows, chains = _shared(roots.view(np.uint64))
    for _ in range(_SPLITS):
        if not len(rows):
            break
        heads = _first_of_each(rows, chains)
        copies = comparison.alike(rows, heads)
        firsts[rows[copies]] = heads[copies]
        rows, chains = rows[~copies], chains[~copies]
    grouped = np.flatnonzero(firsts >= 0)
    alone = np.bincount(firsts[grouped], minlength=len(roots))[firsts[grouped]] == 1
    firsts[grouped[alone]] = -1
    return firsts
