"""Search vectors with FAISS."""

from collections.abc import Iterable
from pathlib import Path

import faiss
import numpy as np

from embeddings.errors import REBUILD_HINT, SnapshotError
from embeddings.indexes.ranking import best
from embeddings.records import FloatArray, Ranked, RowArray

# Among fewer vectors all are compared: 1.2 ms on one core, and nothing is ever missed.
_CODES_FROM = 20_000
# What is learned of the vectors, 16 values a component, needs no more of them; evenly spaced.
_TRAINED_ON = 8_192
# So many have their cosine computed after the codes have chosen them. Milliseconds on one core for
# 100,000 vectors of 384 components, and the share of the true 200 (50) nearest that is found, on
# average over 100 real questions (`benchmarks/vector_search.py`; the vectors are mixed from real ones):
#     all compared                  5.9 ms   1       (1)
#     codes, then   500 compared    0.7 ms    .9910   (1.0000)
#     codes, then 1,000 compared    0.9 ms    .9998  (1.0000)  this is used; within half of the rows 0.9 ms, too
#     codes, then 2,000 compared    1.1 ms   1.0000  (1.0000)
#     SQ8, then     250 compared    3.1 ms   1.0000  (1.0000)  twice the memory; 4.6 ms within half of the rows
#     RaBitQ, then 4,000 compared   2.5 ms    .9934   (.9994)
#     HNSW32, then  250 compared    1.2 ms    .8507   (.9122)
_COMPARED = 1_000
# Where more are wanted all are compared: codes alone decide too much there.
_MOST_BY_CODES = 250
# Among fewer rows all are compared: 0.7 ms for 10,000.
_COMPARED_WITHIN = 10_000
# Of a search, set for each thread that searches: threads that wait for one another beside those of the
# encoder made a search of 845 passages take 10 ms more on two busy cores. Requests are what runs side by side.
_THREADS = 1
# FAISS orders equal scores as it likes; a few more are fetched to see where ties end.
_TIE_MARGIN = 16


class FaissIndex:
    """Hold unit vectors in a flat index, and many vectors also as codes that are quicker to go through.

    A code has 4 bits a component. Codes choose candidates only; what ranks them is their cosine.
    """

    def __init__(self, index: faiss.Index) -> None:
        # The parts live no longer than the whole.
        self._whole = index
        self._flat, self._codes = _parts(index)

    @classmethod
    def from_vectors(cls, vectors: FloatArray, codes_from: int = _CODES_FROM) -> "FaissIndex":
        """Build the index of vectors of shape (count, dimension)."""
        return cls.from_windows(vectors.shape[1], [vectors], codes_from)

    @classmethod
    def from_windows(cls, dimension: int, windows: Iterable[FloatArray], codes_from: int = _CODES_FROM) -> "FaissIndex":
        """Build the index of arrays of shape (any, dimension), one below the other.

        Args:
            dimension: the number of components of a vector.
            windows: the vectors; the index does not depend on how many are given together.
            codes_from: with how many vectors codes begin to pay, at least 16.
        """
        flat = faiss.IndexFlatIP(dimension)
        for vectors in windows:
            flat.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(flat if flat.ntotal < codes_from else faiss.IndexRefine(_codes_of(flat), flat))

    @classmethod
    def load(cls, path: Path) -> "FaissIndex":
        """Read the index from a file that `save` wrote; the vectors stay on disk until they are needed.

        Raises:
            SnapshotError: FAISS cannot read the file, or it holds another kind of index.
        """
        index = _read(path)
        try:
            return cls(index)
        except TypeError as error:
            raise SnapshotError(f"{path} holds {error}; {REBUILD_HINT}") from error

    def save(self, path: Path) -> None:
        """Write the index to a file."""
        faiss.write_index(self._whole, str(path))

    @property
    def dimension(self) -> int:
        """Return the number of components of a vector."""
        return int(self._flat.d)

    @property
    def count(self) -> int:
        """Return the number of vectors."""
        return int(self._flat.ntotal)

    def search(self, queries: FloatArray, k: int, within: RowArray | None = None) -> list[Ranked]:
        """Return for each query the k nearest rows, or as many as there are.

        With codes, up to `_MOST_BY_CODES` rows are found with the share of misses given above.
        """
        faiss.omp_set_num_threads(_THREADS)
        return [self._nearest(query, k, within) for query in np.ascontiguousarray(queries, dtype=np.float32)]

    def scores(self, query: FloatArray, rows: RowArray) -> FloatArray:
        """Return the cosine of one query with each of the named rows."""
        if not len(rows):
            return np.empty(0, dtype=np.float32)
        # FAISS reads whatever stands in memory at the place of a row that is none.
        if rows.min() < 0 or rows.max() >= self.count:
            raise IndexError(f"rows {rows.min()} to {rows.max()} were asked for, there are 0 to {self.count - 1}")
        query, rows = np.ascontiguousarray(query, dtype=np.float32), np.ascontiguousarray(rows, dtype=np.int64)
        scores = np.empty(len(rows), dtype=np.float32)
        faiss.omp_set_num_threads(_THREADS)
        asked, given, named = (faiss.swig_ptr(array) for array in (query, scores, rows))
        # FAISS's own types leave this function out.
        self._flat.compute_distance_subset(1, asked, len(rows), given, named)  # type: ignore[attr-defined]
        return scores

    def _nearest(self, query: FloatArray, k: int, within: RowArray | None) -> Ranked:
        rows = self._candidates(query, k, within)
        return best(rows, self.scores(query, rows), k)

    def _candidates(self, query: FloatArray, k: int, within: RowArray | None) -> RowArray:
        """Return rows among which the k nearest are."""
        codes = self._codes if k <= _MOST_BY_CODES else None
        if within is not None and (codes is None or len(within) <= _COMPARED_WITHIN):
            return within
        return self._by_vectors(query, k) if codes is None else _by_codes(codes, query, within)

    def _by_vectors(self, query: FloatArray, k: int) -> RowArray:
        wanted = min(k + _TIE_MARGIN, self.count)
        (scores,), (rows,) = self._flat.search(query[np.newaxis], wanted)
        if k < wanted < self.count and scores[k - 1] == scores[-1]:
            return np.arange(self.count, dtype=np.int64)
        return np.asarray(rows, dtype=np.int64)


def _by_codes(codes: faiss.IndexIVFPQFastScan, query: FloatArray, within: RowArray | None) -> RowArray:
    parameters = faiss.IVFSearchParameters()
    if within is not None:
        chosen = np.zeros(codes.ntotal, dtype=bool)
        chosen[within] = True
        # Twice as fast as a set of rows.
        bits = np.packbits(chosen, bitorder="little")
        parameters.sel = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
    _, (rows,) = codes.search(query[np.newaxis], min(_COMPARED, codes.ntotal), params=parameters)
    return np.asarray(rows, dtype=np.int64)


def _parts(index: faiss.Index) -> tuple[faiss.IndexFlatIP, faiss.IndexIVFPQFastScan | None]:
    """Return the vectors and, where there are any, the codes.

    Raises:
        TypeError: it is another kind of index.
    """
    if isinstance(index, faiss.IndexFlatIP):
        return index, None
    if isinstance(index, faiss.IndexRefine):
        flat, codes = faiss.downcast_index(index.refine_index), faiss.downcast_index(index.base_index)
        if isinstance(flat, faiss.IndexFlatIP) and isinstance(codes, faiss.IndexIVFPQFastScan):
            return flat, codes
    raise TypeError(f"a {type(index).__name__}, an IndexFlatIP was wanted, alone or with codes")


def _codes_of(flat: faiss.IndexFlatIP) -> faiss.IndexIVFPQFastScan:
    # In one list; without lists FAISS has no such index that can search within some rows.
    codes = faiss.IndexIVFPQFastScan(faiss.IndexFlatIP(flat.d), flat.d, 1, flat.d, 4, faiss.METRIC_INNER_PRODUCT)
    sample = np.linspace(0, flat.ntotal - 1, min(_TRAINED_ON, flat.ntotal)).astype(np.int64)
    codes.train(flat.reconstruct_batch(sample))
    for start in range(0, flat.ntotal, _TRAINED_ON):
        codes.add(flat.reconstruct_n(start, min(_TRAINED_ON, flat.ntotal - start)))
    return codes


def _read(path: Path) -> faiss.Index:
    try:
        return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    except RuntimeError:
        # Not every system can map files into memory.
        try:
            return faiss.read_index(str(path))
        except RuntimeError as error:
            raise SnapshotError(f"{path} is no FAISS index that can be read; {REBUILD_HINT}") from error
