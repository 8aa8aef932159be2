"""Merge rankings of the same passages."""

from collections.abc import Sequence

import numpy as np

from embeddings.indexes.ranking import best
from embeddings.records import Ranked

# The constant of Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and
# individual Rank Learning Methods" (SIGIR 2009); not tuned here.
RECIPROCAL_RANK_CONSTANT = 60


def reciprocal_rank_fusion(rankings: Sequence[Ranked], k: int) -> Ranked:
    """Return the k best rows by the sum of 1 / (60 + rank) over the rankings that hold a row.

    Ranks count from 1; equal sums are in order of row.
    """
    rows = np.concatenate([ranking.rows for ranking in rankings])
    shares = np.concatenate(
        [1.0 / (RECIPROCAL_RANK_CONSTANT + np.arange(1, len(ranking.rows) + 1)) for ranking in rankings]
    )
    unique, places = np.unique(rows, return_inverse=True)
    sums = np.zeros(len(unique), dtype=np.float64)
    np.add.at(sums, places, shares)
    return best(unique, sums.astype(np.float32), k)
