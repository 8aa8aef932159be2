"""Measures by hand."""

import math

import pytest
from ir_measures import Qrel

from embeddings.evaluation.records import Judgement, Question
from embeddings.evaluation.runner import evaluate, measure, scored_units
from embeddings.records import ArticleInfo, Mode, Result, StoredPassage
from embeddings.searcher import Searcher

QUESTION = Question("q1", "问", (Judgement("a", ("一",), 2), Judgement("a", ("一", "细"), 1), Judgement("b", (), 1)))


def result(rank: int, article: str, *headings: str) -> Result:
    info = ArticleInfo(article, article, article, None, None, None, ())
    return Result(rank, 0.5, StoredPassage(f"p{rank}", 0, 1, "文", headings, info), 0.5, None)


def test_passages_of_one_section_count_once_at_their_best_rank() -> None:
    run = scored_units(
        QUESTION,
        [
            result(1, "c", "x y"),
            result(2, "a", "一", "粗"),
            result(3, "a", "一"),
            result(4, "a", "一", "细"),
            result(5, "b", "z"),
        ],
    )
    assert [(doc.doc_id, doc.score) for doc in run] == [("c#x y", 4.0), ("a#一", 3.0), ("a#一#细", 2.0), ("b", 1.0)]


def test_where_articles_are_judged_each_article_counts_once() -> None:
    question = Question("q1", "问", (Judgement("d2", (), 1),))
    run = scored_units(question, [result(1, "d1", "一"), result(2, "d1", "二"), result(3, "d2", "一")])
    assert [(doc.doc_id, doc.score) for doc in run] == [("d1", 2.0), ("d2", 1.0)]


def test_a_section_is_not_its_namesake() -> None:
    (doc,) = scored_units(QUESTION, [result(1, "a", "一二")])
    assert doc.doc_id == "a#一二"


def test_measures_by_hand() -> None:
    qrels = [Qrel(question, unit, grade) for question, unit, grade in [("q1", "x", 2), ("q1", "y", 1), ("q2", "z", 1)]]
    one = scored_units(Question("q1", "", ()), [result(1, "n"), result(2, "x"), result(3, "y")])
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
    judged = Question("q1", question, (Judgement("home-visits", ("微粒贷会不会上门？",), 2),))
    finished: list[int] = []
    evaluation = evaluate(searcher, [judged], Mode.DENSE, finished.append)
    assert evaluation.questions == 1
    assert finished == [1]
    assert evaluation.measures["RR@10"] == pytest.approx(1 / rank)
