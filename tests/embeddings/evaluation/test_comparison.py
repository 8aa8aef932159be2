"""Two systems on the same questions, by hand."""

from dataclasses import replace

import pytest

from embeddings.errors import QuestionSetError
from embeddings.evaluation.comparison import compare, is_worse
from embeddings.evaluation.results import BY_ANSWER, Comparison, Cut, Estimate, Outcome, Results, Wanted
from tests.embeddings.evaluation.outcomes import WANTED, answerable, hit, results, unanswerable

NDCG, NDCG_BY_ANSWER = "nDCG@10", f"nDCG@10{BY_ANSWER}"


def shifted(differences: list[float], kind: str | None = None, start: float = 0.5) -> Comparison:
    """Compare systems whose second is higher by so much, question by question."""
    first = [replace(answerable(f"q{place}", start), kind=kind) for place, _ in enumerate(differences)]
    second = [replace(one, values={NDCG: start + more}) for one, more in zip(first, differences, strict=True)]
    return compare(results(*first), results(*second))


def quoted(outcome: Outcome, value: float) -> Outcome:
    return replace(outcome, values={**outcome.values, NDCG_BY_ANSWER: value})


def test_differences_by_hand() -> None:
    found = shifted([0.25, 0.25, 0.5])
    of = found.differences[NDCG]
    assert (of.first, of.second) == (0.5, (0.75 + 0.75 + 1) / 3)
    assert of.difference.value == pytest.approx((0.25 + 0.25 + 0.5) / 3)
    # Of eight changes of sign, that of none and that of all go as far.
    assert of.p == 2 / 8
    assert (found.measure, found.questions, found.alone) == (NDCG, 3, ())


def test_equal_differences_have_no_interval() -> None:
    assert shifted([0.25, 0.25]).differences[NDCG].difference == Estimate(0.25)


def test_one_question_has_neither_interval_nor_p() -> None:
    of = shifted([0.25]).differences[NDCG]
    assert (of.difference, of.p) == (Estimate(0.25), None)


def test_the_better_are_won_and_the_worse_are_lost() -> None:
    found = shifted([0.25, -0.25, 0.0, 0.5, -0.5, -0.25, 0.25])
    assert [(pair.first.id, pair.difference) for pair in found.won] == [("q3", 0.5), ("q0", 0.25), ("q6", 0.25)]
    assert [(pair.first.id, pair.difference) for pair in found.lost] == [("q4", -0.5), ("q1", -0.25), ("q5", -0.25)]
    best = found.won[0]
    assert (best.first.values[NDCG], best.second.values[NDCG]) == (0.5, 0.5 + 0.5)


def test_questions_that_differ_as_much_stand_in_order_of_id() -> None:
    first = results(*(answerable(f"q{place}", 0.5) for place in (4, 2, 3, 1)))
    second = results(*(answerable(f"q{place}", 0.75 if place < 3 else 0.25) for place in (3, 4, 2, 1)))
    found = compare(first, second)
    assert [pair.first.id for pair in found.won] == ["q1", "q2"]
    assert [pair.first.id for pair in found.lost] == ["q3", "q4"]


def test_p_tells_gains_from_losses() -> None:
    # 0.5, 0.25 and 0.25 with any signs add up to ±1 once each, to ±0.5 twice each, and else to 0.
    assert shifted([0.5, -0.25, 0.25]).differences[NDCG].p == 6 / 8


def test_questions_are_paired_by_id_in_whatever_order() -> None:
    first = results(answerable("q1", 1.0), answerable("q2", 0.25))
    second = results(answerable("q2", 0.5), answerable("q1", 1.0))
    (pair,) = compare(first, second).won
    assert (pair.first, pair.second) == (first.outcomes[1], second.outcomes[0])


def test_a_system_is_as_good_as_itself() -> None:
    given = results(answerable("q1", 1.0), answerable("q2", 1 / 3))
    found = compare(given, given)
    assert (found.won, found.lost) == ((), ())
    assert found.differences[NDCG].difference == Estimate(0.0)
    assert found.differences[NDCG].p == 1.0
    assert (found.first, found.second) == (given, given)


def test_what_rounding_makes_of_equal_values_is_no_difference() -> None:
    # As where another machine computed the logarithms; six in one direction would have p = 2 / 64.
    found = shifted([-(2.0**-50)] * 6)
    assert (found.won, found.lost) == ((), ())
    assert found.differences[NDCG].difference.value == 0.0
    assert found.differences[NDCG].p == 1.0
    assert not is_worse(found)


@pytest.mark.parametrize(
    ("differences", "p", "worse"),
    [
        # Two of 2 ** 6 changes of sign go as far.
        ([-0.25] * 6, 2 / 64, True),
        ([0.25] * 6, 2 / 64, False),
        # Two of 2 ** 5 do, and one did not change: that may be chance.
        ([*[-0.25] * 5, 0.0], 2 / 32, False),
        ([0.0] * 6, 1.0, False),
    ],
)
def test_worse_is_what_is_lower_and_not_by_chance(differences: list[float], p: float | None, worse: bool) -> None:
    found = shifted(differences)
    assert found.differences[NDCG].p == p
    assert is_worse(found) is worse


@pytest.mark.parametrize("count", [1, 5])
def test_so_few_questions_cannot_show_that_anything_is_worse(count: int) -> None:
    with pytest.raises(QuestionSetError, match=f"^{count} questions in common cannot show p < 0.05, at least 6 can"):
        is_worse(shifted([-1.0] * count))


def test_what_is_worse_is_told_by_the_measure_compared() -> None:
    first = [replace(answerable(f"q{place}"), values={NDCG: 0.5, "R@5": 0.5}) for place in range(6)]
    second = [replace(one, values={NDCG: 0.25, "R@5": 0.75}) for one in first]
    assert is_worse(compare(results(*first), results(*second)))
    assert not is_worse(compare(results(*first), results(*second), "R@5"))
    assert is_worse(compare(results(*second), results(*first), "R@5"))


def test_p_is_adjusted_among_the_slices_of_one_cut() -> None:
    kinds = ["typo"] * 6 + ["dialect"] * 2
    first = [replace(answerable(f"q{place}", 0.25), kind=kind) for place, kind in enumerate(kinds)]
    second = [replace(one, values={NDCG: 0.75}) for one in first]
    found = compare(results(*first), results(*second))
    assert [(one.cut, one.name, one.questions, one.difference.p) for one in found.slices] == [
        # By itself 2 / 4 and 2 / 64.
        (Cut.KIND, "dialect", 2, 1 * 2 / 4),
        (Cut.KIND, "typo", 6, 2 * 2 / 64),
        # Each is the only one of its cut.
        (Cut.LENGTH, "1 to 20 characters", 8, 2 / 256),
        (Cut.ARTICLE, "visits", 8, 2 / 256),
    ]
    typo = found.slices[1].difference
    assert (typo.first, typo.second, typo.difference) == (0.25, 0.75, Estimate(0.5))
    assert found.differences[NDCG].p == 2 / 256


def test_slices_of_one_question_have_no_p_and_count_for_none() -> None:
    first = [replace(answerable(f"q{place}", 0.25), kind="typo" if place else "dialect") for place in range(7)]
    second = [replace(one, values={NDCG: 0.75}) for one in first]
    by_kind = [one for one in compare(results(*first), results(*second)).slices if one.cut is Cut.KIND]
    assert [(one.name, one.questions, one.difference.p) for one in by_kind] == [
        ("dialect", 1, None),
        ("typo", 6, 2 / 64),
    ]


def test_questions_of_one_side_are_left_aside() -> None:
    first = results(answerable("q3", 1.0), answerable("q1", 0.5), unanswerable("u1"), unanswerable("u2"))
    second = results(answerable("q1", 0.25), answerable("q2", 0.0), unanswerable("u2"), unanswerable("u3"))
    found = compare(first, second)
    assert found.alone == ("q2", "q3", "u1", "u3")
    assert found.questions == 1
    assert (found.differences[NDCG].first, found.differences[NDCG].second) == (0.5, 0.25)


def test_unanswerable_questions_take_no_part() -> None:
    first = results(answerable("q1", 0.5), unanswerable("u1", hit(0.9), kind="far"))
    second = results(answerable("q1", 0.75), replace(unanswerable("u1", hit(0.1), kind="far"), text="月亮多大"))
    found = compare(first, second)
    assert (found.questions, found.alone) == (1, ())
    assert [pair.first.id for pair in found.won] == ["q1"]
    assert [one.questions for one in found.slices] == [1]


WANTED_MORE = (*WANTED, Wanted("calls", 1, None, "calls"))


@pytest.mark.parametrize(
    "changed",
    [
        replace(answerable("q2"), text="要带什么证件"),
        replace(answerable("q2"), wanted=WANTED_MORE),
        replace(answerable("q2"), wanted=(replace(WANTED[0], grade=1),)),
        replace(answerable("q2"), wanted=(replace(WANTED[0], answer="证件"),)),
        # Somebody found an answer since, or that there was none.
        replace(unanswerable("q2"), text=answerable("q2").text),
    ],
)
def test_questions_that_were_changed_are_refused(changed: Outcome) -> None:
    first, second = results(answerable("q1"), answerable("q2")), results(changed, answerable("q1"))
    message = r"^1 questions have another text or other judgements in both \(the first: q2\); evaluate both anew"
    with pytest.raises(QuestionSetError, match=message):
        compare(first, second)
    with pytest.raises(QuestionSetError, match=message):
        compare(second, first)


def test_the_first_five_that_were_changed_are_named() -> None:
    first = [answerable(f"q{place}") for place in range(7)]
    second = [replace(one, text="别的") for one in first]
    with pytest.raises(QuestionSetError, match=r"^7 questions .* \(the first: q0, q1, q2, q3, q4\);"):
        compare(results(*first), results(*second))


def test_the_order_of_judgements_does_not_matter() -> None:
    first = replace(answerable("q1", 0.5), wanted=WANTED_MORE)
    assert compare(results(first), results(replace(first, wanted=WANTED_MORE[::-1]))).questions == 1


@pytest.mark.parametrize(
    "second",
    [results(answerable("q2")), results(unanswerable("u1")), results()],
    ids=["another question", "one without an answer", "no question"],
)
def test_results_without_a_common_question_are_refused(second: Results) -> None:
    with pytest.raises(QuestionSetError, match="both have no question in common that has an answer; compare results"):
        compare(results(answerable("q1"), unanswerable("u1")), second)


def test_measures_of_one_side_are_left_out() -> None:
    first = replace(answerable("q1"), values={NDCG: 0.5, "R@5": 1.0, "Judged@5": 1.0})
    second = replace(answerable("q1"), values={"R@5": 0.5, NDCG: 0.25, "AP": 0.0})
    found = compare(results(first), results(second))
    assert {name: of.difference.value for name, of in found.differences.items()} == {NDCG: -0.25, "R@5": -0.5}
    assert list(found.differences) == [NDCG, "R@5"]


@pytest.mark.parametrize("measure", ["MAP", "Judged@5", "AP"])
def test_a_measure_that_not_both_have_is_refused(measure: str) -> None:
    first = results(replace(answerable("q1"), values={NDCG: 0.5, "R@5": 1.0, "Judged@5": 1.0}))
    second = results(replace(answerable("q1"), values={NDCG: 0.5, "R@5": 0.5, "AP": 0.0}))
    with pytest.raises(QuestionSetError, match=f"^not both were measured by {measure}; there are: nDCG@10, R@5$"):
        compare(first, second, measure)


def test_questions_without_a_quote_are_left_aside_where_quotes_are_compared() -> None:
    bare, one, other = answerable("q1", 0.0), answerable("q2", 0.25), answerable("q3", 1.0)
    first = results(bare, quoted(one, 0.5), quoted(other, 0.75))
    second = results(replace(bare, values={NDCG: 1.0}), quoted(one, 0.25), quoted(other, 1.0))
    found = compare(first, second, NDCG_BY_ANSWER)
    assert [(pair.first.id, pair.difference) for pair in found.won] == [("q3", 0.25)]
    assert [(pair.first.id, pair.difference) for pair in found.lost] == [("q2", -0.25)]
    assert found.questions == 3
    assert [(of.questions, of.difference) for of in found.slices] == [(2, found.differences[NDCG_BY_ANSWER])]
    by_answer, by_section = found.differences[NDCG_BY_ANSWER], found.differences[NDCG]
    assert (by_answer.first, by_answer.second) == ((0.5 + 0.75) / 2, (0.25 + 1) / 2)
    assert by_section.difference.value == pytest.approx(1 / 3)


def test_questions_whose_quotes_one_side_did_not_measure_are_left_aside() -> None:
    one, other = answerable("q1"), answerable("q2")
    both, half = results(quoted(one, 0.5), quoted(other, 0.5)), results(quoted(one, 1.0), other)
    there, back = compare(both, half, NDCG_BY_ANSWER), compare(half, both, NDCG_BY_ANSWER)
    assert [(pair.first.id, pair.difference) for pair in there.won] == [("q1", 0.5)]
    assert [(pair.first.id, pair.difference) for pair in back.lost] == [("q1", -0.5)]
    assert there.differences[NDCG_BY_ANSWER].difference == Estimate(0.5)
    assert back.differences[NDCG_BY_ANSWER].difference == Estimate(-0.5)


def test_questions_are_sorted_into_slices_as_the_first_has_them() -> None:
    first, second = (results(replace(answerable("q1"), kind=kind)) for kind in ("typo", "dialect"))
    assert [one.name for one in compare(first, second).slices if one.cut is Cut.KIND] == ["typo"]


def test_a_measure_that_no_common_question_has_is_not_compared() -> None:
    # Both have questions with quotes, but not the same.
    first = results(answerable("q1"), quoted(answerable("q2"), 1.0))
    second = results(answerable("q1"), quoted(answerable("q3"), 1.0))
    assert list(compare(first, second).differences) == [NDCG]
    with pytest.raises(QuestionSetError, match="not both were measured by nDCG@10 by answer; there are: nDCG@10$"):
        compare(first, second, NDCG_BY_ANSWER)
