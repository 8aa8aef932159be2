"""Several questions in one request, over real HTTP."""

from typing import Any

import httpx2
import pytest

QUESTIONS = ["微粒贷逾期会上门吗", "可以给我妈打电话吗", "崔收上门", "红烧肉怎么做"]
TOO_LONG = "催收电话，" * 190


def plain(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "took_ms"}


def test_each_is_answered_as_if_it_were_asked_alone(client: httpx2.Client) -> None:
    options = {"k": 2, "mode": "hybrid", "filters": {"published_from": "2020-01-01"}, "explain": True}
    response = client.post("/search/batch", json={"queries": QUESTIONS, **options})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    answers = response.json()["answers"]
    assert [answer["query"] for answer in answers] == QUESTIONS
    for question, answer in zip(QUESTIONS, answers, strict=True):
        alone = client.post("/search", json={"query": question, **options}).json()
        assert plain(answer) == plain(alone)


def test_a_question_that_cannot_be_used_is_named(client: httpx2.Client) -> None:
    for wrong, code in (("  ", "invalid_question"), ("长" * 1001, "invalid_question"), (TOO_LONG, "question_too_long")):
        alone = client.post("/search", json={"query": wrong}).json()["error"]
        response = client.post("/search/batch", json={"queries": ["上门", wrong]})
        assert response.status_code == 422
        assert response.json()["error"] == {**alone, "message": f"queries.1: {alone['message']}"}
        assert alone["code"] == code


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"queries": []}, "queries: List should have at least 1 item after validation, not 0"),
        ({"queries": "上门"}, "queries: Input should be a valid list"),
        ({"queries": ["上门", 1]}, "queries.1: Input should be a valid string"),
        ({"queries": ["上门"], "query": "上门"}, "query: Extra inputs are not permitted"),
        ({"queries": ["上门"] * 33}, "33 questions were given, at most 32 are taken in one request"),
        ({"queries": ["上门"], "k": 99, "offset": 2}, "queries.0: k 99 and offset 2 were given"),
    ],
)
def test_a_batch_that_cannot_be_used(client: httpx2.Client, body: object, message: str) -> None:
    response = client.post("/search/batch", json=body)
    assert response.status_code == 422
    assert response.json()["error"]["message"].startswith(message)


def test_a_batch_of_the_largest_size_is_answered(client: httpx2.Client) -> None:
    response = client.post("/search/batch", json={"queries": [f"上门要带什么{n}" for n in range(32)], "k": 1})
    assert response.status_code == 200, response.text
    assert len(response.json()["answers"]) == 32
