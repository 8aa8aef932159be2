"""Searching over real HTTP, as DESIGN's wire format says."""

import re
from typing import Any

import httpx2
import pytest

VISITS = "微粒贷逾期会上门吗"


def get(client: httpx2.Client, **parameters: str | int) -> Any:
    response = client.get("/search", params={"q": VISITS, **parameters})
    assert response.status_code == 200, response.text
    return response.json()


def test_the_whole_answer(client: httpx2.Client) -> None:
    answer = get(client, k=3)
    assert set(answer) == {
        "query",
        "answerable",
        "answer_probability",
        "corrected",
        "changes",
        "dangers",
        "notices",
        "results",
        "index",
        "took_ms",
    }
    assert answer["query"] == VISITS
    assert answer["answerable"] is True
    assert 0 <= answer["answer_probability"] <= 1
    assert (answer["corrected"], answer["changes"]) == (None, [])
    assert answer["index"]["encoder"] == "multilingual-e5-small-q4"
    assert answer["index"]["calibrated"] is True
    assert re.fullmatch("[0-9a-f]{16}", answer["index"]["settings"])
    assert answer["took_ms"] > 0
    assert [result["rank"] for result in answer["results"]] == [1, 2, 3]
    assert "home-visits" in {result["article"]["id"] for result in answer["results"]}
    for result in answer["results"]:
        assert 0 <= result["score"] <= 1
        (span,) = result["highlights"]
        assert set(span) == {"start", "end"}
        assert 0 <= span["start"] < span["end"] <= len(result["text"])
        assert result["end"] - result["start"] == len(result["text"]) + sum(
            edit["end"] - edit["start"] - len(edit["replacement"]) for edit in result["edits"]
        )
        assert result["also_in"] == []
        assert result["headings"]
        assert result["article"]["published"] == "2026-11-21"
        assert set(result["article"]) == {"id", "title", "path", "source", "author", "url", "published", "tags"}
        assert not {"scores", "stages"} & set(result)


def test_get_and_post_answer_alike(client: httpx2.Client) -> None:
    for mode in ("hybrid", "dense", "lexical"):
        by_get = get(client, k=4, mode=mode)
        by_post = client.post("/search", json={"query": VISITS, "k": 4, "mode": mode, "filters": None}).json()
        assert by_get["results"] == by_post["results"]
        assert len(by_get["results"]) == 4


def test_modes_differ(client: httpx2.Client) -> None:
    orders = {
        mode: [result["passage_id"] for result in get(client, k=20, mode=mode)["results"]]
        for mode in ("hybrid", "dense", "lexical")
    }
    assert len({tuple(order) for order in orders.values()}) == 3


def test_explain_gives_both_scores_and_every_stage(client: httpx2.Client) -> None:
    results = get(client, k=5, mode="dense", explain="true")["results"]
    for result in results:
        dense, lexical = result["stages"]
        assert dense == {"stage": "dense", "rank": result["rank"], "score": result["scores"]["dense"]}
        assert (lexical["stage"], lexical["rank"]) == ("lexical", None)
        assert (result["scores"]["lexical"] or 0) == lexical["score"]
        assert result["scores"]["lexical"] is None or result["scores"]["lexical"] > 0
    cosines = [result["scores"]["dense"] for result in results]
    assert cosines == sorted(cosines, reverse=True)
    hybrid = get(client, k=5, explain="true")["results"]
    for result in hybrid:
        assert [one["stage"] for one in result["stages"]] == ["dense", "lexical", "fusion", "rerank"]
    # What no side ranked by a shared word has no score of it.
    foreign = client.get("/search", params={"q": "weather forecast tomorrow", "explain": True}).json()["results"]
    assert [result["scores"]["lexical"] for result in foreign] == [None] * 5


def test_k_bounds_the_results(client: httpx2.Client) -> None:
    assert len(get(client)["results"]) == 5
    assert len(get(client, k=1)["results"]) == 1
    assert len(get(client, k=100)["results"]) == 100


@pytest.mark.parametrize(
    "question",
    [
        VISITS,
        "逾期",
        "95384",
        "欠錢不還會坐牢嗎",
        "Can they call my mother?",
        "<script>alert(1)</script>",
        "a",
        "😀上门",
    ],
)
def test_free_form_questions(client: httpx2.Client, question: str) -> None:
    assert len(client.post("/search", json={"query": question}).json()["results"]) == 5


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"query": ""}, "invalid_question", "the question is empty"),
        ({"query": " ？ "}, "invalid_question", "the question is empty"),
        ({"query": "催" * 10_000}, "invalid_question", "has 10000 characters, at most 1000"),
        ({"query": "催收，" * 330}, "question_too_long", "tokens, multilingual-e5-small-q4 reads at most 512"),
        ({"query": VISITS, "k": 0}, "invalid_request", "k: Input should be greater than or equal to 1"),
        ({"query": VISITS, "k": 1000}, "invalid_request", "k: Input should be less than or equal to 100"),
        ({"query": VISITS, "k": "many"}, "invalid_request", "k: Value error, 'many' was given, a whole number was wan"),
        ({"query": VISITS, "k": "5"}, "invalid_request", "k: Value error, '5' was given, a whole number was wanted"),
        ({"query": VISITS, "offset": True}, "invalid_request", "offset: Value error, 'True' was given, a whole number"),
        ({"query": VISITS, "explain": 0}, "invalid_request", "explain: Input should be a valid boolean"),
        ({"query": VISITS, "mode": "fuzzy"}, "invalid_request", "mode: Input should be 'hybrid', 'dense' or 'lexical'"),
        ({"query": VISITS, "limit": 3}, "invalid_request", "limit: Extra inputs are not permitted"),
        ({"query": 3}, "invalid_request", "query: Input should be a valid string"),
        ({}, "invalid_request", "query: Field required"),
        ({"query": VISITS, "offset": -1}, "invalid_request", "offset: Input should be greater than or equal to 0"),
        ({"query": VISITS, "offset": 100}, "invalid_request", "offset: Input should be less than 100"),
        ({"query": VISITS, "offset": 96}, "invalid_question", "k 5 and offset 96 were given"),
        ({"query": VISITS, "per_article": 0}, "invalid_request", "per_article: Input should be greater than or equal"),
        ({"query": VISITS, "filters": {"tag": ["上门"]}}, "invalid_request", "filters.tag: Extra inputs are not permi"),
        (
            {"query": VISITS, "filters": {"published_to": "明天"}},
            "invalid_question",
            "published_to is '明天', a day was",
        ),
        ([], "invalid_request", "valid dictionary"),
    ],
)
def test_refused(client: httpx2.Client, body: object, code: str, message: str) -> None:
    response = client.post("/search", json=body)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (422, code)
    assert message in error["message"]
    assert error["hint"]


@pytest.mark.parametrize(
    "query", ["", "?q=", "?q=x&k=0", "?q=x&k=1000", "?q=x&filters=a", "?q=x&tags=上门", "?query=x"]
)
def test_refused_by_get(client: httpx2.Client, query: str) -> None:
    response = client.get(f"/search{query}")
    assert response.status_code == 422
    assert set(response.json()["error"]) == {"code", "message", "hint"}


@pytest.mark.parametrize("content", [b"{", b'{"query": "\\ud83d"}', b'{"query": "\xff"}', b""])
def test_a_body_that_is_no_json(client: httpx2.Client, content: bytes) -> None:
    response = client.post("/search", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == (400 if b"\xff" in content else 422)
    assert all(response.json()["error"].values())


def test_half_a_character_in_a_key(client: httpx2.Client) -> None:
    for content in (b'{"query": "x", "filters": {"\\ud83d": 1}}', b'{"query": "x", "\\ud83d": 1}'):
        response = client.post("/search", content=content, headers={"Content-Type": "application/json"})
        assert response.status_code == 422
        assert set(response.json()["error"]) == {"code", "message", "hint"}


def test_json_that_is_not_announced(client: httpx2.Client) -> None:
    response = client.post("/search", content=b'{"query": "x"}')
    assert response.status_code == 422
    assert response.json()["error"]["message"].startswith("body: ")


def test_other_addresses_and_methods(client: httpx2.Client) -> None:
    missing, wrong = client.get("/nothing"), client.delete("/search")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "method_not_allowed")
    # Of all routes that an address has, not of the first one.
    assert wrong.headers["allow"] == "GET, POST"
    assert client.post("/web/app.js").headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("body", [b"\x82\xff", b"[" * 100_000])
def test_bodies_that_are_no_json_in_utf8(client: httpx2.Client, body: bytes) -> None:
    response = client.post("/search", content=body, headers={"content-type": "application/json"})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "unreadable_body")
    assert response.json()["error"]["message"] == "the body cannot be read as JSON in UTF-8"


def test_health(client: httpx2.Client) -> None:
    assert client.get("/healthz").json()["status"] == "alive"
    ready = client.get("/readyz").json()
    assert ready["status"] == "ready"
    assert ready["index"]["passages"] > 100


def test_nothing_is_kept_by_caches(client: httpx2.Client) -> None:
    headers = client.get("/search", params={"q": VISITS}).headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
