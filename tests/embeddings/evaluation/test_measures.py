"""Measures by hand."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.evaluation.evaluating import Asked, evaluate
from embeddings.evaluation.matching import ranked_names
from embeddings.evaluation.measures import COVERAGE, MAIN_MEASURE, MEASURES, falling_scores, measure
from embeddings.evaluation.records import Found, Judgement, Pool, PooledSection, Question, Section
from embeddings.evaluation.systems import PASSAGES, IndexAnswering, returned_by
from embeddings.records import Mode, SearchOptions
from embeddings.searcher import Searcher

ALL = MEASURES + COVERAGE


def measured(grades: dict[str, int], *ranking: str) -> dict[str, float]:
    """Return the measures of one question."""
    return measure({"q1": grades}, {"q1": ranking}, ALL)["q1"]


def discounted(*gains: float) -> float:
    """Return the gains at the places 1, 2, 3, ..., each divided by log2(place + 1)."""
    return sum(gain / math.log2(place + 1) for place, gain in enumerate(gains, start=1))


def test_measures_by_hand() -> None:
    # Grade 1 at place 2, grade 2 at place 4; another of grade 1 is not found.
    assert measured({"best": 2, "good": 1, "lost": 1}, "n", "good", "m", "best") == pytest.approx(
        {
            "nDCG@10": discounted(0, 1, 0, 2) / discounted(2, 1, 1),
            "RR@10": 1 / 2,
            "R@1": 0 / 3,
            "R@5": 2 / 3,
            "R@10": 2 / 3,
            "AP": (1 / 2 + 2 / 4 + 0) / 3,
            "Success@1": 0.0,
            "Success@5": 1.0,
            "Success@10": 1.0,
            # Of four things found, two were judged.
            "Judged@5": 2 / 4,
            "Judged@10": 2 / 4,
        }
    )


def test_the_discount_begins_at_the_second_place() -> None:
    assert measured({"a": 1}, "a")["nDCG@10"] == 1.0
    assert measured({"a": 1}, "n", "a")["nDCG@10"] == pytest.approx(1 / math.log2(3))
    assert measured({"a": 1}, "n", "m", "a")["nDCG@10"] == pytest.approx(1 / math.log2(4))


def test_the_gain_is_the_grade() -> None:
    # With a gain of 2 ** grade - 1 it would be (1 + 3 / log2(3)) / (3 + 1 / log2(3)).
    found = measured({"best": 2, "good": 1}, "good", "best")
    assert found["nDCG@10"] == pytest.approx(discounted(1, 2) / discounted(2, 1))


def test_the_ideal_ranking_has_ten_places() -> None:
    names = [f"d{place}" for place in range(12)]
    found = measured(dict.fromkeys(names, 1), *names)
    assert found["nDCG@10"] == pytest.approx(1.0)
    assert (found["R@1"], found["R@5"], found["R@10"]) == pytest.approx((1 / 12, 5 / 12, 10 / 12))
    assert found["AP"] == pytest.approx(1.0)


def test_each_measure_looks_as_deep_as_it_says() -> None:
    ranking = [f"n{place}" for place in range(1, 12)]

    def found_at(place: int) -> dict[str, float]:
        return measured({"a": 1}, *ranking[: place - 1], "a", *ranking[place - 1 :])

    def names(place: int) -> set[str]:
        return {name for name, value in found_at(place).items() if value > 0}

    always = {"AP"}
    to_ten = always | {"nDCG@10", "RR@10", "R@10", "Success@10", "Judged@10"}
    to_five = to_ten | {"R@5", "Success@5", "Judged@5"}
    assert names(1) == to_five | {"R@1", "Success@1"}
    assert names(2) == names(5) == to_five
    assert names(6) == names(10) == to_ten
    assert names(11) == always
    assert found_at(11)["AP"] == pytest.approx(1 / 11)
    assert found_at(10)["RR@10"] == pytest.approx(1 / 10)


def test_what_was_read_in_vain_counts_as_judged_and_not_as_right() -> None:
    found = measured({"vain": 0, "good": 1}, "vain", "n", "good")
    assert found["RR@10"] == pytest.approx(1 / 3)
    assert found["Success@1"] == 0.0
    assert found["R@5"] == 1 / 1
    assert found["nDCG@10"] == pytest.approx(discounted(0, 0, 1) / discounted(1))
    assert found["Judged@5"] == pytest.approx(2 / 3)


def test_judged_is_the_share_of_what_was_found_among_the_first() -> None:
    assert measured({"a": 1}, "a")["Judged@10"] == 1 / 1
    assert measured({"a": 1}, "n", "a", "m")["Judged@5"] == pytest.approx(1 / 3)
    found = measured({"a": 1, "b": 0, "c": 0}, "a", "n", "m", "b", "k", "c")
    assert (found["Judged@5"], found["Judged@10"]) == pytest.approx((2 / 5, 3 / 6))


def test_the_order_served_is_measured_whatever_the_names() -> None:
    for first, second in (("a", "b"), ("b", "a"), ("10", "9"), ("9", "10")):
        assert measured({first: 1}, first, second)["RR@10"] == 1.0
        assert measured({second: 1}, first, second)["RR@10"] == 1 / 2
        assert measured({second: 1}, first, second)["nDCG@10"] == pytest.approx(1 / math.log2(3))
        assert measured({second: 1}, first, second)["R@1"] == 0.0


def test_questions_without_results_count_as_0() -> None:
    grades = {"q1": {"a": 1}, "q2": {"a": 1}, "q3": {"a": 1}}
    found = measure(grades, {"q1": ["a"], "q2": []}, ALL)
    assert list(found) == ["q1", "q2", "q3"]
    assert found["q1"]["RR@10"] == 1.0
    assert found["q2"] == found["q3"] == {str(one): 0.0 for one in ALL}


@pytest.mark.parametrize("grades", [{}, {"a": 0}])
def test_a_question_that_nothing_is_right_for_counts_as_0(grades: dict[str, int]) -> None:
    found = measured(grades, "a", "b")
    assert {name: value for name, value in found.items() if value > 0} == dict.fromkeys(
        ("Judged@5", "Judged@10") if grades else (), 1 / 2
    )


def test_each_question_has_its_own_judgements() -> None:
    found = measure({"q1": {"a": 1}, "q2": {"b": 1}}, {"q1": ["a", "b"], "q2": ["a", "b"], "q3": ["a"]})
    assert {id_: values["RR@10"] for id_, values in found.items()} == {"q1": 1.0, "q2": 1 / 2}


def test_without_questions_there_is_nothing_to_measure() -> None:
    assert measure({}, {}) == {}
    assert measure({}, {"q1": ["a"]}) == {}


def test_measures_are_named_as_they_are_written_everywhere() -> None:
    assert list(measure({"q1": {"a": 1}}, {})["q1"]) == [
        "nDCG@10",
        "RR@10",
        "R@1",
        "R@5",
        "R@10",
        "AP",
        "Success@1",
        "Success@5",
        "Success@10",
    ]
    assert [str(one) for one in COVERAGE] == ["Judged@5", "Judged@10"]
    assert MAIN_MEASURE == "nDCG@10"


def test_scores_fall_by_one_to_one() -> None:
    assert list(falling_scores(3)) == [3, 2, 1]
    assert list(falling_scores(0)) == []


@given(
    st.dictionaries(st.sampled_from("abcdefghijklmnop"), st.integers(0, 3), max_size=14),
    st.permutations("abcdefghijklmnop"),
    st.integers(0, 16),
)
def test_measures_of_any_ranking(grades: dict[str, int], names: list[str], depth: int) -> None:
    ranking = names[:depth]
    found = measured(grades, *ranking)
    right = [grades.get(name, 0) > 0 for name in ranking]
    total = sum(grade > 0 for grade in grades.values())
    ideal = discounted(*sorted(grades.values(), reverse=True)[:10])
    gained = discounted(*(grades.get(name, 0) for name in ranking[:10]))
    precisions = [sum(right[:place]) / place for place in range(1, len(right) + 1) if right[place - 1]]
    assert found == pytest.approx(
        {
            "nDCG@10": gained / ideal if ideal else 0.0,
            "RR@10": max((1 / place for place, is_right in enumerate(right[:10], start=1) if is_right), default=0.0),
            **{f"R@{depth}": sum(right[:depth]) / total if total else 0.0 for depth in (1, 5, 10)},
            "AP": sum(precisions) / total if total else 0.0,
            **{f"Success@{depth}": float(any(right[:depth])) for depth in (1, 5, 10)},
            **{
                f"Judged@{depth}": sum(name in grades for name in ranking[:depth]) / max(1, len(ranking[:depth]))
                for depth in (5, 10)
            },
        }
    )


def answering(searcher: Searcher, place: Path) -> IndexAnswering:
    return IndexAnswering(searcher, place, Mode.DENSE)


VISITS = Section("home-visits", ("微粒贷会不会上门？",))
ASKED = Question("q1", "微粒贷逾期会上门吗", (Judgement(VISITS, 2),))


def test_measured_is_the_search_that_serves(searcher: Searcher, shipped_index: Path) -> None:
    results = searcher.search(ASKED.text, SearchOptions(k=PASSAGES, mode=Mode.DENSE)).results
    rank = ranked_names(ASKED, returned_by(results)).index(VISITS.name) + 1
    finished: list[int] = []
    evaluation = evaluate(answering(searcher, shipped_index), Asked((ASKED,)), finished.append)
    assert evaluation.measures["RR@10"].value == pytest.approx(1 / rank)
    assert [outcome.id for outcome in evaluation.outcomes] == ["q1"]
    assert sum(finished) == 1


def test_the_share_of_results_that_were_read(searcher: Searcher, shipped_index: Path) -> None:
    index = answering(searcher, shipped_index)
    results = searcher.search(ASKED.text, SearchOptions(k=PASSAGES, mode=Mode.DENSE)).results
    found = [one.section for one in returned_by(results)]
    assert VISITS in found[:5]
    read = list(dict.fromkeys(section for section in found[:5] if section != VISITS))[:2]
    # The judged section was pooled, too: its grade stands.
    pools = (Pool("q1", tuple(PooledSection(section, (Found(Mode.DENSE, 1),)) for section in (*read, VISITS))),)
    measures = evaluate(index, Asked((ASKED,), pools=pools), lambda _: None).measures
    assert measures["Judged@5"].value == pytest.approx((1 + len(read)) / 5)
    assert measures["Judged@10"].value == pytest.approx((1 + len(read)) / 10)
    # A pool of a question that was not asked changes nothing.
    foreign = (*pools, Pool("q2", pools[0].sections))
    assert evaluate(index, Asked((ASKED,), pools=foreign), lambda _: None).measures == measures
    # What was read and does not help is as wrong as what nobody has read.
    without = evaluate(index, Asked((ASKED,)), lambda _: None).measures
    assert without == {name: value for name, value in measures.items() if not name.startswith("Judged")}
