"""Connections that only hold a place, on real sockets."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from service.connection_limits import BoundedConnection, most_connections, most_waiting
from service.security_headers import PRIVATE_HEADERS
from tests.conftest import serve_process

REQUEST = b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"
# Longer than a request may take, in these tests.
PATIENCE = 0.3
SOON = 5.0
LONG = 50_000_000


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 200, to /slow after a while, to /long with more than fits into any buffer; read no body."""
    del receive
    if scope["path"] == "/slow":
        await asyncio.sleep(PATIENCE * 3)
    size = LONG if scope["path"] == "/long" else 2
    headers = [(b"content-length", str(size).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"x" * size})


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Run a server in a thread, whose patience is short."""
    monkeypatch.setattr("service.connection_limits.REQUEST_SECONDS", PATIENCE)
    monkeypatch.setattr("service.connection_limits.ANSWER_SECONDS", PATIENCE)
    config = uvicorn.Config(answer, http=BoundedConnection, ws="none", lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join()


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=SOON) as connection:
        yield connection


def status_of_short(connection: socket.socket) -> bytes:
    """Read an answer whose body is `xx`, whole; return its status."""
    received = b""
    while not received.endswith(b"\r\n\r\nxx"):
        more = connection.recv(65536)
        assert more, received
        received += more
    return received[9:12]


def seconds_to_end(connection: socket.socket, drip: bytes = b"") -> float:
    """Return after how many seconds the other side closes, whatever is sent to it meanwhile."""
    started = time.monotonic()
    connection.settimeout(PATIENCE / 10)
    while time.monotonic() < started + SOON:
        try:
            if drip:
                connection.sendall(drip)
            if not connection.recv(65536):
                break
        except TimeoutError:
            continue
        except OSError:
            break
    return time.monotonic() - started


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-A: "])
def test_who_sends_no_request_is_cut_off(port: int, sent: bytes) -> None:
    with connected(port) as connection:
        connection.sendall(sent)
        assert PATIENCE / 2 < seconds_to_end(connection, drip=b"a" if sent else b"") < SOON


def test_who_sends_no_second_request_is_cut_off(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(REQUEST % b"")
        assert status_of_short(connection) == b"200"
        assert seconds_to_end(connection, drip=b"G") < SOON


def test_the_rest_of_a_body_that_nobody_reads_is_not_waited_for(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
        assert status_of_short(connection) == b"200"
        assert seconds_to_end(connection, drip=b"a") < SOON


def test_who_waits_for_an_answer_is_not_cut_off(port: int) -> None:
    with connected(port) as connection:
        for _ in range(2):
            connection.sendall(REQUEST % b"slow")
            assert status_of_short(connection) == b"200"


def test_who_takes_no_answer_is_cut_off(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(REQUEST % b"long")
        time.sleep(PATIENCE * 4)
        taken = sum(map(len, iter(lambda: connection.recv(1_000_000), b"")))
        assert 0 < taken < LONG


def test_who_takes_a_long_answer_slowly_gets_all_of_it(port: int) -> None:
    taken, started = 0, time.monotonic()
    with connected(port) as connection:
        connection.sendall(REQUEST % b"long")
        while taken < LONG and (received := connection.recv(2_000_000)):
            taken += len(received)
            time.sleep(PATIENCE / 20)
    assert taken >= LONG
    assert time.monotonic() - started > PATIENCE


def test_too_many_are_refused(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.connection_limits.REQUEST_SECONDS", SOON)
    monkeypatch.setattr("service.connection_limits.most_connections", lambda: 2)
    with connected(port) as first, connected(port):
        with connected(port) as third:
            head, _, body = b"".join(iter(lambda: third.recv(65536), b"")).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503")
        assert b"\r\nretry-after: 1" in head.lower()
        for name, value in PRIVATE_HEADERS.items():
            assert f"\r\n{name}: {value}".lower().encode() in head.lower()
        assert json.loads(body)["error"] == {
            "code": "too_many_connections",
            "message": "2 connections are open, and no more are accepted",
            "hint": "ask again after as many seconds as the header Retry-After says",
        }
        first.sendall(REQUEST % b"")
        assert status_of_short(first) == b"200"
    with connected(port) as fourth:
        fourth.sendall(REQUEST % b"")
        assert status_of_short(fourth) == b"200"


def test_what_is_no_request_is_told_so_as_all_else(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost x\r\n\r\n")
        head, _, body = b"".join(iter(lambda: connection.recv(65536), b"")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert b"\r\ncache-control: no-store" in head.lower()
    assert json.loads(body)["error"]["code"] == "unreadable_request"


def test_nonsense_behind_an_answered_request_ends_the_connection(port: int, caplog: pytest.LogCaptureFixture) -> None:
    with connected(port) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert status_of_short(connection) == b"200"
        connection.sendall(b"no size\r\n")
        assert seconds_to_end(connection) < SOON
    assert "Fatal error" not in caplog.text


def test_a_service_whose_files_are_few_outlives_many_connections(tiny_index: Path) -> None:
    files = 200
    with (
        serve_process(tiny_index, before=["sh", "-c", f'ulimit -n {files}; exec "$@"', "sh"]) as running,
        ExitStack() as held,
    ):
        opened = int(running.url.rpartition(":")[2])
        for _ in range(files + 50):
            held.enter_context(connected(opened))
        held.close()
        end = time.monotonic() + SOON
        while httpx2.get(f"{running.url}/healthz").status_code != 200:
            assert time.monotonic() < end
        running.process.terminate()
        assert "out of system resource" not in running.process.communicate(timeout=20)[1]


def test_how_many_may_be_open(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource", reason="Windows has no such limits")
    for files, most, waiting in ((1024, 512, 64), (256, 128, 16), (1_000_000, 4096, 128), (-1, 4096, 128)):
        assert resource.RLIM_INFINITY == -1
        monkeypatch.setattr(resource, "getrlimit", lambda _, files=files: (files, files))
        assert (most_connections(), most_waiting()) == (most, waiting)
