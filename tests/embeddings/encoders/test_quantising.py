"""How inputs and weights are rounded."""

import numpy as np
import pytest

from embeddings.encoders.quantising import Observed, choose_rounding, rounded_weights
from embeddings.records import FloatArray

GENERATOR = np.random.default_rng(3)


def observed(rows: FloatArray) -> Observed:
    return Observed(rows.min(axis=0), rows.max(axis=0), rows)


def error(rows: FloatArray, weights: FloatArray) -> float:
    """Return the relative error of what a rounded layer gives."""
    rounding = choose_rounding(observed(rows), weights)
    whole, scales = rounded_weights(weights * rounding.channels[:, np.newaxis])
    given = rounding.apply(rows) @ whole.astype(np.float32) * scales * rounding.scale
    exact = rows @ weights
    return float(np.linalg.norm(given - exact) / np.linalg.norm(exact))


def test_weights_keep_their_largest_and_their_sign() -> None:
    weights = np.array([[1.0, -0.5], [-2.0, 0.25]], dtype=np.float32)
    whole, scales = rounded_weights(weights)
    assert whole.tolist() == [[64, -127], [-127, 64]]
    assert scales == pytest.approx([2 / 127, 0.5 / 127])
    by_row, row_scales = rounded_weights(weights, axis=1)
    assert by_row.tolist() == [[127, -64], [-127, 16]]
    assert row_scales == pytest.approx([1 / 127, 2 / 127])


def test_weights_of_nothing_stay_nothing() -> None:
    whole, scales = rounded_weights(np.zeros((3, 2), dtype=np.float32))
    assert not whole.any()
    assert np.isfinite(scales).all()


@pytest.mark.parametrize("channels_apart", [1.0, 100.0])
def test_a_channel_that_stands_out_costs_the_others_little(channels_apart: float) -> None:
    rows = GENERATOR.standard_normal((400, 32)).astype(np.float32)
    rows[:, 5] *= channels_apart
    weights = GENERATOR.standard_normal((32, 16)).astype(np.float32)
    weights[5] /= channels_apart
    assert error(rows, weights) < 0.015


def test_a_channel_that_stands_out_would_cost_much_with_one_scale() -> None:
    rows = GENERATOR.standard_normal((400, 32)).astype(np.float32)
    rows[:, 5] *= 100
    step = np.abs(rows).max() / 127
    assert np.linalg.norm(np.round(rows[:, :5] / step) * step - rows[:, :5]) > 0.2 * np.linalg.norm(rows[:, :5])


def test_an_input_without_negatives_uses_all_steps() -> None:
    rows = np.abs(GENERATOR.standard_normal((200, 8))).astype(np.float32)
    rounding = choose_rounding(observed(rows), np.eye(8, dtype=np.float32))
    assert rounding.zero_point == 0
    assert (rounding.apply(rows)).max() == 255


def test_what_lies_outside_of_the_range_is_cut_off() -> None:
    rows = GENERATOR.standard_normal((200, 8)).astype(np.float32)
    rounding = choose_rounding(observed(rows), np.eye(8, dtype=np.float32))
    assert rounding.apply(rows * 100).max() == 255 - int(rounding.zero_point)


def test_a_constant_input_is_no_error() -> None:
    rows = np.zeros((5, 4), dtype=np.float32)
    rounding = choose_rounding(observed(rows), np.eye(4, dtype=np.float32))
    assert np.isfinite(rounding.scale)
    assert not rounding.apply(rows).any()
