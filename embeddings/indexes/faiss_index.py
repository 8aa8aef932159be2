"""Search vectors with FAISS."""

from collections.abc import Iterable
from pathlib import Path

import faiss
import numpy as np

from embeddings.errors import REBUILD_HINT, SnapshotError
from embeddings.indexes.ranking import best
from embeddings.records import FloatArray, Ranked, RowArray

# FAISS orders equal scores as it likes; a few more are fetched so that ties at the border are
# decided by row, as everywhere. Passages with the same text are that many at most, or so we expect.
_TIE_MARGIN = 16


class FaissIndex:
    """Hold unit vectors in a flat (exact) inner-product index."""

    def __init__(self, index: faiss.IndexFlatIP) -> None:
        self._index = index

    @classmethod
    def from_vectors(cls, vectors: FloatArray) -> "FaissIndex":
        """Build the index of vectors of shape (count, dimension)."""
        return cls.from_windows(vectors.shape[1], [vectors])

    @classmethod
    def from_windows(cls, dimension: int, windows: Iterable[FloatArray]) -> "FaissIndex":
        """Build the index of arrays of shape (any, dimension), one below the other."""
        index = faiss.IndexFlatIP(dimension)
        for vectors in windows:
            index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(index)

    @classmethod
    def load(cls, path: Path) -> "FaissIndex":
        """Read the index from a file that `save` wrote.

        Raises:
            SnapshotError: FAISS cannot read the file, or it holds another kind of index.
        """
        try:
            index = faiss.read_index(str(path))
        except RuntimeError as error:
            raise SnapshotError(f"{path} is no FAISS index that can be read; {REBUILD_HINT}") from error
        if not isinstance(index, faiss.IndexFlatIP):
            raise SnapshotError(f"{path} holds a {type(index).__name__}, an IndexFlatIP was wanted; {REBUILD_HINT}")
        return cls(index)

    def save(self, path: Path) -> None:
        """Write the index to a file."""
        faiss.write_index(self._index, str(path))

    @property
    def dimension(self) -> int:
        """Return the number of components of a vector."""
        return int(self._index.d)

    @property
    def count(self) -> int:
        """Return the number of vectors."""
        return int(self._index.ntotal)

    def search(self, queries: FloatArray, k: int) -> list[Ranked]:
        """Return for each query the min(k, count) nearest rows."""
        wanted = min(k + _TIE_MARGIN, self.count)
        scores, rows = self._index.search(np.ascontiguousarray(queries, dtype=np.float32), wanted)
        return [best(row, score, k) for row, score in zip(rows, scores, strict=True)]

    def scores(self, query: FloatArray, rows: RowArray) -> FloatArray:
        """Return the cosine of one query with each of the named rows."""
        if not len(rows):
            return np.empty(0, dtype=np.float32)
        return np.asarray(self._index.reconstruct_batch(rows) @ query, dtype=np.float32)
