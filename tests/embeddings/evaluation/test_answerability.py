"""What the scores of first results say, by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.evaluation.answerability import (
    AUROC,
    BASE_BRIER,
    BRIER,
    BRIER_GAIN,
    ECE,
    FPR,
    base_brier,
    brier,
    brier_gain,
    calibration,
    calibration_error,
    certainties,
    false_positive_rate,
    first_is_right,
    is_right,
    measure_answerability,
    threshold,
    top_scores,
)
from embeddings.evaluation.results import Bin, Cut, Estimate, Outcome, Wanted
from embeddings.evaluation.significance import Values
from tests.embeddings.evaluation.outcomes import answerable, hit, unanswerable

TWENTY = np.arange(1, 21) / 20
SCORES = st.sampled_from([0.0, 0.2, 0.5, 0.75, 1.0])
ASKED = (
    answerable("q1", 1.0, hit(0.9, 2), hit(0.2)),
    answerable("q2", 0.5, hit(0.6, 1), hit(0.5, 2)),
    answerable("q3", 0.0),
)


def values(*numbers: float) -> Values:
    return np.array(numbers, dtype=np.float64)


@pytest.mark.parametrize(
    ("scores", "reached"),
    [
        # 19 of 20 are 95 %: the lowest need not reach it.
        (TWENTY, 2 / 20),
        # 18 of 19 are less than 95 %, so all must.
        (TWENTY[:19], 1 / 20),
        # 38 of 40 are 95 %, 20 of 21 more than that, 19 of 21 less.
        (np.arange(40.0), 2.0),
        (np.arange(21.0), 1.0),
        (values(0.7), 0.7),
        (values(0.7, 0.4), 0.4),
        # Two of 20 share the lowest score: one of them may be lost, but a higher threshold loses both.
        (values(0.3, 0.3, *[0.5] * 18), 0.3),
        (values(0.3, *[0.5] * 19), 0.5),
        (values(*[0.4] * 30), 0.4),
    ],
)
def test_the_threshold_is_the_highest_score_that_95_percent_reach(scores: Values, reached: float) -> None:
    assert float(threshold(scores)) == reached
    assert float(threshold(scores[::-1])) == reached


@given(st.lists(SCORES, min_size=1, max_size=60))
def test_no_higher_score_is_reached_by_95_percent(scores: list[float]) -> None:
    reached = float(threshold(np.array(scores)))
    assert reached in scores
    assert 100 * sum(score >= reached for score in scores) >= 95 * len(scores)
    assert 100 * sum(score > reached for score in scores) < 95 * len(scores)


def test_the_false_positive_rate_counts_those_that_reach_the_threshold() -> None:
    # The threshold is 0.1: one lies below, one on it, one above.
    assert float(false_positive_rate(TWENTY, values(0.05, 0.1, 0.15))) == 2 / 3


@pytest.mark.parametrize(
    ("answered", "unanswered", "rate"),
    [
        (values(0.9, 0.8), values(0.7, 0.1), 0.0),
        (values(0.2, 0.8), values(0.7, 0.9), 1.0),
        (values(0.5), values(0.5), 1.0),
        (values(0.5, 0.5), values(0.5, 0.4, 0.3), 1 / 3),
    ],
)
def test_false_positive_rate_by_hand(answered: Values, unanswered: Values, rate: float) -> None:
    assert float(false_positive_rate(answered, unanswered)) == rate


def test_brier_by_hand() -> None:
    squares = (1 - 0.9) ** 2 + 0.6**2 + 0.0**2 + (1 - 0.5) ** 2
    assert float(brier(values(0.9, 0.6, 0.0, 0.5), values(1, 0, 0, 1))) == pytest.approx(squares / 4)


@pytest.mark.parametrize(
    ("right", "score"),
    [(values(1, 0, 0, 0), 1 / 4 * 3 / 4), (values(1, 0), 1 / 4), (values(1, 1), 0.0), (values(0), 0.0)],
)
def test_the_base_rate_has_the_brier_score_of_always_saying_it(right: Values, score: float) -> None:
    assert base_brier(right) == score
    assert base_brier(right) == float(brier(np.full(len(right), right.mean()), right))


def test_ten_bins_hold_the_same_number_of_questions() -> None:
    # Of 20 questions two are in a bin; given in another order, of which nothing depends.
    scores = (np.arange(20) + 0.5) / 20
    right = values(*[0, 0] * 3, *[0, 1] * 4, *[1, 1] * 3)
    shuffled = np.random.default_rng(4).permutation(20)
    bins = calibration(scores[shuffled], right[shuffled])
    assert [one.questions for one in bins] == [2] * 10
    # (0.5 / 20 + 1.5 / 20) / 2 is 1 / 20.
    assert [one.score for one in bins] == pytest.approx([(2 * place + 1) / 20 for place in range(10)])
    assert [one.right for one in bins] == [0, 0, 0, 0.5, 0.5, 0.5, 0.5, 1, 1, 1]
    gaps = [abs((2 * place + 1) / 20 - share) for place, share in enumerate([0] * 3 + [0.5] * 4 + [1] * 3)]
    assert calibration_error(bins) == pytest.approx(sum(gaps) / 10)


def test_bins_differ_by_one_where_ten_do_not_divide() -> None:
    bins = calibration(np.arange(12) / 12, np.zeros(12))
    assert [one.questions for one in bins] == [2, 2, *[1] * 8]
    # None is right, so each question counts with its bin's mean score: the mean of all.
    assert calibration_error(bins) == pytest.approx(sum(range(12)) / 12 / 12)


def test_fewer_questions_than_bins_have_a_bin_each() -> None:
    assert calibration(values(0.75, 0.25, 0.5), values(1, 0, 1)) == [
        Bin(0.25, 0.0, 1),
        Bin(0.5, 1.0, 1),
        Bin(0.75, 1.0, 1),
    ]
    assert calibration_error([Bin(0.25, 0.0, 1), Bin(0.5, 1.0, 1), Bin(0.75, 1.0, 2)]) == (0.25 + 0.5 + 2 * 0.25) / 4


def test_equal_scores_count_as_right_as_they_are_on_average() -> None:
    # In the order given, the first five bins would all be wrong, the others all right.
    right = values(*[0] * 10, *[1] * 10)
    assert calibration(np.full(20, 0.5), right) == [Bin(0.5, 0.5, 2)] * 10
    assert calibration_error(calibration(np.full(20, 0.5), right)) == 0.0
    assert calibration_error(calibration(np.full(20, 0.75), right)) == 0.25


@pytest.mark.parametrize(
    ("scores", "right", "error"),
    [
        (values(1, 1, 1), values(1, 1, 1), 0.0),
        (values(0, 0), values(0, 0), 0.0),
        (values(1, 1, 0), values(0, 0, 1), 1.0),
        (values(0.25), values(1), 0.75),
    ],
)
def test_all_right_and_all_wrong(scores: Values, right: Values, error: float) -> None:
    assert calibration_error(calibration(scores, right)) == error


def bins_of(scored: list[tuple[float, bool]]) -> list[Bin]:
    return calibration(values(*(score for score, _ in scored)), values(*(right for _, right in scored)))


@given(st.lists(st.tuples(SCORES, st.booleans()), min_size=1, max_size=40))
def test_calibration_knows_no_order(scored: list[tuple[float, bool]]) -> None:
    bins, again = bins_of(scored), bins_of(sorted(scored))
    assert calibration_error(bins) == pytest.approx(calibration_error(again))
    assert sum(one.questions for one in bins) == len(scored)
    # No bin moves the means of all.
    assert sum(one.questions * one.right for one in bins) == pytest.approx(sum(right for _, right in scored))
    assert sum(one.questions * one.score for one in bins) == pytest.approx(sum(score for score, _ in scored))
    assert 0 <= calibration_error(bins) <= 1


def test_many_samples_have_the_measures_of_each() -> None:
    random = np.random.default_rng(2)
    some, others = random.integers(0, 9, (4, 3, 23)) / 8, random.integers(0, 7, (4, 3, 5)) / 8
    right = random.integers(0, 2, some.shape).astype(np.float64)
    for place in np.ndindex(4, 3):
        assert threshold(some)[place] == threshold(some[place])
        assert false_positive_rate(some, others)[place] == false_positive_rate(some[place], others[place])
        assert brier(some, right)[place] == pytest.approx(brier(some[place], right[place]))
    lying, those, which = (np.moveaxis(each, -1, 0) for each in (some, others, right))
    assert threshold(lying, axis=0).tolist() == threshold(some).tolist()
    assert false_positive_rate(lying, those, axis=0).tolist() == false_positive_rate(some, others).tolist()
    assert brier(lying, which, axis=0) == pytest.approx(brier(some, right))


def test_a_question_that_nothing_was_found_for_scores_0() -> None:
    assert top_scores(ASKED).tolist() == [0.9, 0.6, 0.0]
    assert top_scores([]).tolist() == []


@pytest.mark.parametrize(
    ("wanted", "found", "right"),
    [
        ((2, 1), 2, True),
        ((2, 1), 1, False),
        ((2, 1), None, False),
        # Where nothing has grade 2, as in many BEIR folders, grade 1 is right.
        ((1,), 1, True),
        ((1, 0), 0, False),
        ((3, 2), 2, False),
        ((3, 2), 3, True),
        # What was read in vain is not right, whatever else was judged.
        ((0,), 0, False),
        ((), None, False),
        ((), 1, False),
    ],
)
def test_the_first_is_right_where_it_has_the_best_grade(
    wanted: tuple[int, ...], found: int | None, right: bool
) -> None:
    judged = tuple(Wanted(f"d{place}", grade) for place, grade in enumerate(wanted))
    asked = replace(answerable("q1", 0.5, hit(0.9, found), hit(0.8, 2)), wanted=judged)
    assert first_is_right(asked) is right
    assert is_right(asked, asked.hits[0]) is right


def test_a_later_result_can_be_right() -> None:
    asked = answerable("q1", 0.5, hit(0.9, 1), hit(0.8, 2), hit(0.7))
    assert [is_right(asked, one) for one in asked.hits] == [False, True, False]


def test_without_results_the_first_is_not_right() -> None:
    assert not first_is_right(answerable("q1"))
    assert not first_is_right(unanswerable("u1", hit(0.9)))


def test_answerability_by_hand() -> None:
    found = measure_answerability([*ASKED, unanswerable("u1", hit(0.7)), unanswerable("u2")])
    assert found is not None
    assert (found.answerable, found.unanswerable, found.threshold, found.kinds) == (3, 2, 0.0, ())
    squares = (1 - 0.9) ** 2 + 0.6**2 + 0.0**2 + 0.7**2 + 0.0**2
    assert {name: one.value for name, one in found.measures.items()} == pytest.approx(
        {
            # 0.9 is above both, 0.6 above one, 0 ties with one.
            AUROC: (2 + 1 + 0.5) / (3 * 2),
            # The threshold is 0, which both reach.
            FPR: 2 / 2,
            BRIER: squares / 5,
            BASE_BRIER: 1 / 5 * 4 / 5,
            BRIER_GAIN: 1 / 5 * 4 / 5 - squares / 5,
            # Five bins of one each.
            ECE: (0.0 + 0.0 + 0.6 + 0.7 + (1 - 0.9)) / 5,
        }
    )
    assert found.calibration == (
        Bin(0.0, 0.0, 1),
        Bin(0.0, 0.0, 1),
        Bin(0.6, 0.0, 1),
        Bin(0.7, 0.0, 1),
        Bin(0.9, 1.0, 1),
    )


def test_intervals_stand_where_resampling_has_something_to_say() -> None:
    found = measure_answerability([*ASKED, unanswerable("u1", hit(0.7)), unanswerable("u2", hit(0.3))])
    assert found is not None
    assert {name for name, one in found.measures.items() if one.interval is not None} == {
        *(AUROC, FPR, BRIER, BRIER_GAIN)
    }
    for name, one in found.measures.items():
        least = -1 if name == BRIER_GAIN else 0
        assert one.interval is None or least <= one.interval.low <= one.value <= one.interval.high <= 1


def test_how_far_below_the_base_rate_the_score_lies() -> None:
    right = values(1, 0, 0, 0)
    assert brier_gain(right, right) == 3 / 16
    assert brier_gain(values(0.25, 0.25, 0.25, 0.25), right) == 0
    assert brier_gain(values(0.0, 1.0, 0.0, 0.0), right) == 3 / 16 - 2 / 4
    rows = np.array([[1.0, 0, 0, 0], [0.25, 0.25, 0.25, 0.25]])
    assert brier_gain(rows, np.array([right, right])).tolist() == [3 / 16, 0]


def test_what_a_system_says_of_an_answer_counts_before_its_scores() -> None:
    asked = [replace(ASKED[0], probability=0.2), ASKED[1], replace(ASKED[2], probability=0.7)]
    without = [replace(unanswerable("u1", hit(0.9)), probability=0.3), unanswerable("u2", hit(0.1))]
    assert certainties([*asked, *without]).tolist() == [0.2, 0.6, 0.7, 0.3, 0.1]
    found = measure_answerability([*asked, *without])
    assert found is not None
    assert found.threshold == 0.2
    # 0.2 is above 0.1 alone, 0.6 and 0.7 are above both; only 0.3 reaches the threshold.
    assert found.measures[AUROC].value == pytest.approx(5 / 6)
    assert found.measures[FPR].value == 1 / 2
    # Whether a first result is right is told by its own score.
    assert found.measures[BRIER] == measure_of([*ASKED, unanswerable("u1", hit(0.9)), without[1]], BRIER)


def measure_of(outcomes: list[Outcome], name: str) -> Estimate:
    found = measure_answerability(outcomes)
    assert found is not None
    return found.measures[name]


def test_each_kind_is_set_against_all_answerable_questions() -> None:
    asked = [unanswerable("u1", hit(0.7), kind="near"), unanswerable("u2", hit(0.1), kind="far")]
    found = measure_answerability([*asked, *ASKED, unanswerable("u3", hit(0.95), kind="near"), unanswerable("u4")])
    assert found is not None
    assert [(kind.cut, kind.name, kind.questions) for kind in found.kinds] == [
        (Cut.KIND, "far", 1),
        (Cut.KIND, "near", 2),
    ]
    far, near = (kind.measures for kind in found.kinds)
    # Of 0.9, 0.6 and 0, two are above 0.1; one is above 0.7, none above 0.95. All reach the threshold, 0.
    assert far == {AUROC: Estimate(2 / 3), FPR: Estimate(1.0)}
    assert near[AUROC].value == pytest.approx(1 / 6)
    assert near[FPR].value == 1.0
    # That without a kind is in no kind, but counts among all: two are above its 0, one ties with it.
    assert found.measures[AUROC].value == pytest.approx((2 + 1 + 2.5) / (3 * 4))


def test_kinds_stand_in_order_of_name() -> None:
    names = ["near", "far", "typo", "dialect", "long", "short", "rude", "mixed"]
    found = measure_answerability([*ASKED, *(unanswerable(f"u-{name}", kind=name) for name in names)])
    assert found is not None
    assert [kind.name for kind in found.kinds] == sorted(names)


def test_the_threshold_is_one_of_answerable_questions() -> None:
    found = measure_answerability([*ASKED[:2], unanswerable("u1", hit(0.1)), unanswerable("u2", hit(0.8))])
    assert found is not None
    assert found.threshold == 0.6
    assert found.measures[FPR].value == 1 / 2


def test_a_kind_without_letters_is_one_kind() -> None:
    asked = [unanswerable("u1", kind=""), unanswerable("u2"), unanswerable("u3", kind="")]
    found = measure_answerability([*ASKED, *asked])
    assert found is not None
    assert [(kind.name, kind.questions) for kind in found.kinds] == [("", 2)]


def test_without_unanswerable_questions_nothing_is_parted() -> None:
    found = measure_answerability(ASKED)
    assert found is not None
    assert (found.answerable, found.unanswerable, found.threshold, found.kinds) == (3, 0, None, ())
    assert list(found.measures) == [BRIER, BASE_BRIER, BRIER_GAIN, ECE]


@pytest.mark.parametrize("outcomes", [(), (unanswerable("u1", hit(0.9)), unanswerable("u2"))])
def test_without_answerable_questions_there_is_nothing_to_tell(outcomes: tuple[Outcome, ...]) -> None:
    assert measure_answerability(outcomes) is None


def test_one_question_of_each_has_no_interval() -> None:
    found = measure_answerability([ASKED[0], unanswerable("u1", hit(0.9))])
    assert found is not None
    assert found.threshold == 0.9
    assert found.measures[AUROC] == Estimate(0.5)
    assert found.measures[FPR] == Estimate(1.0)
    alone = measure_answerability(ASKED[:1])
    assert alone is not None
    assert alone.measures[BRIER] == Estimate((1 - 0.9) ** 2)
    assert alone.calibration == (Bin(0.9, 1.0, 1),)


@pytest.mark.parametrize("score", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("grade", [None, 2])
def test_equal_scores_give_numbers_throughout(score: float, grade: int | None) -> None:
    outcomes = [answerable(f"q{place}", 1.0, hit(score, grade)) for place in range(12)]
    found = measure_answerability(
        [*outcomes, *(unanswerable(f"u{place}", hit(score), kind="far") for place in range(3))]
    )
    assert found is not None
    assert (found.measures[AUROC], found.measures[FPR]) == (
        Estimate(0.5),
        Estimate(1.0),
    )
    numbers = [number for one in found.measures.values() for number in (one.value, *(one.interval or ()))]
    assert not any(map(math.isnan, numbers))
    # Ten bins hold 2, 2, 2, 2, 2 and five times 1; of the answerable all are right or all are wrong.
    share = 12 / 15 if grade else 0.0
    assert found.measures[ECE].value == pytest.approx(abs(score - share))
