"""Measures by hand."""

import math

import pytest
from ir_measures import Qrel, ScoredDoc

from embeddings.evaluation.records import Found, Judgement, Pool, PooledSection, Question, Section
from embeddings.evaluation.runner import evaluate, measure, sections_of
from embeddings.records import ArticleInfo, Mode, Result, StoredPassage
from embeddings.searcher import Searcher

WHOLE_B = Section("b", None)
QUESTION = Question(
    "q1",
    "问",
    (Judgement(Section("a", ("一",)), 2), Judgement(Section("a", ("一", "细")), 1), Judgement(WHOLE_B, 1)),
)


def passage(article: str, *headings: str) -> StoredPassage:
    info = ArticleInfo(article, article, article, None, None, None, None, ())
    return StoredPassage(f"{article} {headings}", 0, 1, "文", headings, info)


def result(rank: int, article: str, *headings: str, also_in: tuple[StoredPassage, ...] = ()) -> Result:
    return Result(rank, 0.5, passage(article, *headings), 0.5, None, also_in)


def test_passages_of_one_section_count_once_at_their_best_rank() -> None:
    results = (
        result(1, "c", "x y"),
        result(2, "a", "一", "粗"),
        result(3, "a", "一"),
        result(4, "a", "一", "细"),
        result(5, "b", "z"),
    )
    assert names(QUESTION, *results) == ["c#x y", "a#一", "a#一#细", "b"]


def test_no_two_sections_share_a_name() -> None:
    sections = [
        Section("a", None),
        Section("a", ()),
        Section("a", ("甲", "乙")),
        Section("a", ("甲#乙",)),
        Section("a#甲", ("乙",)),
        Section("a", ("甲\\", "乙")),
        Section("a", ("甲\\#乙",)),
        Section("a\\", ("甲", "乙")),
    ]
    assert len({section.name for section in sections}) == len(sections)
    assert Section("a", ("甲", "乙")).name == "a#甲#乙"


def test_where_articles_are_judged_each_article_counts_once() -> None:
    question = Question("q1", "问", (Judgement(Section("d2", None), 1),))
    assert names(question, result(1, "d1", "一"), result(2, "d1", "二"), result(3, "d2", "一")) == ["d1", "d2"]


def test_without_judgements_each_section_counts() -> None:
    question = Question("q1", "问", ())
    assert names(question, result(1, "d1", "一"), result(2, "d1", "二"), result(3, "d1")) == ["d1#一", "d1#二", "d1#"]


def test_what_stands_above_the_headings_is_not_the_whole_article() -> None:
    question = Question("q1", "问", (Judgement(Section("a", ()), 2),))
    found = sections_of(question, [result(1, "a", "一"), result(2, "a")])
    assert found == [Section("a", ("一",)), Section("a", ())]


def test_a_section_is_not_its_namesake() -> None:
    assert names(QUESTION, result(1, "a", "一二")) == ["a#一二"]


def names(question: Question, *results: Result) -> list[str]:
    return [section.name for section in sections_of(question, results)]


def ranked(question: Question, *results: Result) -> list[ScoredDoc]:
    return [ScoredDoc(question.id, name, -float(place)) for place, name in enumerate(names(question, *results))]


def test_a_judged_section_folded_under_its_copy_is_found_at_the_copys_place() -> None:
    copies = (passage("d", "z"), passage("a", "一", "粗"))
    assert names(QUESTION, result(1, "e", "y"), result(2, "c", "x", also_in=copies), result(3, "f")) == [
        "e#y",
        "a#一",
        "f#",
    ]


def test_copies_that_nobody_judged_take_no_place() -> None:
    copies = (passage("d", "z"), passage("e", "y"))
    assert names(QUESTION, result(1, "c", "x", also_in=copies), result(2, "b", "w")) == ["c#x", "b"]


def test_no_section_counts_twice_whether_shown_or_folded() -> None:
    folded = result(1, "c", "x", also_in=(passage("a", "一", "粗"), passage("a", "一"), passage("b", "w")))
    again = result(2, "a", "一", also_in=(passage("b", "v"),))
    assert names(QUESTION, folded, again, result(3, "c", "x")) == ["a#一", "b", "c#x"]


def test_where_articles_are_judged_a_folded_one_counts_too() -> None:
    question = Question("q1", "问", (Judgement(Section("d2", None), 1), Judgement(Section("d4", None), 1)))
    results = (result(1, "d1", "一"), result(2, "d3", also_in=(passage("d2", "二"), passage("d5"))), result(3, "d4"))
    assert names(question, *results) == ["d1", "d2", "d4"]


def test_measures_of_folded_results_by_hand() -> None:
    # Grade 2 is folded under an unjudged passage at place 2, grade 1 is at place 3.
    run = ranked(QUESTION, result(1, "e"), result(2, "c", also_in=(passage("a", "一"),)), result(3, "a", "一", "细"))
    qrels = [Qrel("q1", judgement.section.name, judgement.grade) for judgement in QUESTION.judgements]
    dcg = 2 / math.log2(3) + 1 / math.log2(4)
    ideal = 2 / math.log2(2) + 1 / math.log2(3) + 1 / math.log2(4)
    assert measure(qrels, run) == pytest.approx(
        {"nDCG@10": dcg / ideal, "RR@10": 1 / 2, "R@1": 0.0, "R@5": 2 / 3, "R@10": 2 / 3}
    )


def test_measures_by_hand() -> None:
    qrels = [
        Qrel(question, unit, grade) for question, unit, grade in [("q1", "x#", 2), ("q1", "y#", 1), ("q2", "z#", 1)]
    ]
    one = ranked(Question("q1", "", ()), result(1, "n"), result(2, "x"), result(3, "y"))
    # q2 has no result at all and counts as 0.
    found = measure(qrels, one)
    dcg = 2 / math.log2(3) + 1 / math.log2(4)
    ideal = 2 / math.log2(2) + 1 / math.log2(3)
    assert found == pytest.approx(
        {"nDCG@10": dcg / ideal / 2, "RR@10": 1 / 2 / 2, "R@1": 0.0, "R@5": 1 / 2, "R@10": 1 / 2}
    )


def test_the_evaluator_asks_the_search_that_serves(searcher: Searcher) -> None:
    question = "微粒贷逾期会上门吗"
    rank = next(
        found.rank
        for found in searcher.search(question, 50, Mode.DENSE)
        if found.passage.headings == ("微粒贷会不会上门？",)
    )
    judged = Question("q1", question, (Judgement(Section("home-visits", ("微粒贷会不会上门？",)), 2),))
    finished: list[int] = []
    evaluation = evaluate(searcher, [judged], Mode.DENSE, finished.append)
    assert evaluation.questions == 1
    assert finished == [1]
    assert evaluation.measures["RR@10"] == pytest.approx(1 / rank)


def test_the_share_of_results_that_were_read(searcher: Searcher) -> None:
    question = Question("q1", "微粒贷逾期会上门吗", (Judgement(Section("home-visits", ("微粒贷会不会上门？",)), 2),))
    found = sections_of(question, searcher.search(question.text, 50, Mode.DENSE))
    assert question.judgements[0].section in found[:5]
    read = [section for section in found[:5] if section != question.judgements[0].section][:2]
    # The judged section was pooled, too: its grade stands.
    pooled = (*read, question.judgements[0].section)
    pools = (Pool("q1", tuple(PooledSection(section, (Found(Mode.DENSE, 1),)) for section in pooled)),)
    measures = evaluate(searcher, [question], Mode.DENSE, lambda _: None, pools).measures
    assert measures["Judged@5"] == pytest.approx((1 + len(read)) / 5)
    assert measures["Judged@10"] == pytest.approx((1 + len(read)) / 10)
    # A pool of a question that was not asked changes nothing.
    foreign = (*pools, Pool("q2", pools[0].sections))
    assert evaluate(searcher, [question], Mode.DENSE, lambda _: None, foreign).measures == measures
    # What was read and does not help is as wrong as what nobody has read.
    without = evaluate(searcher, [question], Mode.DENSE, lambda _: None).measures
    assert without == {name: value for name, value in measures.items() if not name.startswith("Judged")}
