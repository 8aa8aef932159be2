"""Responses become results: measures by section and by answer, pools, refusals, quotes that are cut."""

import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pytest

from corpus.reading import ArticleList
from embeddings.encoders.model_folder import ModelFolder
from embeddings.errors import QuestionError
from embeddings.evaluation.asking import respond
from embeddings.evaluation.evaluating import Asked, count_cut_quotes, evaluate, journal_key, lost_quotes, results_of
from embeddings.evaluation.journal import Journal
from embeddings.evaluation.records import Found, Judgement, Pool, PooledSection, Question, Reply, Returned, Section
from embeddings.evaluation.results import Cut, Response, System
from embeddings.evaluation.systems import Headings, IndexAnswering
from embeddings.records import Mode, SearchOptions
from embeddings.searcher import Searcher
from embeddings.store.builder import build
from embeddings.store.loading import open_searcher
from embeddings.store.request import BuildRequest
from tests.conftest import SilentReporter, article

SYSTEM = System("index", "s", "e", 3, "hash", "hybrid", 50)
VISITS = Section("visits", ("证件",))
CALLS = Section("calls", ("几次",))
QUESTION = Question("q1", "上门看什么", (Judgement(VISITS, 2, "先看证件"), Judgement(CALLS, 1)), "plain")
OTHER = Question("q2", "电话几次", (Judgement(CALLS, 2, "不超过三次"),), "terse", must_find=True)
Script = Mapping[str, Reply | QuestionError]
UNANSWERABLE = Question("u1", "红烧肉怎么做", (), "far-off")


def returned(section: Section, text: str, score: float = 0.5) -> Returned:
    return Returned(f"{section.name}:{text}", section, section.article, text, score)


class Scripted:
    """Answer each question with what was written for it, a batch of two at a time."""

    def __init__(self, answers: Script) -> None:
        self.system = SYSTEM
        self.batch = 2
        self.answers = answers
        self.asked: list[list[str]] = []

    def ask(self, questions: Sequence[str]) -> list[Reply | QuestionError]:
        self.asked.append(list(questions))
        return [self.answers.get(question, Reply([])) for question in questions]

    def sections(self, articles: Collection[str]) -> dict[str, frozenset[Headings]]:
        return dict.fromkeys(articles, frozenset())


SCRIPT: Script = {
    # By section, grade 1 stands first; by answer, only the third passage is right.
    QUESTION.text: Reply(
        [
            returned(CALLS, "别的"),
            returned(VISITS, "前言"),
            returned(VISITS, "要先看证件"),
            returned(CALLS, "又一段"),
        ]
    ),
    UNANSWERABLE.text: Reply([returned(CALLS, "无关", 0.25)]),
}


def test_measures_by_section_and_by_answer() -> None:
    results = results_of(SYSTEM, Asked((QUESTION, OTHER)), respond(Scripted(SCRIPT), (QUESTION, OTHER), lambda _: None))
    first, second = results.outcomes
    ideal = 2 + 1 / math.log2(3)
    assert first.values["nDCG@10"] == pytest.approx((1 + 2 / math.log2(3)) / ideal)
    assert first.values["RR@10"] == 1.0
    assert first.values["R@1"] == 0.5
    assert first.values["AP"] == 1.0
    # By answer each passage takes a place: the quote stands at the third.
    assert first.values["RR@10 by answer"] == pytest.approx(1 / 3)
    assert first.values["nDCG@10 by answer"] == pytest.approx(1 / math.log2(4))
    assert first.values["Success@1 by answer"] == 0.0
    # Nothing was returned for the second.
    assert set(second.values.values()) == {0.0}
    assert results.measures["RR@10"].value == 0.5
    assert results.measures["RR@10 by answer"].value == pytest.approx(1 / 6)
    assert [(one.cut, one.name, one.questions) for one in results.slices] == [
        (Cut.KIND, "plain", 1),
        (Cut.KIND, "terse", 1),
        (Cut.MUST_FIND, "must find", 1),
        (Cut.LENGTH, "1 to 20 characters", 2),
    ]
    assert [hit.grade for hit in first.hits] == [1, 2, 2, 1]
    assert [hit.holds_answer for hit in first.hits] == [False, False, True, False]
    assert results.passages[first.hits[2].passage].text == "要先看证件"
    assert results.quotes == 2


def test_a_question_without_quotes_has_no_measure_by_answer() -> None:
    plain = Question("q3", QUESTION.text, (Judgement(VISITS, 1),))
    results = results_of(SYSTEM, Asked((plain, QUESTION)), respond(Scripted(SCRIPT), (plain, QUESTION), lambda _: None))
    assert "RR@10 by answer" not in results.outcomes[0].values
    assert results.measures["RR@10 by answer"].value == pytest.approx(1 / 3)
    alone = results_of(SYSTEM, Asked((plain,)), respond(Scripted(SCRIPT), (plain,), lambda _: None))
    assert "RR@10 by answer" not in alone.measures


def test_what_is_refused_counts_as_not_found() -> None:
    script: Script = {**SCRIPT, OTHER.text: QuestionError("too long; make it shorter")}
    asked = Asked((QUESTION, OTHER), (UNANSWERABLE,))
    results = results_of(SYSTEM, asked, respond(Scripted(script), asked.all, lambda _: None))
    assert results.refused == {"q2": "too long; make it shorter"}
    assert results.measures["RR@10"].value == 0.5
    assert results.outcomes[1].hits == ()


def test_unanswerable_questions_have_no_measures() -> None:
    asked = Asked((QUESTION,), (UNANSWERABLE,))
    results = results_of(SYSTEM, asked, respond(Scripted(SCRIPT), asked.all, lambda _: None))
    outcome = results.outcomes[1]
    assert (outcome.is_answerable, outcome.values, outcome.wanted) == (False, {}, ())
    assert results.answerability is not None
    assert results.answerability.measures["AUROC"].value == 1.0
    assert (results.answerability.answerable, results.answerability.unanswerable) == (1, 1)


def test_a_probability_of_an_answer_counts_before_the_score_of_the_first_result() -> None:
    asked = Asked((QUESTION,), (UNANSWERABLE,))
    sure: Script = {
        QUESTION.text: Reply([returned(VISITS, "要先看证件", 0.2)], 0.9),
        UNANSWERABLE.text: Reply([returned(CALLS, "无关", 0.8)], 0.1),
    }
    results = results_of(SYSTEM, asked, respond(Scripted(sure), asked.all, lambda _: None))
    assert [outcome.probability for outcome in results.outcomes] == [0.9, 0.1]
    assert results.answerability is not None
    assert results.answerability.measures["AUROC"].value == 1.0
    assert results.answerability.threshold == 0.9
    # Whether the first result is right is still said by its own score.
    assert results.answerability.measures["Brier"].value == pytest.approx(((0.2 - 1) ** 2 + 0.8**2) / 2)
    silent = {text: reply._replace(probability=None) for text, reply in sure.items() if isinstance(reply, Reply)}
    results = results_of(SYSTEM, asked, respond(Scripted(silent), asked.all, lambda _: None))
    assert results.answerability is not None
    assert results.answerability.measures["AUROC"].value == 0.0


def test_a_pool_tells_what_was_read() -> None:
    third = Section("third", ())
    found = [returned(CALLS, "一"), returned(third, "二"), returned(Section("new", ()), "三")]
    script: Script = {QUESTION.text: Reply(found)}
    pooled = tuple(PooledSection(section, (Found(Mode.DENSE, 1),)) for section in (CALLS, third))
    # A pool of a question that was not asked changes nothing.
    pools = (Pool("q1", pooled), Pool("q9", pooled))
    responses = respond(Scripted(script), (QUESTION,), lambda _: None)
    results = results_of(SYSTEM, Asked((QUESTION,), pools=pools), responses)
    assert results.measures["Judged@5"].value == pytest.approx(2 / 3)
    assert results.measures["Judged@10"].value == pytest.approx(2 / 3)
    assert [hit.grade for hit in results.outcomes[0].hits] == [1, 0, None]
    # What was read and does not help is as wrong as what nobody has read.
    without = results_of(SYSTEM, Asked((QUESTION,)), responses)
    assert without.measures == {name: one for name, one in results.measures.items() if not name.startswith("Judged")}


def test_a_journal_keeps_what_was_answered(tmp_path: Path) -> None:
    questions = tuple(Question(f"q{number}", f"问{number}", (Judgement(VISITS, 2),)) for number in range(5))
    key = journal_key(SYSTEM, Asked(questions))
    scripted = Scripted({})
    finished: list[int] = []
    with Journal.open(tmp_path / "j", key, resume=False) as journal:
        respond(scripted, questions[:3], finished.append, journal)
    assert scripted.asked == [["问0", "问1"], ["问2"]]
    assert finished == [0, 2, 1]
    finished.clear()
    with Journal.open(tmp_path / "j", key, resume=True) as journal:
        responses = respond(scripted, questions, finished.append, journal)
    assert scripted.asked[2:] == [["问3", "问4"]]
    assert finished == [3, 2]
    assert [response.id for response in responses] == [question.id for question in questions]


def test_the_key_of_a_journal_names_all_that_its_answers_follow_from() -> None:
    keys = {
        journal_key(System("index", "s", "e", 3, settings, mode, depth), Asked(questions, unanswerable))
        for settings in ("one", "two")
        for mode in ("dense", "hybrid")
        for depth in (10, 50)
        for questions in ((QUESTION,), (OTHER,))
        for unanswerable in ((), (UNANSWERABLE,))
    }
    assert len(keys) == 2**5
    # Where an index lies, and when it was built, does not matter.
    assert journal_key(System("a", "s", "e", 3, "h", "m", 1), Asked(())) == journal_key(
        System("b", "t", "e", 3, "h", "m", 1), Asked(())
    )


def test_the_evaluator_asks_the_search_that_serves(searcher: Searcher, shipped_index: Path) -> None:
    section = Section("home-visits", ("微粒贷会不会上门？",))
    question = Question("q1", "微粒贷逾期会上门吗", (Judgement(section, 2),))
    answer = searcher.search(question.text, SearchOptions(k=50, mode=Mode.DENSE))
    served = answer.results
    sections = list(dict.fromkeys(Section(found.passage.article.id, found.passage.headings) for found in served))
    results = evaluate(IndexAnswering(searcher, shipped_index, Mode.DENSE), Asked((question,)), lambda _: None)
    assert results.measures["RR@10"].value == pytest.approx(1 / (1 + sections.index(section)))
    assert [hit.passage for hit in results.outcomes[0].hits] == [found.passage.id for found in served[:10]]
    assert [hit.score for hit in results.outcomes[0].hits] == [found.score for found in served[:10]]
    assert results.outcomes[0].probability == answer.probability
    assert answer.probability is not None
    assert results.system == System(
        str(shipped_index),
        searcher.info.snapshot,
        searcher.info.encoder,
        searcher.info.passages,
        searcher.info.settings,
        "dense",
        50,
    )


def test_questions_that_cannot_be_searched_do_not_stop_the_others(searcher: Searcher, shipped_index: Path) -> None:
    answering = IndexAnswering(searcher, shipped_index, Mode.LEXICAL)
    asked = ["上门", "？", "电话", "长" * 1_001, " 征信 ", "上" * 900]
    answers = answering.ask(asked)
    refused = [str(answer) for answer in answers if isinstance(answer, QuestionError)]
    assert [isinstance(answer, QuestionError) for answer in answers] == [False, True, False, True, False, True]
    assert refused[0].startswith("the question is empty")
    assert refused[1].startswith("the question has 1001 characters")
    assert "tokens" in refused[2]
    assert answers[4] == answering.ask(["征信"])[0]


def test_quotes_that_no_passage_holds_whole_are_counted(tiny_model: ModelFolder, tmp_path: Path) -> None:
    index = tmp_path / "index"
    articles = (article("a", "上门要带证件。", "上门"), article("b", "电话一天三次。", "电话"))
    build(BuildRequest(ArticleList(articles), tiny_model, index), SilentReporter())
    questions = [
        Question(
            "q1", "问", (Judgement(Section("a", None), 2, "要带证件"), Judgement(Section("b", None), 2, "一天三次"))
        ),
        # The quote stands in another article than the one judged; helps only; is wanted wherever it stands.
        Question("q2", "问", (Judgement(Section("a", None), 2, "一天三次"), Judgement(Section("b", None), 1, "没有"))),
        Question("q3", "问", (Judgement(None, 2, "没有这句"),)),
        Question("q4", "问", (Judgement(Section("gone", None), 2, "要带证件"),)),
    ]
    passages = open_searcher(index).passages
    assert count_cut_quotes(questions, passages) == 3
    assert count_cut_quotes(questions[:1], passages) == 0
    assert lost_quotes(questions, passages) == ["q3: “没有这句”"]


def test_responses_keep_no_more_than_is_shown() -> None:
    many = Reply([returned(Section("a", (str(n),)), str(n)) for n in range(30)], 0.25)
    (response,) = respond(Scripted({QUESTION.text: many}), (QUESTION,), lambda _: None)
    assert isinstance(response, Response)
    assert len(response.sections) == 30
    assert len(response.hits) == len(response.shown) == 10
    assert response.probability == 0.25
