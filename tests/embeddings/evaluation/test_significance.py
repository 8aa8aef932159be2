"""Intervals and p values, by hand, by brute force, and by plain numpy."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from embeddings.evaluation.results import Estimate, Interval
from embeddings.evaluation.significance import Values, auroc, estimate, estimates, holm, randomisation_p

# What measures are made of: none of it, all of it, and what floats cannot hold.
MEASURED = st.sampled_from([0.0, 0.1, 1 / 3, 0.5, 2 / 3, 1.0])
SCORES = st.lists(st.sampled_from([-0.5, 0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=8)
# Very skewed: most questions are missed, few are found.
SKEWED = np.array([0.0] * 30 + [0.1] * 5 + [0.3] * 3 + [1.0] * 2)


def row(*values: float) -> Values:
    return np.array([values])


def interval_of(values: Values) -> Interval:
    (found,) = estimates(values[np.newaxis])
    assert found.interval is not None
    return found.interval


def bca(values: Values) -> tuple[Interval, Interval]:
    """Return the BCa and the percentile interval of a mean, by the formulas of Efron (1987)."""
    random = np.random.default_rng(5)
    means = values[random.integers(0, len(values), (40_000, len(values)))].mean(axis=1)
    below = ((means < values.mean()).mean() + (means <= values.mean()).mean()) / 2
    without = (values.sum() - values) / (len(values) - 1)
    inward = without.mean() - without
    acceleration = (inward**3).sum() / (6 * (inward**2).sum() ** 1.5)
    reached = ndtri(below) + ndtri([0.025, 0.975])
    tails = ndtr(ndtri(below) + reached / (1 - acceleration * reached))
    return Interval(*np.quantile(means, tails)), Interval(*np.quantile(means, [0.025, 0.975]))


def test_each_row_has_its_mean() -> None:
    found = estimates(np.array([[0.0, 1.0, 0.5, 0.5], [1.0, 1.0, 0.0, 1.0]]))
    assert [one.value for one in found] == [(0 + 1 + 0.5 + 0.5) / 4, 3 / 4]


def test_of_one_question_there_is_no_interval() -> None:
    assert estimates(np.array([[0.25], [1.0]])) == [Estimate(0.25), Estimate(1.0)]


def test_two_questions_are_resampled_to_four_pairs() -> None:
    # 0 and 0, 0 and 1, 1 and 0, 1 and 1: each end has a quarter of the pairs, which is more than 2.5 %.
    assert estimates(row(0.0, 1.0)) == [Estimate(0.5, Interval(0.0, 1.0))]


@pytest.mark.parametrize("value", [0.0, 0.1, 1.0])
def test_of_equal_values_nothing_is_known_but_their_mean(value: float) -> None:
    varied, equal = estimates(np.array([[0.0, 1.0, 1.0], [value] * 3]))
    assert equal == Estimate(equal.value)
    assert equal.value == pytest.approx(value)
    assert varied.interval is not None
    assert varied.interval.low < varied.interval.high


def test_the_same_values_have_the_same_interval_every_time() -> None:
    assert interval_of(SKEWED) == interval_of(SKEWED.copy())


def test_all_rows_are_resampled_alike() -> None:
    # Products with powers of two are exact, so every digit is the same.
    first, second, last = estimates(np.stack([SKEWED, SKEWED * 4, SKEWED]))
    assert first.interval is not None
    assert second == Estimate(first.value * 4, Interval(first.interval.low * 4, first.interval.high * 4))
    assert last == first
    assert interval_of(SKEWED) == first.interval


def test_the_interval_is_the_bias_corrected_and_accelerated_one() -> None:
    expected, percentile = bca(SKEWED)
    found = interval_of(SKEWED)
    assert tuple(found) == pytest.approx(tuple(expected), abs=0.005)
    # What the correction changes is more than what resampling leaves to chance.
    assert tuple(percentile) == pytest.approx((0.025, 0.165), abs=0.005)
    assert tuple(expected) == pytest.approx((0.035, 0.195), abs=0.005)


def test_the_interval_of_many_values_is_that_of_the_normal_distribution() -> None:
    values = np.random.default_rng(3).normal(0.5, 0.1, 2000)
    half = ndtri(0.975) * values.std(ddof=1) / 2000**0.5
    assert interval_of(values) == pytest.approx((values.mean() - half, values.mean() + half), abs=half / 20)


@settings(max_examples=60)
@given(st.lists(MEASURED, min_size=2, max_size=40))
def test_an_interval_holds_its_mean_and_ends_within_the_values(values: list[float]) -> None:
    (found,) = estimates(np.array([values]))
    ends, rounding = found.interval or Interval(found.value, found.value), 1e-12
    assert (found.interval is None) <= (np.ptp(values) < rounding)
    assert min(values) - rounding <= ends.low <= np.mean(values) + rounding
    assert np.mean(values) - rounding <= ends.high <= max(values) + rounding


@pytest.mark.parametrize("values", [(0.0, 1e-300), (0.1, 0.1, 0.1 + 2**-56), (1 / 3, 1 / 3, 1 / 3 - 2**-54)])
def test_values_that_differ_by_rounding_are_equal(values: tuple[float, ...]) -> None:
    (found,) = estimates(np.array([values]))
    assert found.interval is None
    assert found.value == pytest.approx(values[0], abs=1e-12)


def test_the_order_in_which_floats_are_added_moves_no_end() -> None:
    # Sums of whole numbers are exact, so that equal means are equal; those of tenths are not.
    tenths = np.array([0.1] * 5 + [0.3] * 3 + [0.0] * 30 + [0.7, 1.0])
    in_tenths = np.array([1.0] * 5 + [3.0] * 3 + [0.0] * 30 + [7.0, 10.0])
    assert tuple(interval_of(tenths)) == pytest.approx(tuple(np.array(interval_of(in_tenths)) / 10), abs=1e-12)


def distinct(values: Values, axis: int = -1) -> Values:
    """Count the distinct values: a resample of many never holds them all."""
    return np.asarray((np.diff(np.sort(values, axis=axis), axis=axis) != 0).sum(axis=axis) + 1.0)


def test_without_a_bca_interval_there_is_the_percentile_one() -> None:
    # How likely so many distinct ones of 22 are after each of 22 draws.
    draws = 22
    likely = np.zeros(draws + 1)
    likely[0] = 1.0
    for _ in range(draws):
        drawn = np.arange(draws + 1) / draws
        likely = likely * drawn + np.append(0.0, (likely * (1 - drawn))[:-1])
    low, high = np.searchsorted(likely.cumsum(), [0.025, 0.975])
    assert estimate((np.arange(22.0),), distinct) == Estimate(22.0, Interval(float(low), float(high)))


def test_of_a_statistic_that_never_varies_nothing_is_known_but_its_value() -> None:
    parted = (np.array([0.8, 0.9, 0.95]), np.array([0.1, 0.2]))
    assert estimate(parted, auroc) == Estimate(1.0)


def mean_gap(first: Values, second: Values, axis: int = -1) -> Values:
    return np.asarray(first.mean(axis=axis) - second.mean(axis=axis))


def test_paired_samples_are_resampled_at_the_same_places() -> None:
    values = np.arange(10.0)
    assert estimate((values + 2, values), mean_gap, paired=True) == Estimate(2.0)
    unpaired = estimate((values + 2, values), mean_gap).interval
    # The variance of ten numbers in a row, for each of both.
    half = ndtri(0.975) * (2 * (10**2 - 1) / 12 / 10) ** 0.5
    assert unpaired == pytest.approx((2 - half, 2 + half), abs=half / 10)


def test_samples_of_two_lengths_are_resampled_each_for_itself() -> None:
    first, second = np.zeros(3), np.array([0.0, 1.0] * 50)
    half = ndtri(0.975) * (1 / 4 / 100) ** 0.5
    assert estimate((first, second), mean_gap).interval == pytest.approx((-0.5 - half, -0.5 + half), abs=half / 10)


@pytest.mark.parametrize("lengths", [(1, 5), (5, 1), (1, 1)])
def test_where_one_sample_has_one_value_there_is_no_interval(lengths: tuple[int, int]) -> None:
    first, second = (np.ones(length) for length in lengths)
    assert estimate((first, second * 3), mean_gap) == Estimate(-2.0)


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        ((1, 1, 1), 2 / 8),
        ((-1, -2, -4), 2 / 8),
        # ±3±1±1 is 5, 3, 3, 1, -1, -3, -3 and -5; six of these lie at least 3 from 0.
        ((3, -1, 1), 6 / 8),
        ((1, 1), 2 / 4),
        ((1, -1), 1.0),
        # Questions without a difference say nothing.
        ((0, 1, 0, 1, 1), 2 / 8),
        ((0, 1), 1.0),
        # Floats whose sum is not quite 0.
        ((0.1, 0.2, -0.3), 1.0),
        # ±0.1±0.2±0.3 is 0.6, 0.4, 0.2, twice 0, and less: with 0.5 added, five reach 0.5, two of
        # them only just.
        ((0.1, 0.2, -0.3, 0.5), 2 * 5 / 16),
        ((1.0,) * 13, 2 / 2**13),
    ],
)
def test_p_of_few_questions_by_all_changes_of_sign(differences: tuple[float, ...], p: float) -> None:
    assert randomisation_p(np.array(differences, dtype=np.float64)) == pytest.approx(p)


@given(st.lists(st.integers(-4, 4), min_size=2, max_size=8))
def test_p_is_the_share_of_changes_of_sign_that_go_as_far(differences: list[int]) -> None:
    sums = [np.dot(signs, differences) for signs in product((-1, 1), repeat=len(differences))]
    share = np.mean(np.abs(sums) >= abs(sum(differences)))
    assert randomisation_p(np.array(differences, dtype=np.float64)) == pytest.approx(share)


def test_what_no_random_change_reaches_counts_as_reached_once() -> None:
    assert randomisation_p(np.ones(14)) == 2 * (0 + 1) / (9_999 + 1)
    assert randomisation_p(-np.ones(500)) == 2 * (0 + 1) / (9_999 + 1)


def test_p_of_many_questions_is_that_of_the_normal_distribution() -> None:
    noise = np.random.default_rng(7).normal(size=400)
    # Changes of sign keep the squares, whose mean is 1 here: the mean of 400 is spread by 1 / 20.
    shifted = noise - noise.mean() + 2 / 400**0.5
    shifted /= (shifted**2).mean() ** 0.5
    p = randomisation_p(shifted)
    assert p == pytest.approx(2 * ndtr(-shifted.mean() * 400**0.5), abs=0.01)
    assert randomisation_p(shifted) == p
    assert randomisation_p(shifted * -8) == p


def test_equal_systems_differ_by_chance() -> None:
    assert randomisation_p(np.zeros(2)) == 1.0
    assert randomisation_p(np.zeros(50)) == 1.0


@pytest.mark.parametrize("differences", [[], [0.0], [0.75]])
def test_fewer_than_two_questions_have_no_p(differences: list[float]) -> None:
    assert randomisation_p(np.array(differences)) is None


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        ((0.01, 0.04, 0.03, 0.005), (3 * 0.01, 2 * 0.03, 2 * 0.03, 4 * 0.005)),
        # What has no p is not counted.
        ((None, 0.01, None, 0.02), (None, 2 * 0.01, None, 1 * 0.02)),
        ((0.5, 0.4, 0.3), (3 * 0.3, 3 * 0.3, 3 * 0.3)),
        ((0.6, 0.9), (1.0, 1.0)),
        ((0.02, 0.02, 0.02), (3 * 0.02,) * 3),
        ((0.03,), (0.03,)),
        ((None,), (None,)),
        ((), ()),
    ],
)
def test_holm_by_hand(p_values: tuple[float | None, ...], adjusted: tuple[float | None, ...]) -> None:
    assert holm(p_values) == pytest.approx(list(adjusted))


@given(st.lists(st.floats(0, 1), max_size=10))
def test_holm_rejects_step_by_step(p_values: list[float]) -> None:
    # At a level all are rejected up to the first that exceeds the level divided by how many are left.
    for level in (0.01, 0.05, 0.2):
        left, rejected = len(p_values), set[float]()
        for p in sorted(p_values):
            if left * p > level:
                break
            rejected.add(p)
            left -= 1
        adjusted = holm(p_values)
        assert [p in rejected for p in p_values] == [one is not None and one <= level for one in adjusted]


@pytest.mark.parametrize(
    ("higher", "lower", "area"),
    [
        # 0.9 is above all three; 0.5 is above one and ties with one; 0.1 is above none.
        ((0.9, 0.5, 0.1), (0.6, 0.5, 0.2), (3 + 1.5 + 0) / 9),
        ((0.9, 0.8), (0.1, 0.2, 0.3), 1.0),
        ((0.1,), (0.2, 0.3), 0.0),
        ((0.5, 0.5), (0.5, 0.5, 0.5), 0.5),
        ((0.5,), (0.5,), 0.5),
    ],
)
def test_auroc_by_hand(higher: tuple[float, ...], lower: tuple[float, ...], area: float) -> None:
    assert float(auroc(np.array(higher), np.array(lower))) == pytest.approx(area)


@given(SCORES, SCORES)
def test_auroc_is_the_share_of_pairs_in_order(higher: list[float], lower: list[float]) -> None:
    pairs = [(one > other) + (one == other) / 2 for one, other in product(higher, lower)]
    assert float(auroc(np.array(higher), np.array(lower))) == pytest.approx(np.mean(pairs))


def test_auroc_of_many_samples_is_that_of_each() -> None:
    random = np.random.default_rng(2)
    higher, lower = random.integers(0, 6, (4, 3, 9)) / 5, random.integers(0, 5, (4, 3, 7)) / 5
    each = [[float(auroc(higher[i, j], lower[i, j])) for j in range(3)] for i in range(4)]
    assert auroc(higher, lower).tolist() == each
    assert auroc(higher.transpose(2, 0, 1), lower.transpose(2, 0, 1), axis=0).tolist() == each
