"""A service that wants a key, and one that wants to be waited for."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import SecretStr

from embeddings.errors import AnsweringError
from embeddings.evaluation.service_client import ServiceClient, without_user

KEY = "zw_0123456789"
# What a second of waiting takes at least, however coarse the clock is.
NEARLY_A_SECOND = 0.99


@dataclass(slots=True)
class Scripted:
    """Hold what a server will answer, status and headers, and the keys that it was asked with."""

    url: str
    answers: list[tuple[int, dict[str, str]]]
    authorizations: list[str | None] = field(default_factory=list)


@contextmanager
def scripted(*answers: tuple[int, dict[str, str]]) -> Iterator[Scripted]:
    """Serve these answers, one a request."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script.authorizations.append(self.headers.get("Authorization"))
            status, headers = script.answers.pop(0)
            self.send_response(status)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        script = Scripted(f"http://127.0.0.1:{server.server_port}", list(answers))
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield script
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def opened(script: Scripted, key: str | None = KEY) -> Iterator[ServiceClient]:
    with ServiceClient.open(script.url, 5.0, None if key is None else SecretStr(key)) as client:
        yield client


def test_the_key_is_sent_and_not_shown() -> None:
    with scripted((200, {}), (200, {})) as script:
        with opened(script) as client:
            assert client.get("readyz").status == 200
            shown = f"{client!r} {client.client.headers!r}"
        with opened(script, None) as client:
            client.get("readyz")
    assert script.authorizations == [f"Bearer {KEY}", None]
    assert KEY not in shown


def test_a_password_in_the_address_is_sent_and_not_shown() -> None:
    with scripted((200, {}), (401, {})) as script:
        url = script.url.replace("//", "//operator:hidden@")
        with ServiceClient.open(url, 5.0, None) as client:
            assert client.get("readyz").url == f"{script.url}/readyz"
            with pytest.raises(AnsweringError, match=f"^{script.url}/ wants a key"):
                client.get("readyz")
    assert [str(sent).split()[0] for sent in script.authorizations] == ["Basic", "Basic"]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/zhaiwen/", "https://a.example/zhaiwen/"),
        ("https://me:p%40ss@a.example:8443/x", "https://a.example:8443/x"),
        ("http://me@[::1]:80", "http://[::1]:80"),
        ("http://a/@b", "http://a/@b"),
    ],
)
def test_an_address_as_it_may_be_shown(url: str, shown: str) -> None:
    assert without_user(url) == shown


def test_the_key_goes_nowhere_else() -> None:
    with scripted() as other, scripted((307, {"Location": f"{other.url}/readyz"})) as script, opened(script) as client:
        assert client.get("readyz").status == 307
    assert other.authorizations == []


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (None, r"/ wants a key; set ZHAIWEN_KEY to one that its operator made with `zhaiwen key`$"),
        (KEY, r"/ does not know the key in ZHAIWEN_KEY; set it to one that its operator made with `zhaiwen key`$"),
    ],
)
def test_a_key_is_missing_or_wrong(key: str | None, message: str) -> None:
    with (
        scripted((401, {})) as script,
        opened(script, key) as client,
        pytest.raises(AnsweringError, match=message) as raised,
    ):
        client.get("articles")
    assert KEY not in str(raised.value)


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "0"}, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}])
def test_who_does_not_say_how_long_is_asked_again_after_a_second(headers: dict[str, str]) -> None:
    with scripted((429, headers), (200, {})) as script, opened(script) as client:
        started = time.monotonic()
        assert client.get("readyz").status == 200
        assert time.monotonic() - started > NEARLY_A_SECOND
    assert script.answers == []


def test_a_wait_is_as_long_as_it_is_asked_for() -> None:
    with scripted((429, {"Retry-After": "2"}), (200, {})) as script, opened(script) as client:
        started = time.monotonic()
        assert client.get("readyz").status == 200
        assert time.monotonic() - started > 2 * NEARLY_A_SECOND


def test_a_wait_has_an_end() -> None:
    with scripted((429, {"Retry-After": "1"}), (429, {"Retry-After": "300"})) as script, opened(script) as client:
        started = time.monotonic()
        with pytest.raises(
            AnsweringError, match=r"wants a wait of 300 s, where one answer is waited for 300 s at most"
        ):
            client.get("readyz")
        # The first wait, and not the second.
        assert NEARLY_A_SECOND < time.monotonic() - started < 100
    assert script.answers == []
