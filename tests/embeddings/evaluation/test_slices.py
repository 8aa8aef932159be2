"""Questions sorted into slices, and the measures of each."""

from dataclasses import replace

import pytest

from embeddings.evaluation.results import BY_ANSWER, Cut, Estimate, Interval, Outcome, Wanted
from embeddings.evaluation.slices import measure_all, measure_slices, sliced
from tests.embeddings.evaluation.outcomes import answerable, hit, unanswerable

NDCG, NDCG_BY_ANSWER = "nDCG@10", f"nDCG@10{BY_ANSWER}"


def measured(id_: str, **values: float) -> Outcome:
    return replace(answerable(id_), values=values)


def about(id_: str, *wanted: tuple[str | None, int]) -> Outcome:
    judged = tuple(Wanted(f"{article}#{place}", grade, None, article) for place, (article, grade) in enumerate(wanted))
    return replace(answerable(id_), wanted=judged)


def ids(outcomes: tuple[Outcome, ...], cut: Cut) -> dict[str, list[str]]:
    return {name: [one.id for one in members] for (of, name), members in sliced(outcomes).items() if of is cut}


def test_each_measure_is_taken_over_the_questions_that_have_it() -> None:
    outcomes = [
        measured("q1", RR=1.0, AP=0.5),
        measured("q2", RR=0.5, AP=0.25, **{f"RR{BY_ANSWER}": 0.25, f"AP{BY_ANSWER}": 1.0}),
        unanswerable("u1", hit(0.9)),
        measured("q3", RR=0.0, AP=0.0, **{f"RR{BY_ANSWER}": 0.5, f"AP{BY_ANSWER}": 0.0}),
    ]
    found = measure_all(outcomes)
    assert {name: one.value for name, one in found.items()} == {
        "RR": (1 + 0.5 + 0) / 3,
        "AP": (0.5 + 0.25 + 0) / 3,
        f"RR{BY_ANSWER}": (0.25 + 0.5) / 2,
        f"AP{BY_ANSWER}": (1 + 0) / 2,
    }
    assert found[f"RR{BY_ANSWER}"].interval == Interval(0.25, 0.5)


def test_without_measures_by_answer_there_are_those_by_section() -> None:
    assert measure_all([measured("q1", RR=0.25)]) == {"RR": Estimate(0.25)}


@pytest.mark.parametrize("outcomes", [[], [unanswerable("u1"), unanswerable("u2", hit(0.5))]])
def test_without_answerable_questions_there_is_nothing_to_measure(outcomes: list[Outcome]) -> None:
    assert measure_all(outcomes) == {}
    assert measure_slices(outcomes) == ()


def test_questions_are_sorted_by_kind() -> None:
    outcomes = (
        replace(answerable("q1"), kind="typo"),
        answerable("q2"),
        replace(answerable("q3"), kind="dialect"),
        replace(answerable("q4"), kind="typo"),
        unanswerable("u1", kind="typo"),
    )
    assert ids(outcomes, Cut.KIND) == {"dialect": ["q3"], "typo": ["q1", "q4"]}


def test_those_that_must_be_found_are_a_slice() -> None:
    outcomes = (
        replace(answerable("q1"), must_find=True),
        answerable("q2"),
        replace(unanswerable("u1"), must_find=True),
    )
    assert ids(outcomes, Cut.MUST_FIND) == {"must find": ["q1"]}
    assert ids(outcomes[1:], Cut.MUST_FIND) == {}


def test_the_borders_of_length() -> None:
    outcomes = tuple(
        replace(answerable(str(length)), text="问" * length) for length in (1, 20, 21, 40, 41, 80, 81, 500)
    )
    found = ids(outcomes[::-1], Cut.LENGTH)
    assert found == {
        "1 to 20 characters": ["20", "1"],
        "21 to 40 characters": ["40", "21"],
        "41 to 80 characters": ["80", "41"],
        "81 characters and more": ["500", "81"],
    }
    assert list(found) == [
        "1 to 20 characters",
        "21 to 40 characters",
        "41 to 80 characters",
        "81 characters and more",
    ]


def test_a_length_that_no_question_has_is_no_slice() -> None:
    outcomes = tuple(replace(answerable(str(length)), text="问" * length) for length in (81, 3))
    assert list(ids(outcomes, Cut.LENGTH)) == ["1 to 20 characters", "81 characters and more"]


def test_an_article_needs_five_questions() -> None:
    outcomes = (
        *(about(f"v{number}", ("visits", 2)) for number in range(5)),
        *(about(f"c{number}", ("calls", 2)) for number in range(4)),
    )
    assert ids(outcomes, Cut.ARTICLE) == {"visits": ["v0", "v1", "v2", "v3", "v4"]}
    assert ids(outcomes[1:], Cut.ARTICLE) == {}


@pytest.mark.parametrize(
    ("wanted", "articles"),
    [
        # What only helps is not what the question is about ...
        ([("visits", 2), ("calls", 1)], ["visits"]),
        ([("visits", 1), ("calls", 2), ("records", 0)], ["calls"]),
        # ... unless nothing answers it.
        ([("visits", 1), ("calls", 0)], ["visits"]),
        # Two articles answer it alike.
        ([("visits", 2), ("calls", 2)], ["calls", "visits"]),
        # Two sections of one article count once.
        ([("visits", 2), ("visits", 2)], ["visits"]),
        # Where a quote is wanted of wherever it stands, there is no article.
        ([(None, 2), ("visits", 1)], []),
        ([(None, 2), ("visits", 2)], ["visits"]),
    ],
)
def test_a_question_is_about_the_articles_of_its_best_grade(
    wanted: list[tuple[str | None, int]], articles: list[str]
) -> None:
    outcomes = tuple(about(f"q{number}", *wanted) for number in range(5))
    assert ids(outcomes, Cut.ARTICLE) == {article: [f"q{number}" for number in range(5)] for article in articles}


def test_slices_stand_in_the_order_of_cuts_and_names() -> None:
    first = replace(about("q0", ("visits", 2), ("calls", 2)), kind="typo", must_find=True, text="问" * 90)
    others = (replace(first, id=f"q{number}", kind="dialect", text="问" * 30) for number in range(1, 5))
    found = measure_slices((first, *others))
    assert [(one.cut, one.name, one.questions) for one in found] == [
        (Cut.KIND, "dialect", 4),
        (Cut.KIND, "typo", 1),
        (Cut.MUST_FIND, "must find", 5),
        (Cut.LENGTH, "21 to 40 characters", 4),
        (Cut.LENGTH, "81 characters and more", 1),
        (Cut.ARTICLE, "calls", 5),
        (Cut.ARTICLE, "visits", 5),
    ]


def test_each_slice_is_measured_over_its_questions() -> None:
    outcomes = (
        replace(answerable("q1", 1.0), kind="typo"),
        replace(answerable("q2", 0.25), kind="dialect"),
        replace(answerable("q3", 0.5), kind="dialect", values={NDCG: 0.5, NDCG_BY_ANSWER: 0.75}),
        unanswerable("u1", kind="typo"),
    )
    dialect, typo, length = measure_slices(outcomes)
    assert typo.measures == {NDCG: Estimate(1.0)}
    assert dialect.measures == {
        NDCG: Estimate((0.25 + 0.5) / 2, Interval(0.25, 0.5)),
        NDCG_BY_ANSWER: Estimate(0.75),
    }
    assert length.measures == measure_all(outcomes)
    assert length.questions == 3
