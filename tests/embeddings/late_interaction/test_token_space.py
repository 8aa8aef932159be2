"""The space of tokens, with values by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.late_interaction.token_space import TokenSpace, fit_token_space, unit_rows
from embeddings.records import FloatArray


def floats(*rows: list[float]) -> FloatArray:
    return np.array(rows, dtype=np.float32)


# Two means that differ, and of three dimensions the last two, the third one first.
SPACE = TokenSpace(
    passage_mean=np.array([9, 1, 0], dtype=np.float32),
    query_mean=np.array([9, 0, 2], dtype=np.float32),
    basis=np.array([[0, 0], [0, 1], [1, 0]], dtype=np.float32),
)


def test_a_passage_by_hand() -> None:
    # Less the mean: (-9, 3, 4), of which (4, 3) are kept, a fifth of it has length 1; then all zeros.
    assert SPACE.project_passage(floats([0, 4, 4], [7, 1, 0])).tolist() == [
        [round(0.8 * 127), round(0.6 * 127)],
        [0, 0],
    ]
    assert SPACE.project_passage(floats([0, 1, -1])).dtype == np.int8


def test_a_question_by_hand() -> None:
    # Less the mean: (-9, 4, -3), of which (-3, 4) are kept; to the next 65,536th.
    wanted = [[round(-0.6 * 65536) / 65536, round(0.8 * 65536) / 65536], [0, 0]]
    projected = SPACE.project_query(floats([0, 4, -1], [9, 0, 2]))
    assert projected.tolist() == wanted
    assert projected.dtype == np.float32


def test_no_tokens() -> None:
    assert SPACE.project_passage(np.zeros((0, 3), dtype=np.float32)).shape == (0, 2)
    assert SPACE.project_query(np.zeros((0, 3), dtype=np.float32)).shape == (0, 2)


def test_fitting_by_hand() -> None:
    # Around (1, 2, 3): most along the diagonal of the last two, less along the first, nothing else.
    passages = [floats([1, 4, 5], [1, 0, 1]), floats([2, 2, 3], [0, 2, 3])]
    space = fit_token_space(passages, [floats([5, 5, 5]), floats([7, 7, 7], [6, 6, 6])], dimensions=2)
    assert space.passage_mean.tolist() == [1, 2, 3]
    assert space.query_mean.tolist() == [6, 6, 6]
    half = math.sqrt(0.5)
    assert space.basis == pytest.approx(np.array([[0, 1], [half, 0], [half, 0]]), abs=1e-6)
    assert {str(array.dtype) for array in (space.passage_mean, space.query_mean, space.basis)} == {"float32"}


def test_the_sign_of_a_direction_does_not_depend_on_that_of_the_tokens() -> None:
    tokens = np.random.default_rng(1).standard_normal((40, 6)).astype(np.float32)
    ours, theirs = fit_token_space([tokens], [], 4), fit_token_space([-tokens], [], 4)
    assert ours.basis == pytest.approx(theirs.basis, abs=1e-5)
    assert bool(np.all(np.take_along_axis(ours.basis, np.abs(ours.basis).argmax(axis=0)[np.newaxis], axis=0) > 0))


def test_fewer_dimensions_than_wanted_and_no_question() -> None:
    space = fit_token_space([floats([1, 0], [3, 0])], [], dimensions=96)
    assert space.basis.shape == (2, 2)
    assert space.query_mean.tolist() == space.passage_mean.tolist() == [2, 0]


def test_passages_without_any_token() -> None:
    space = fit_token_space([np.zeros((0, 3), dtype=np.float32)], [], dimensions=2)
    assert space.passage_mean.tolist() == [0, 0, 0]
    assert space.basis.T @ space.basis == pytest.approx(np.eye(2))


@given(st.integers(0, 2**32 - 1), st.integers(1, 128))
def test_int8_moves_no_cosine_further_than_said(seed: int, dimensions: int) -> None:
    rng = np.random.default_rng(seed)
    mean, basis = np.zeros(dimensions, dtype=np.float32), np.eye(dimensions, dtype=np.float32)
    space = TokenSpace(mean, mean, basis)
    passage, query = (rng.standard_normal((5, dimensions)).astype(np.float32) for _ in range(2))
    stored = space.project_passage(passage).astype(np.float64) / 127
    exact = unit_rows(passage).astype(np.float64)
    assert np.abs(stored - exact).max() <= 0.5 / 127 + 1e-6
    cosines = unit_rows(query) @ exact.T
    step = 0.5 / 65536
    assert np.abs(space.project_query(query) @ stored.T - cosines).max() <= math.sqrt(dimensions) * (
        0.5 / 127 + 2 * step
    )
