"""Requests that are too big, or never end."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any, cast

import pytest
from starlette.testclient import TestClient

from embeddings.questions import MAX_QUESTION_CHARACTERS
from embeddings.searcher import Searcher
from service.app import create_app
from service.filters import MAX_VALUE_CHARACTERS, MAX_VALUES
from service.index_holder import IndexHolder
from service.request_limits import MAX_HEADER_BYTES, MAX_URL_BYTES
from service.settings import Settings
from tests.conftest import Served
from tests.service.test_http_protocol import exchange

AS_JSON = {"Content-Type": "application/json"}
LIMIT = Settings().max_body_bytes


@pytest.fixture(scope="module")
def client(searcher: Searcher) -> TestClient:
    return TestClient(create_app(Settings(), IndexHolder(searcher)))


def pieces(size: int) -> Iterator[bytes]:
    for start in range(0, size, 1000):
        yield b" " * min(1000, size - start)


def test_a_body_of_any_kind_has_a_bound(client: TestClient) -> None:
    long = client.post("/search", content=b" " * (LIMIT + 1))
    chunked = client.post("/search", content=pieces(LIMIT + 1))
    for response, what in ((long, f"{LIMIT + 1} bytes"), (chunked, "more")):
        assert response.status_code == 413
        assert response.json()["error"]["code"] == "body_too_large"
        assert f"the body has {what}, at most {LIMIT} bytes are read" in response.text
        assert response.headers["connection"] == "close"
        assert response.headers["cache-control"] == "no-store"
    # Where no body is wanted, too.
    assert client.request("GET", "/healthz", content=b" " * (LIMIT + 1)).status_code == 413


def test_a_body_at_the_bound_is_read(client: TestClient) -> None:
    question = json.dumps({"query": "上门"}).encode()
    for content in (question + b" " * (LIMIT - len(question)), iter([question, *pieces(LIMIT - len(question))])):
        assert client.post("/search", content=content, headers=AS_JSON).status_code == 200


def test_what_the_limits_of_a_question_allow_fits_into_a_body() -> None:
    values = ["😀" * MAX_VALUE_CHARACTERS] * MAX_VALUES
    body = {"query": "😀" * MAX_QUESTION_CHARACTERS, "filters": {"tags": values, "source": values, "article": values}}
    assert len(json.dumps(body, ensure_ascii=False).encode()) <= LIMIT


def test_the_longest_question_fits_into_an_address(client: TestClient) -> None:
    # Refused for its tokens, not for its length: nothing is cut.
    response = client.get("/search", params={"q": "😀上" * (MAX_QUESTION_CHARACTERS // 2)})
    assert (response.status_code, response.json()["error"]["code"]) == (422, "question_too_long")


def test_addresses_and_headers_have_bounds(client: TestClient) -> None:
    response = client.get("/search?q=" + "a" * MAX_URL_BYTES)
    assert (response.status_code, response.json()["error"]["code"]) == (414, "url_too_long")
    response = client.get("/healthz", headers={"X-Note": "a" * MAX_HEADER_BYTES})
    assert (response.status_code, response.json()["error"]["code"]) == (431, "headers_too_large")


def test_a_body_that_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.request_limits.BODY_SECONDS", 0.05)
    app = create_app(Settings(), IndexHolder())

    async def run() -> list[dict[str, object]]:
        sent: list[dict[str, object]] = []

        async def receive() -> dict[str, object]:
            await asyncio.sleep(10)
            raise AssertionError("nobody waits that long")

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"content-length", b"5"), (b"host", b"x")]
        await app(
            {"type": "http", "method": "POST", "path": "/search", "headers": headers, "query_string": b""},
            receive,
            send,
        )
        return sent

    start, body = asyncio.run(run())
    assert start["status"] == 408
    assert b"slow_body" in cast(bytes, body["body"])


def test_on_the_wire(served: Served) -> None:
    head = b"POST /search HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
    response = b"".join(exchange(served, head, *[chunk] * 5))
    assert response.startswith(b"HTTP/1.1 413 ")
    assert response.count(b"HTTP/1.1") == 1
    # Far too long for the server itself.
    response = b"".join(exchange(served, b"GET /?" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n"))
    assert response.startswith(b"HTTP/1.1 400 ")
