"""Fusion by hand."""

import numpy as np
import pytest

from embeddings.fusion import convex, reciprocal_ranks, standardised
from embeddings.records import FloatArray, Ranked, RowArray


def ranked(*rows: int) -> Ranked:
    return Ranked(np.array(rows, dtype=np.int64), np.ones(len(rows), dtype=np.float32))


def rows(*given: int) -> RowArray:
    return np.array(given, dtype=np.int64)


def floats(*given: float) -> FloatArray:
    return np.array(given, dtype=np.float32)


def test_sums_of_reciprocal_ranks() -> None:
    sums = reciprocal_ranks([ranked(7, 3, 5), ranked(3, 9)], rows(3, 5, 7, 9))
    assert sums.tolist() == pytest.approx([1 / 62 + 1 / 61, 1 / 63, 1 / 61, 1 / 62])


def test_it_does_not_matter_which_side_comes_first() -> None:
    sides = [ranked(8, 2), ranked(2, 5, 8)]
    there, back = (reciprocal_ranks(order, rows(2, 5, 8)) for order in (sides, sides[::-1]))
    assert there.tolist() == back.tolist() == pytest.approx([1 / 62 + 1 / 61, 1 / 62, 1 / 61 + 1 / 63])


def test_one_empty_side() -> None:
    sums = reciprocal_ranks([ranked(4, 1), ranked()], rows(1, 4))
    assert sums.tolist() == pytest.approx([1 / 62, 1 / 61])
    assert reciprocal_ranks([ranked(), ranked()], rows()).tolist() == []
    assert reciprocal_ranks([ranked()], rows(3)).tolist() == [0]


def test_standard_scores_by_hand() -> None:
    assert standardised(floats(1, 3, 0.5), mean=1, deviation=0.5).tolist() == [0, 4, -1]
    assert standardised(floats(), 1, 1).tolist() == []


@pytest.mark.parametrize("deviation", [0.0, -0.0, -1.0])
def test_where_all_scores_are_equal_none_stands_out(deviation: float) -> None:
    assert standardised(floats(3, 3), mean=3, deviation=deviation).tolist() == [0, 0]


def test_a_convex_sum_by_hand() -> None:
    dense, lexical = np.array([1.0, -2.0]), np.array([3.0, 4.0])
    assert convex(dense, lexical, 0.75).tolist() == [0.75 * 1 + 0.25 * 3, 0.75 * -2 + 0.25 * 4]
    assert convex(dense, lexical, 1).tolist() == dense.tolist()
    assert convex(dense, lexical, 0).tolist() == lexical.tolist()
