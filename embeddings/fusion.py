"""Merge what several sides say of the same passages."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from embeddings.records import FloatArray, Ranked, RowArray

# The constant of Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and
# individual Rank Learning Methods" (SIGIR 2009); not tuned here.
RECIPROCAL_RANK_CONSTANT = 60
# Rounding alone makes equal cosines deviate by some 1e-8, and would stand for 30 deviations.
_LEAST_DEVIATION = 1e-6

Scores = NDArray[np.float64]


def reciprocal_ranks(rankings: Sequence[Ranked], rows: RowArray) -> Scores:
    """Return for each of the rows, ascending, the sum of 1 / (60 + rank) over the rankings that hold it.

    Ranks count from 1.
    """
    sums = np.zeros(len(rows), dtype=np.float64)
    for ranking in rankings:
        places = np.searchsorted(rows, ranking.rows)
        sums[places] += 1.0 / (RECIPROCAL_RANK_CONSTANT + np.arange(1, len(ranking.rows) + 1))
    return sums


def standardised(scores: FloatArray, mean: float, deviation: float) -> Scores:
    """Return how many standard deviations scores lie above the mean over all passages; 0 where all are equal."""
    if deviation <= _LEAST_DEVIATION:
        return np.zeros(len(scores), dtype=np.float64)
    return np.asarray((scores.astype(np.float64) - mean) / deviation)


def convex(dense: Scores, lexical: Scores, dense_weight: float) -> Scores:
    """Return the weighted sum of both sides' standardised scores; the weights sum up to 1."""
    return dense_weight * dense + (1 - dense_weight) * lexical
