"""Reciprocal rank fusion by hand."""

import numpy as np
import pytest

from embeddings.fusion import reciprocal_rank_fusion
from embeddings.records import Ranked


def ranked(*rows: int) -> Ranked:
    return Ranked(np.array(rows, dtype=np.int64), np.ones(len(rows), dtype=np.float32))


def test_sums_of_reciprocal_ranks() -> None:
    fused = reciprocal_rank_fusion([ranked(7, 3, 5), ranked(3, 9)], 10)
    assert fused.rows.tolist() == [3, 7, 9, 5]
    assert fused.scores.tolist() == pytest.approx([1 / 62 + 1 / 61, 1 / 61, 1 / 62, 1 / 63])


def test_ties_are_in_order_of_row_whatever_comes_first() -> None:
    assert reciprocal_rank_fusion([ranked(8), ranked(2)], 2).rows.tolist() == [2, 8]
    assert reciprocal_rank_fusion([ranked(2), ranked(8)], 1).rows.tolist() == [2]


def test_one_empty_side() -> None:
    assert reciprocal_rank_fusion([ranked(4, 1), ranked()], 5).rows.tolist() == [4, 1]
    assert reciprocal_rank_fusion([ranked(), ranked()], 5).rows.tolist() == []
