"""Search vectors with FAISS."""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import faiss
import numpy as np

from embeddings.arrays import ArrayReader, ArrayWriter, mapped_array
from embeddings.errors import REBUILD_HINT, SnapshotError
from embeddings.files import in_scratch_folder
from embeddings.indexes.ranking import best
from embeddings.records import FloatArray, Ranked, RowArray

# Among fewer vectors all are compared: 1.2 ms on one core, and nothing is ever missed.
_CODES_FROM = 20_000
# So many have their cosine computed after the codes have chosen them. Milliseconds on one core for
# 100,000 vectors of 384 components, and the share of the true 200 (50) nearest that is found, on
# average over 100 real questions (`benchmarks/vector_search.py`; the vectors are mixed from real ones):
#     all compared                  5.9 ms   1       (1)
#     codes, then   500 compared    0.7 ms    .9910   (1.0000)  this is used; within half of the rows 0.7 ms, too
#     codes, then 1,000 compared    0.9 ms    .9998  (1.0000)
#     codes, then 2,000 compared    1.1 ms   1.0000  (1.0000)
#     SQ8, then     250 compared    3.1 ms   1.0000  (1.0000)  twice the memory; 4.6 ms within half of the rows
#     RaBitQ, then 4,000 compared   2.5 ms    .9934   (.9994)
#     HNSW32, then  250 compared    1.2 ms    .8507   (.9122)
_COMPARED = 500
# Where more are wanted, as when most candidates are copies of one another, so many more are compared.
_MOST_BY_CODES, _COMPARED_FOR_MORE, _MOST_FOR_MORE = 250, 10_000, 2_500
# Among fewer rows all are compared: 0.7 ms for 10,000.
_COMPARED_WITHIN = 10_000
# Up to so many vectors are read from the file, 2 µs each, before they are compared; more as they lie in memory.
_MOST_READ = 2_500
# Codes stand in lists of neighbours, and those in the lists nearest to the question are gone through:
# below 128,000 vectors all, so above the time hardly grows. Of 1,000,000 vectors, mixed as above, ms to
# choose 500 and share of the true 10 (200) nearest among them:
#     1,024 lists   32 probed  0.5 ms   .972 (.953)     4,096 lists   64 probed  0.5 ms   .955 (.934)
#                   64         0.8 ms   .990 (.978)                  128         0.8 ms   .982 (.966)
#                  128         1.5 ms   .999 (.993)                  256         1.4 ms   .995 (.987)
#                  256         3.5 ms  1.000 (.998)
_VECTORS_A_LIST, _PROBES = 1_000, 128
# Lists cost a comparison each, and 64 vectors to learn where they lie.
_MOST_LISTS, _LEARNT_A_LIST, _MOST_LEARNT = 4_096, 64, 65_536
# What is learned for the codes, 16 values a component, needs no more vectors; evenly spaced.
_LEARNT_FOR_CODES = 8_192
_ROUNDS = 10
# How many more lists are gone through where too little was found in the nearest.
_FURTHER = 4
# Vectors read together while an index is built.
_WINDOW = 8_192
# Of a search, set for each thread that searches: threads that wait for one another beside those of the
# encoder made a search of 845 passages take 10 ms more on two busy cores. Requests are what runs side by side.
_THREADS = 1
# FAISS orders equal scores as it likes; a few more are fetched to see where ties end.
_TIE_MARGIN = 16
_VECTORS_SUFFIX = ".npy"


class FaissIndex:
    """Search unit vectors: all of a few; of many, those that codes choose, quicker to go through.

    A code has 4 bits a component. Codes choose candidates only; what ranks them is their cosine. Few
    vectors are a FAISS file. Of many, that file holds the codes, and a .npy file beside it the vectors,
    which stay on the disk until they are compared.
    """

    def __init__(self, path: Path, index: faiss.IndexFlatIP | faiss.IndexIVFPQFastScan, vectors: FloatArray) -> None:
        self._path = path
        # The vectors of a flat index live no longer than it does.
        self._index = index
        self._vectors = vectors
        self._codes = None if isinstance(index, faiss.IndexFlatIP) else index
        self._reader = None if self._codes is None else ArrayReader(path.with_suffix(_VECTORS_SUFFIX), vectors)

    @classmethod
    def from_vectors(cls, vectors: FloatArray, codes_from: int = _CODES_FROM) -> "FaissIndex":
        """Build the index of vectors of shape (count, dimension)."""
        return cls.from_windows(vectors.shape[1], [vectors], codes_from)

    @classmethod
    def from_windows(cls, dimension: int, windows: Iterable[FloatArray], codes_from: int = _CODES_FROM) -> "FaissIndex":
        """Build the index in a temporary folder, which is gone with it; see `build`."""
        return in_scratch_folder(lambda folder: cls.build(folder / "vectors.faiss", dimension, windows, codes_from))

    @classmethod
    def build(
        cls, path: Path, dimension: int, windows: Iterable[FloatArray], codes_from: int = _CODES_FROM
    ) -> "FaissIndex":
        """Write the index of arrays of shape (any, dimension), one below the other, and open it.

        At most `_MOST_LEARNT` vectors are held at once.

        Args:
            path: of the index's file; its second one stands beside it.
            dimension: the number of components of a vector.
            windows: the vectors; the index does not depend on how many are given together.
            codes_from: with how many vectors codes begin to pay, at least 16.
        """
        beside = path.with_suffix(_VECTORS_SUFFIX)
        with ArrayWriter.create(beside, np.float32, (dimension,)) as writer:
            for vectors in windows:
                writer.append(vectors)
        if writer.count < codes_from:
            flat = faiss.IndexFlatIP(dimension)
            if writer.count:
                flat.add(np.load(beside))
            beside.unlink()
            _write(flat, path)
        else:
            _write(_codes_of(beside, writer.count, dimension), path)
        return cls.load(path)

    @classmethod
    def load(cls, path: Path) -> "FaissIndex":
        """Open the files that `build` or `save` wrote; the vectors stay on disk until they are needed.

        Raises:
            SnapshotError: FAISS cannot read the file, it holds another kind of index, or the vectors do not fit it.
        """
        index = _read(path)
        if isinstance(index, faiss.IndexFlatIP):
            return cls(path, index, _inside(index))
        if not isinstance(index, faiss.IndexIVFPQFastScan):
            raise SnapshotError(
                f"{path} holds a {type(index).__name__}, an IndexFlatIP or an IndexIVFPQFastScan was wanted; "
                f"{REBUILD_HINT}"
            )
        beside = path.with_suffix(_VECTORS_SUFFIX)
        vectors = mapped_array(beside, np.float32, 2)
        if vectors.shape != (index.ntotal, index.d):
            raise SnapshotError(
                f"{beside} holds an array of shape {vectors.shape}, {(index.ntotal, index.d)} was wanted; "
                f"{REBUILD_HINT}"
            )
        return cls(path, index, vectors)

    def save(self, path: Path) -> None:
        """Write the index to a file, and its vectors beside it where they are many."""
        shutil.copyfile(self._path, path)
        if self._codes is not None:
            shutil.copyfile(self._path.with_suffix(_VECTORS_SUFFIX), path.with_suffix(_VECTORS_SUFFIX))

    @property
    def kind(self) -> str:
        """Return what it is made of, as FAISS names it: "Flat", or "IVF1000,PQ384x4fs,Refine(Flat)"."""
        if self._codes is None:
            return "Flat"
        return f"IVF{self._codes.nlist},PQ{self.dimension}x4fs,Refine(Flat)"

    @property
    def dimension(self) -> int:
        """Return the number of components of a vector."""
        return int(self._vectors.shape[1])

    @property
    def count(self) -> int:
        """Return the number of vectors."""
        return len(self._vectors)

    def search(self, queries: FloatArray, k: int, within: RowArray | None = None) -> list[Ranked]:
        """Return for each query the k nearest rows, or as many as there are.

        With codes, up to `_MOST_FOR_MORE` rows are found with the share of misses given above.
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
        vectors = self._vectors
        if self._reader is not None and len(rows) <= _MOST_READ:
            vectors, rows = self._reader.rows(rows), np.arange(len(rows))
        given, asked, whole, named = (faiss.swig_ptr(array) for array in (scores, query, vectors, rows))
        # FAISS's own types leave this function out.
        faiss.fvec_inner_products_by_idx(given, asked, whole, named, self.dimension, 1, len(rows))  # type: ignore[attr-defined]
        return scores

    def _nearest(self, query: FloatArray, k: int, within: RowArray | None) -> Ranked:
        rows = self._candidates(query, k, within)
        return best(rows, self.scores(query, rows), k)

    def _candidates(self, query: FloatArray, k: int, within: RowArray | None) -> RowArray:
        """Return rows among which the k nearest are."""
        few = within is not None and len(within) <= _COMPARED_WITHIN
        if self._codes is not None and k <= _MOST_FOR_MORE and not few:
            return _by_codes(self._codes, query, _COMPARED if k <= _MOST_BY_CODES else _COMPARED_FOR_MORE, within)
        return self._by_vectors(query, k) if within is None else within

    def _by_vectors(self, query: FloatArray, k: int) -> RowArray:
        wanted = min(k + _TIE_MARGIN, self.count)
        (scores,), (rows,) = faiss.knn(query[np.newaxis], self._vectors, wanted, metric=faiss.METRIC_INNER_PRODUCT)
        if k < wanted < self.count and scores[k - 1] == scores[-1]:
            return np.arange(self.count, dtype=np.int64)
        return np.asarray(rows, dtype=np.int64)


def _by_codes(codes: faiss.IndexIVFPQFastScan, query: FloatArray, compared: int, within: RowArray | None) -> RowArray:
    """Return the rows of the nearest codes: `compared`, or as many as there are."""
    parameters = faiss.IVFSearchParameters()
    there = codes.ntotal if within is None else len(within)
    if within is not None:
        chosen = np.zeros(codes.ntotal, dtype=bool)
        chosen[within] = True
        # Twice as fast as a set of rows.
        bits = np.packbits(chosen, bitorder="little")
        parameters.sel = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
    # Of a part of the rows, as many of them lie in more lists; and more still where none of it is near.
    probes = _PROBES * -(-compared // _COMPARED) * -(-codes.ntotal // there)
    while True:
        parameters.nprobe = min(probes, codes.nlist)
        _, (rows,) = codes.search(query[np.newaxis], min(compared, codes.ntotal), params=parameters)
        rows = rows[rows >= 0]
        if len(rows) >= min(compared, there) or probes >= codes.nlist:
            return np.asarray(rows, dtype=np.int64)
        probes *= _FURTHER


def _codes_of(vectors: Path, count: int, dimension: int) -> faiss.IndexIVFPQFastScan:
    """Return the codes of the vectors of a file, which is read twice from its beginning."""
    lists = min(max(count // _VECTORS_A_LIST, 1), _MOST_LISTS)
    # In one list if need be; without lists FAISS has no such index that can search within some rows.
    coarse = faiss.IndexFlatIP(dimension)
    codes = faiss.IndexIVFPQFastScan(coarse, dimension, lists, dimension, 4, faiss.METRIC_INNER_PRODUCT)
    codes.cp.niter, codes.cp.spherical, codes.cp.min_points_per_centroid = _ROUNDS, True, 1
    learnt = min(count, max(_LEARNT_FOR_CODES, min(_LEARNT_A_LIST * lists, _MOST_LEARNT)))
    sample = np.linspace(0, count - 1, learnt).astype(np.int64)
    codes.train(np.concatenate([_chosen(window, start, sample) for start, window in _windows(vectors, dimension)]))
    for _, window in _windows(vectors, dimension):
        codes.add(window)
    return codes


def _chosen(window: FloatArray, start: int, sample: RowArray) -> FloatArray:
    first, last = np.searchsorted(sample, (start, start + len(window)))
    return window[sample[first:last] - start]


def _windows(path: Path, dimension: int) -> Iterator[tuple[int, FloatArray]]:
    """Yield the vectors of a file some at a time, with the row of the first; mapped, they would all stay in memory."""
    start = 0
    with path.open("rb") as file:
        np.lib.format.read_magic(file)
        np.lib.format.read_array_header_1_0(file)
        while size := (window := np.fromfile(file, np.float32, _WINDOW * dimension).reshape(-1, dimension)).shape[0]:
            yield start, window
            start += size


def _inside(flat: faiss.IndexFlatIP) -> FloatArray:
    """Return the vectors of a flat index, where they lie."""
    if not flat.ntotal:
        return np.empty((0, flat.d), dtype=np.float32)
    return np.asarray(faiss.rev_swig_ptr(flat.get_xb(), flat.ntotal * flat.d)).reshape(flat.ntotal, flat.d)


def _write(index: faiss.Index, path: Path) -> None:
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:
        # FAISS has one kind of error; here it is that of the disk.
        raise OSError(f"{path.name} cannot be written: {str(error)[:200]}") from error


def _read(path: Path) -> faiss.Index:
    try:
        return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    except RuntimeError:
        # Not every system can map files into memory.
        try:
            return faiss.read_index(str(path))
        except RuntimeError as error:
            raise SnapshotError(f"{path} is no FAISS index that can be read; {REBUILD_HINT}") from error
