"""Search vectors by brute force in numpy: the reference that other indexes are compared with."""

import numpy as np

from embeddings.indexes.ranking import best
from embeddings.records import FloatArray, Ranked, RowArray


class ExactIndex:
    """Hold unit vectors of shape (count, dimension) in memory."""

    def __init__(self, vectors: FloatArray) -> None:
        self._vectors = vectors

    @property
    def dimension(self) -> int:
        """Return the number of components of a vector."""
        return int(self._vectors.shape[1])

    @property
    def count(self) -> int:
        """Return the number of vectors."""
        return int(self._vectors.shape[0])

    def search(self, queries: FloatArray, k: int, within: RowArray | None = None) -> list[Ranked]:
        """Return for each query the k nearest rows, or as many as there are."""
        rows = np.arange(self.count, dtype=np.int64) if within is None else within
        return [best(rows, self.scores(query, rows), k) for query in queries]

    def scores(self, query: FloatArray, rows: RowArray) -> FloatArray:
        """Return the cosine of one query with each of the named rows."""
        # Not `@`, whose rounding depends on where a row stands: equal vectors must have equal scores.
        return np.asarray(np.einsum("ij,j->i", self._vectors[rows], query), dtype=np.float32)
