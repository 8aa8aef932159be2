"""Rank rows by score in one reproducible order."""

import numpy as np

from embeddings.records import FloatArray, Ranked, RowArray


def best(rows: RowArray, scores: FloatArray, k: int) -> Ranked:
    """Return the k best of the rows; equal scores in order of row, whatever order they came in.

    Takes O(n + k log k) for n rows.
    """
    if k < len(rows):
        threshold = np.partition(scores, len(scores) - k)[len(scores) - k]
        # Every row at the threshold is kept until ties are decided by row.
        kept = np.flatnonzero(scores >= threshold)
        rows, scores = rows[kept], scores[kept]
    order = np.lexsort((rows, -scores))[:k]
    return Ranked(rows[order], scores[order])
