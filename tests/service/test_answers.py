"""What answers say over HTTP: pages, filters, corrections, explanations, probabilities, highlights."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from corpus.reading import ArticleList
from corpus.records import Article, Danger
from corpus.sentences import sentence_spans
from embeddings.encoders.model_folder import ModelFolder
from embeddings.store.builder import build
from embeddings.store.loading import open_searcher
from embeddings.store.request import BuildRequest
from service.app import create_app
from service.index_holder import IndexHolder
from service.notices import NOT_ADVICE, URGENT
from service.settings import Settings
from tests.conftest import SilentReporter, article

VISITS = "微粒贷逾期会上门吗"
FAR_OFF = "火星上怎么种土豆"
MODES = ("hybrid", "dense", "lexical")


def ask(client: httpx2.Client, query: str = VISITS, **options: Any) -> Any:
    response = client.post("/search", json={"query": query, **options})
    assert response.status_code == 200, response.text
    return response.json()


def passages(answer: Any) -> list[str]:
    return [result["passage_id"] for result in answer["results"]]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("per_article", [None, 2])
@pytest.mark.parametrize("k", [1, 3, 7])
def test_pages_of_any_size_cover_the_same_order(
    client: httpx2.Client, mode: str, per_article: int | None, k: int
) -> None:
    options: dict[str, Any] = {"mode": mode, "per_article": per_article}
    whole = ask(client, k=42, **options)
    assert len(set(passages(whole))) == 42
    paged = [result for offset in range(0, 42, k) for result in ask(client, k=k, offset=offset, **options)["results"]]
    assert paged == whole["results"]
    assert [result["rank"] for result in paged] == list(range(1, 43))


def test_the_last_page(client: httpx2.Client) -> None:
    everything = ask(client, k=100)
    assert passages(ask(client, k=40, offset=60)) == passages(everything)[60:]
    (last,) = ask(client, k=1, offset=99)["results"]
    assert (last["rank"], last["passage_id"]) == (100, passages(everything)[99])


@pytest.mark.parametrize(("k", "offset"), [(1, 100), (100, 1), (50, 51), (1, -1), (1, 10**20)])
def test_pages_beyond_the_whole_order(client: httpx2.Client, k: int, offset: int) -> None:
    by_post = client.post("/search", json={"query": VISITS, "k": k, "offset": offset})
    by_get = client.get("/search", params={"q": VISITS, "k": k, "offset": offset})
    for response in (by_post, by_get):
        assert response.status_code == 422
        assert response.json().keys() == {"error"}
        assert response.json()["error"].keys() == {"code", "message", "hint"}
        assert all(response.json()["error"].values())
    if 0 <= offset < 100:
        error = by_post.json()["error"]
        assert error["code"] == "invalid_question"
        assert error["message"] == f"k {k} and offset {offset} were given"
        assert "both together are at most 100" in error["hint"]


def test_articles_take_turns(client: httpx2.Client) -> None:
    articles = [result["article"]["id"] for result in ask(client, k=20, per_article=1)["results"]]
    assert len(set(articles)) == 20
    plain = [result["article"]["id"] for result in ask(client, k=20)["results"]]
    # They would not by themselves, and those of each turn stand as they did.
    assert articles[: len(set(plain))] == list(dict.fromkeys(plain))
    assert len(set(plain)) < 20
    assert passages(ask(client, k=20, per_article=100)) == passages(ask(client, k=20))


@pytest.mark.parametrize("per_article", [0, -1, 101, 1.5])
def test_turns_that_cannot_be_taken(client: httpx2.Client, per_article: float) -> None:
    response = client.post("/search", json={"query": VISITS, "per_article": per_article})
    assert (response.status_code, response.json()["error"]["code"]) == (422, "invalid_request")
    assert "per_article: Input should be" in response.json()["error"]["message"]


@pytest.mark.parametrize("mode", MODES)
def test_a_calibrated_index_knows_what_it_does_not_know(client: httpx2.Client, mode: str) -> None:
    answer = ask(client, mode=mode)
    assert answer["answerable"] is True
    assert answer["index"]["calibrated"] is True
    far_off = ask(client, FAR_OFF, mode=mode)
    assert far_off["answerable"] is False
    assert 0 <= far_off["answer_probability"] < answer["answer_probability"] <= 1
    for result in (*answer["results"], *far_off["results"]):
        assert 0 <= result["score"] <= 1


@pytest.mark.parametrize(
    ("question", "dangers"),
    [
        ("我想自杀", ["self_harm"]),
        ("撐不住了想跳樓", ["self_harm"]),
        ("他们正在砸我家门", ["violence"]),
        ("催收在门外砸门，我不想活了", ["self_harm", "violence"]),
    ],
)
def test_nobody_in_danger_is_told_that_there_is_no_answer(
    client: httpx2.Client, question: str, dangers: list[str]
) -> None:
    answer = ask(client, question)
    assert answer["answerable"] is not False
    assert answer["dangers"] == dangers
    assert answer["notices"] == [*(URGENT[Danger(danger)] for danger in dangers), NOT_ADVICE]
    assert all("110" in notice and "12356" in notice for notice in answer["notices"][:-1])


def test_a_danger_is_told_whatever_the_search_says(client: httpx2.Client) -> None:
    for about in ({"filters": {"article": ["gone"]}}, {"mode": "lexical"}, {"mode": "dense", "offset": 90}):
        answer = ask(client, "我想自杀", **about)
        assert (answer["dangers"], answer["answerable"] is False) == (["self_harm"], False)


def test_that_it_is_no_legal_advice_stands_in_every_answer(client: httpx2.Client) -> None:
    answer = ask(client)
    assert (answer["dangers"], answer["notices"]) == ([], [NOT_ADVICE])
    assert "不是法律意见" in NOT_ADVICE


@pytest.mark.parametrize("question", ["猫", "0", "365"])
def test_one_rare_word_is_no_certainty(client: httpx2.Client, question: str) -> None:
    assert ask(client, question)["answer_probability"] < 0.99


def test_of_a_part_of_the_index_nothing_is_claimed(client: httpx2.Client) -> None:
    some = ask(client, filters={"article": ["credit-records"]})
    assert (some["answerable"], some["answer_probability"]) == (None, None)
    assert len(some["results"]) > 0
    none = ask(client, filters={"article": ["gone"]})
    assert (none["answerable"], none["answer_probability"], none["results"]) == (False, None, [])


def test_all_pages_say_the_same_of_the_answer(client: httpx2.Client) -> None:
    first, later = ask(client, k=3), ask(client, k=5, offset=50, per_article=1, explain=True)
    for name in ("answerable", "answer_probability", "corrected", "changes", "index"):
        assert first[name] == later[name]


def test_a_slip_is_corrected_and_told(client: httpx2.Client) -> None:
    answer = ask(client, "崔收會上門嗎")
    assert answer["query"] == "崔收會上門嗎"
    assert answer["corrected"] == "催收会上门吗"
    assert answer["changes"] == [{"start": 0, "end": 2, "given": "崔收", "replacement": "催收"}]
    right = ask(client, "催收会上门吗")
    assert (right["corrected"], right["changes"]) == (None, [])
    assert answer["results"] == right["results"]


@pytest.mark.parametrize("mode", MODES)
def test_an_explanation(client: httpx2.Client, mode: str) -> None:
    answer = ask(client, mode=mode, k=60, explain=True)
    wanted = {"dense", "lexical", "fusion", "rerank"} if mode == "hybrid" else {"dense", "lexical"}
    assert {stage["stage"] for result in answer["results"] for stage in result["stages"]} == wanted
    for result in answer["results"]:
        stages = {stage["stage"]: stage for stage in result["stages"]}
        assert list(stages)[:2] == ["dense", "lexical"]
        assert result["scores"]["dense"] == stages["dense"]["score"]
        assert (result["scores"]["lexical"] or 0) == stages["lexical"]["score"]
        assert stages["lexical"]["score"] >= 0
        if mode == "hybrid":
            assert stages["fusion"]["rank"] >= 1
            assert ("rerank" in stages) is (stages["fusion"]["rank"] <= 50)
    if mode != "hybrid":
        # Folded copies leave gaps.
        ranks = [stage["rank"] for result in answer["results"] for stage in result["stages"] if stage["stage"] == mode]
        assert ranks == sorted(set(ranks))
    silent = ask(client, mode=mode, k=60)["results"]
    assert all({"scores", "stages"}.isdisjoint(result) for result in silent)
    shown = [{name: value for name, value in result.items() if name not in ("scores", "stages")} for result in silent]
    assert shown == silent


def test_a_chinese_question_shares_words_with_what_it_finds(client: httpx2.Client) -> None:
    for question in (VISITS, "催收打電話給我媽怎麼辦"):
        first = ask(client, question, k=1, explain=True)["results"][0]
        assert first["scores"]["lexical"] > 0
    foreign = ask(client, "zzz qqq", k=3, explain=True)["results"]
    assert [result["scores"]["lexical"] for result in foreign] == [None] * 3


@pytest.mark.parametrize("mode", MODES)
def test_highlights_are_sentences_of_the_text(client: httpx2.Client, mode: str) -> None:
    results = ask(client, mode=mode, k=50)["results"]
    assert sum(bool(result["highlights"]) for result in results) > 40
    for result in results:
        sentences = list(sentence_spans(result["text"]))
        for span in result["highlights"]:
            assert 0 <= span["start"] < span["end"] <= len(result["text"])
            assert (span["start"], span["end"]) in sentences


def described(id_: str, text: str, **about: Any) -> Article:
    plain = article(id_, text)
    return replace(plain, about=replace(plain.about, **about))


DESCRIBED = (
    described("visits/1", "上门要带证件。", tags=("上门", "APP"), source="中国互联网金融协会", published="2026-01-31"),
    described("visits/2", "上门前要先打电话。", tags=("上門",), source="銀行", published="2026-02-01"),
    described("calls", "电话一天不超过三次，也不上门。", tags=("电话",), source="银行", published="2026-03-15"),
    described("undated", "上门的人走了，电话也停了。"),
)


@pytest.fixture(scope="module")
def small(tiny_model: ModelFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    index: Path = tmp_path_factory.mktemp("described") / "index"
    build(BuildRequest(ArticleList(DESCRIBED), tiny_model, index), SilentReporter())
    searcher = open_searcher(index)
    with TestClient(create_app(Settings(), IndexHolder(searcher))) as opened:
        yield opened


def found(client: TestClient, filters: object, mode: str) -> set[str]:
    response = client.post("/search", json={"query": "上门打电话", "mode": mode, "filters": filters})
    assert response.status_code == 200, response.text
    return {result["article"]["id"] for result in response.json()["results"]}


VISITS_1, VISITS_2, CALLS, UNDATED = (one.id for one in DESCRIBED)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        (None, {VISITS_1, VISITS_2, CALLS, UNDATED}),
        ({}, {VISITS_1, VISITS_2, CALLS, UNDATED}),
        ({"tags": [], "published_from": None}, {VISITS_1, VISITS_2, CALLS, UNDATED}),
        ({"tags": ["上門"]}, {VISITS_1, VISITS_2}),
        ({"tags": ["上门"]}, {VISITS_1, VISITS_2}),
        ({"tags": ["ａｐｐ", "電話"]}, {VISITS_1, CALLS}),
        ({"source": ["銀行"]}, {VISITS_2, CALLS}),
        ({"source": ["银行"], "tags": ["上门"]}, {VISITS_2}),
        ({"article": ["visits/1", "undated", "gone"]}, {VISITS_1, UNDATED}),
        ({"article": ["visits"]}, set()),
        ({"tags": ["上"]}, set()),
        ({"tags": [""]}, set()),
        ({"published_from": "2026-02-01"}, {VISITS_2, CALLS}),
        ({"published_to": "2026-02-01"}, {VISITS_1, VISITS_2}),
        ({"published_from": "2026-01-31", "published_to": "2026-01-31"}, {VISITS_1}),
        ({"published_from": "2026-03-16"}, set()),
        ({"tags": ["电话"], "published_to": "2026-02-01"}, set()),
    ],
)
def test_filters(small: TestClient, filters: object, wanted: set[str], mode: str) -> None:
    assert found(small, filters, mode) == wanted


@pytest.mark.parametrize(
    ("filters", "code", "message", "hint"),
    [
        ({"published_from": "2026-02-30"}, "invalid_question", "published_from is '2026-02-30', a day was wanted", "-"),
        ({"published_to": "20260201"}, "invalid_question", "published_to is '20260201', a day was wanted", "write it"),
        ({"published_to": ""}, "invalid_question", "published_to is '', a day was wanted", "as 2026-03-01"),
        (
            {"published_from": "2026-02-02", "published_to": "2026-02-01"},
            "invalid_question",
            "published_from is 2026-02-02, after published_to",
            "exchange the two",
        ),
        ({"tag": ["上门"]}, "invalid_request", "filters.tag: Extra inputs are not permitted", "/docs"),
        ({"tags": "上门"}, "invalid_request", "filters.tags: Input should be a valid list", "/docs"),
        ({"article": ["x" * 201]}, "invalid_request", "filters.article.0: String should have at most 200", "/docs"),
        (["上门"], "invalid_request", "filters: Input should be", "/docs"),
    ],
)
def test_filters_that_are_none(small: TestClient, filters: object, code: str, message: str, hint: str) -> None:
    response = small.post("/search", json={"query": VISITS, "filters": filters})
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (422, code)
    assert message in error["message"]
    assert hint in error["hint"]


def test_half_a_character_in_a_filter(small: TestClient) -> None:
    content = b'{"query": "x", "filters": {"tags": ["\\ud83d"]}}'
    response = small.post("/search", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert response.json()["error"].keys() == {"code", "message", "hint"}


@pytest.mark.parametrize("mode", MODES)
def test_an_uncalibrated_index_claims_nothing(small: TestClient, mode: str) -> None:
    answer = small.post("/search", json={"query": VISITS, "mode": mode, "k": 100}).json()
    assert (answer["answerable"], answer["answer_probability"]) == (None, None)
    assert answer["index"]["calibrated"] is False
    assert answer["results"]
    scores = [result["score"] for result in answer["results"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


@pytest.mark.parametrize("mode", MODES)
def test_a_filter_leaves_scores_as_they_are(small: TestClient, mode: str) -> None:
    """Reranked scores excepted: what is looked at is another choice there, but here it is all."""
    whole = small.post("/search", json={"query": "上门打电话", "mode": mode}).json()
    some = small.post("/search", json={"query": "上门打电话", "mode": mode, "filters": {"tags": ["上门"]}}).json()
    scores = {result["passage_id"]: result["score"] for result in whole["results"]}
    assert {result["passage_id"]: result["score"] for result in some["results"]}.items() <= scores.items()


def test_nothing_is_shared_and_nothing_found(small: TestClient) -> None:
    answer = small.post("/search", json={"query": "weather", "mode": "lexical", "explain": True}).json()
    assert (answer["results"], answer["answerable"]) == ([], None)
    behind = small.post("/search", json={"query": VISITS, "k": 5, "offset": 50}).json()
    assert behind["results"] == []


@pytest.mark.parametrize("query", ["😭", "？", "\u200b", "　"])
def test_a_question_without_words(small: TestClient, query: str) -> None:
    response = small.post("/search", json={"query": query})
    assert response.status_code == 422
    assert response.json()["error"]["message"] == "the question is empty"


@pytest.mark.parametrize("query", ["😭a", "ⅷ", "㊙", "①", "\U00020000", "9", "ﷺ"])
@pytest.mark.parametrize("mode", MODES)
def test_strange_questions_are_answered_in_the_usual_form(small: TestClient, query: str, mode: str) -> None:
    response = small.post("/search", json={"query": query, "mode": mode, "explain": True})
    assert response.status_code in (200, 422)
    assert response.json().keys() >= ({"results"} if response.status_code == 200 else {"error"})


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("per_article", [None, 1])
def test_copies_take_one_place_each(
    tiny_model: ModelFolder, tmp_path: Path, mode: str, per_article: int | None
) -> None:
    copied = "催收人员上门应当出示工作证和委托书，拿不出来可以不开门，也可以报警。"
    texts = {"a": copied, "b": copied, "c": "上门前先打电话。", "d": f"{copied}\n\n上门的人走了。"}
    source = ArticleList(article(id_, text) for id_, text in texts.items())
    build(BuildRequest(source, tiny_model, tmp_path / "index"), SilentReporter())
    client = TestClient(create_app(Settings(), IndexHolder(open_searcher(tmp_path / "index"))))
    answer = client.post(
        "/search", json={"query": "上门要出示什么", "mode": mode, "k": 100, "per_article": per_article}
    ).json()
    shown = [result["passage_id"] for result in answer["results"]]
    copies = [copy["passage_id"] for result in answer["results"] for copy in result["also_in"]]
    assert len(set(shown)) == len(shown)
    assert set(shown).isdisjoint(copies)
    pages = [
        client.post(
            "/search",
            json={"query": "上门要出示什么", "mode": mode, "k": 1, "offset": offset, "per_article": per_article},
        ).json()["results"]
        for offset in range(len(shown))
    ]
    assert [result for page in pages for result in page] == answer["results"]
