"""Answers from the index of the shipped articles, by the real default model."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpus.reading import ArticleList
from embeddings.encoders.model_folder import ModelFolder
from embeddings.errors import SnapshotError, TextTooLongError
from embeddings.indexes.exact import ExactIndex
from embeddings.lexical import tokenize
from embeddings.records import FloatArray, Mode, Result
from embeddings.searcher import CANDIDATES, Searcher, settings_hash
from embeddings.store.builder import BuildRequest, build
from embeddings.store.loading import open_searcher
from tests.conftest import SilentReporter, article

VISITS = "微粒贷逾期会上门吗"


@pytest.mark.parametrize("mode", Mode)
def test_a_real_question_gets_real_passages(searcher: Searcher, mode: Mode) -> None:
    results = searcher.search(VISITS, 3, mode)
    assert [result.rank for result in results] == [1, 2, 3]
    assert "home-visits" in {result.passage.article.id for result in results}
    assert all(0 <= result.score <= 1 for result in results)


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("讨债的半夜十二点还给我打电话", "hours-and-frequency"),
        ("欠钱没还他们能联系我父母和同事吗", "who-may-be-contacted"),
        ("还清以后多久征信才干净", "credit-records"),
        ("收到短信说法院要传唤我是真的吗", "fake-court-papers"),
        ("躺平三年是不是就不用还了", "limitation-periods"),
    ],
)
def test_colloquial_questions_find_their_article_first(searcher: Searcher, question: str, article: str) -> None:
    assert searcher.search(question, 1)[0].passage.article.id == article


def test_order_does_not_depend_on_how_many_are_asked_for(searcher: Searcher) -> None:
    for mode in Mode:
        all_ids = [result.passage.id for result in searcher.search(VISITS, 100, mode)]
        for k in (1, 5, 17):
            assert [result.passage.id for result in searcher.search(VISITS, k, mode)] == all_ids[:k]


def test_many_questions_get_what_each_gets_alone(searcher: Searcher) -> None:
    questions = [VISITS, "征信", "How do I complain?"]
    together = searcher.search_many(questions, 5)
    for question, results in zip(questions, together, strict=True):
        alone = searcher.search(question, 5)
        assert [result.passage for result in results] == [result.passage for result in alone]
        assert [result.score for result in results] == pytest.approx([result.score for result in alone], abs=1e-4)


def test_dense_mode_is_nearest_neighbours_by_cosine(searcher: Searcher) -> None:
    results = searcher.search(VISITS, 10, Mode.DENSE)
    assert [result.dense for result in results] == sorted((result.dense for result in results), reverse=True)
    assert [result.score for result in results] == [round(result.dense, 4) for result in results]


def test_lexical_scores_are_null_where_no_word_is_shared(searcher: Searcher) -> None:
    results = searcher.search("weather forecast tomorrow", 3, Mode.HYBRID)
    assert len(results) == 3
    assert {result.lexical for result in results} == {None}
    explained = searcher.search(VISITS, 100, Mode.DENSE, explain=True)
    for result in explained:
        shares = bool({*tokenize(VISITS)} & {*tokenize(indexed_text(result))})
        assert (result.lexical is not None) is shares
    assert searcher.search("weather forecast tomorrow", 3, Mode.LEXICAL) == []


def indexed_text(result: Result) -> str:
    passage = result.passage
    return " ".join((passage.article.title, *passage.headings, passage.text))


COPIED = "催收人员上门应当出示工作证和委托书，拿不出来可以不开门，也可以报警。"


@pytest.fixture
def copies(tiny_model: ModelFolder, tmp_path: Path) -> Searcher:
    texts = {
        "a": COPIED,
        "b": "催收电话一天不超过三次。",
        "c": COPIED + "请看。",
        "d": "征信记录保存五年。",
        "e": COPIED,
    }
    texts["f"] = "催收电话一天不超过三次"
    source = ArticleList(article(id_, text, title=f"题{id_}") for id_, text in texts.items())
    build(BuildRequest(source, tiny_model, tmp_path / "index"), SilentReporter())
    return open_searcher(tmp_path / "index")


def articles_of(result: Result) -> list[str]:
    return [result.passage.article.id, *(one.article.id for one in result.also_in)]


@pytest.mark.parametrize("mode", [Mode.HYBRID, Mode.DENSE])
def test_copies_are_one_result_that_names_all_of_them(copies: Searcher, mode: Mode) -> None:
    results = copies.search("上门要带工作证和委托书吗", 10, mode)
    assert [result.rank for result in results] == [1, 2, 3]
    assert sorted(sorted(articles_of(result)) for result in results) == [["a", "c", "e"], ["b", "f"], ["d"]]
    for result in results:
        assert [one.article.id for one in result.also_in] == sorted(one.article.id for one in result.also_in)
    # Fewer results are other groups all the same, each with all of its copies.
    assert copies.search("上门要带工作证和委托书吗", 2, mode) == results[:2]


@pytest.mark.parametrize("mode", Mode)
def test_copies_do_not_crowd_out_other_answers(tiny_model: ModelFolder, tmp_path: Path, mode: Mode) -> None:
    others = [f"上门要带证件的第{number}条规定，另见说明。" for number in range(1, 4)]
    texts = [COPIED] * (CANDIDATES + 10) + others
    source = ArticleList(article(f"{number:03}", text) for number, text in enumerate(texts))
    build(BuildRequest(source, tiny_model, tmp_path / "index"), SilentReporter())
    results = open_searcher(tmp_path / "index").search(COPIED, 4, mode)
    assert sorted(len(result.also_in) for result in results) == [0, 0, 0, CANDIDATES + 9]


def test_the_best_ranked_of_a_group_stands_for_it(copies: Searcher) -> None:
    (result,) = copies.search("请看上门", 5, Mode.LEXICAL)
    assert articles_of(result) == ["c", "a", "e"]
    assert result.also_in[0].text == COPIED
    (by_title,) = copies.search("题e上门", 5, Mode.LEXICAL)[:1]
    assert articles_of(by_title) == ["e", "a", "c"]


def test_many_questions_are_folded_as_one_is(copies: Searcher) -> None:
    questions = ["上门", "电话几次"]
    for question, results in zip(questions, copies.search_many(questions, 5), strict=True):
        assert [articles_of(one) for one in results] == [articles_of(one) for one in copies.search(question, 5)]


@pytest.mark.parametrize("mode", Mode)
def test_a_question_is_asked_in_the_form_of_the_index(searcher: Searcher, mode: Mode) -> None:
    wanted = searcher.search("微粒贷逾期会上门吗APP", 5, mode, explain=True)
    for question in ("微粒貸逾期會上門嗎ＡＰＰ", "微粒贷逾期会上门吗ＡＰＰ"):
        assert searcher.search(question, 5, mode, explain=True) == wanted
        (many,) = searcher.search_many([question], 5, mode)
        assert [one.passage for one in many] == [one.passage for one in wanted]


def test_threads_get_their_own_answers(searcher: Searcher) -> None:
    questions = [VISITS, "征信五年", "95384", "录音", "一天几次"] * 6
    wanted = [searcher.search(question, 3) for question in questions]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda question: searcher.search(question, 3), questions)) == wanted


def test_a_question_is_refused_rather_than_cut(searcher: Searcher) -> None:
    with pytest.raises(TextTooLongError, match="reads at most 512"):
        searcher.search("催收，" * 330, 5)


def test_parts_that_do_not_belong_together(searcher: Searcher) -> None:
    def vectors(count: int, dimension: int) -> FloatArray:
        return np.zeros((count, dimension), dtype=np.float32)

    with pytest.raises(SnapshotError, match=r"disagrees on its number of passages \(vectors 2, "):
        replace(searcher, vectors=ExactIndex(vectors(2, 384)))
    with pytest.raises(SnapshotError, match="vectors of 8 components, its encoder multilingual-e5-small-q4 gives 384"):
        replace(searcher, vectors=ExactIndex(vectors(searcher.info.passages, 8)))


def test_settings_name_all_that_answers_follow_from(searcher: Searcher, monkeypatch: pytest.MonkeyPatch) -> None:
    assert re.fullmatch("[0-9a-f]{16}", searcher.info.settings)
    before = settings_hash("inputs")
    assert settings_hash("inputs") == before != settings_hash("others")
    for name in ("CANDIDATES", "RECIPROCAL_RANK_CONSTANT", "_SEARCH_VERSION"):
        with monkeypatch.context() as changed:
            changed.setattr(f"embeddings.searcher.{name}", 7)
            assert settings_hash("inputs") != before
