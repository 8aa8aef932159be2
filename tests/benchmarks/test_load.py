"""The load client against real small servers."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.serving.load import (
    Address,
    Plan,
    measure_load,
    percentiles,
    search_request,
    status_and_length,
)

ANYWHERE = Address("127.0.0.1", 0)


class Echo(BaseHTTPRequestHandler):
    """Answer with the path, in two parts; remember what was asked, and do as some paths say."""

    protocol_version = "HTTP/1.1"
    # Else an answer's second part waits for an acknowledgement of its first.
    disable_nagle_algorithm = True
    asked: list[str]
    seconds = 0.0

    def do_GET(self) -> None:
        self.asked.append(self.path)
        time.sleep(self.seconds)
        if "q=drop" in self.path:
            self.close_connection = True
            return
        body = self.path.encode("ascii") * 100
        self.send_response(503 if "q=busy" in self.path else 200)
        if "q=endless" not in self.path:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:10])
        self.wfile.flush()
        self.wfile.write(body[10:])

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Listening(ThreadingHTTPServer):
    request_queue_size = 64
    daemon_threads = True


@contextmanager
def serving(delay: float = 0.0) -> Iterator[tuple[Address, list[str]]]:
    handler = type("Handler", (Echo,), {"asked": [], "seconds": delay})
    with Listening(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Address("127.0.0.1", server.server_address[1]), handler.asked  # type: ignore[attr-defined]
        finally:
            server.shutdown()
            thread.join()


def requests_of(address: Address, *questions: str) -> list[bytes]:
    return [search_request(address, question, 5) for question in questions]


def test_percentiles() -> None:
    # Between the values 0 … 100 in proportion.
    assert percentiles(list(range(101))) == (50, 95, 99)
    assert percentiles([1.0, 2.0]) == pytest.approx((1.5, 1.95, 1.99))
    assert percentiles([]) == (0, 0, 0)


def test_a_request_is_ready_for_the_wire() -> None:
    request = search_request(Address("127.0.0.1", 80), "上 &", 3)
    assert request.startswith(b"GET /search?q=%E4%B8%8A%20%26&k=3 HTTP/1.1\r\nHost: 127.0.0.1:80\r\n")
    assert request.endswith(b"\r\n\r\n")


def test_the_head_of_an_answer() -> None:
    assert status_and_length(b"HTTP/1.1 200 OK\r\nContent-Type: x\r\ncontent-length: 12\r\nA: b") == ("200", 12)
    assert status_and_length(b"HTTP/1.1 503 Busy\r\nCONTENT-LENGTH:0") == ("503", 0)
    with pytest.raises(ValueError, match="without Content-Length"):
        status_and_length(b"HTTP/1.1 200 OK\r\nx-content-length: 12")


@pytest.mark.parametrize("clients", [1, 4])
def test_questions_are_asked_in_turn_and_all_are_counted(clients: int) -> None:
    with serving() as (address, asked):
        load = measure_load(address, Plan(requests_of(address, "a", "b", "c"), clients, 0.5))
    assert load.clients == clients
    assert load.answered == len(asked) > 20
    assert load.errors == {}
    assert asked[:3] == ["/search?q=a&k=5", "/search?q=b&k=5", "/search?q=c&k=5"] or clients > 1
    assert abs(asked.count("/search?q=a&k=5") - asked.count("/search?q=c&k=5")) <= 1
    assert 0 < load.p50_ms <= load.p95_ms <= load.p99_ms
    assert load.per_second == pytest.approx(load.answered / load.seconds)
    assert 0 < load.client_ms < 5


def test_latency_is_what_the_service_takes() -> None:
    with serving(delay=0.05) as (address, asked):
        load = measure_load(address, Plan(requests_of(address, "a"), 2, 0.5))
    assert 50 <= load.p50_ms < 100
    # Two clients, 50 ms an answer; those begun in time are waited for.
    assert len(asked) <= 2 * (0.5 / 0.05 + 1)


@pytest.mark.parametrize(
    ("question", "error"),
    [("busy", "status 503"), ("drop", "connection lost"), ("endless", "an answer that is none")],
)
def test_what_is_no_answer_is_an_error_and_the_rest_goes_on(question: str, error: str) -> None:
    with serving() as (address, asked):
        load = measure_load(address, Plan(requests_of(address, "a", question), 2, 0.5))
    assert load.answered > 0
    assert set(load.errors) == {error}
    assert load.failed == load.errors[error] > 0
    assert load.answered + load.failed == len(asked)


def test_a_rate_is_kept_and_waiting_counts() -> None:
    with serving() as (address, asked):
        load = measure_load(address, Plan(requests_of(address, "a"), 8, 1.0, rate=50.0))
    assert load.answered == len(asked) == 50
    # One client that takes 50 ms a request cannot keep 40 a second: the last ones wait for some half of the time.
    with serving(delay=0.05) as (address, _):
        late = measure_load(address, Plan(requests_of(address, "a"), 1, 1.0, rate=40.0))
    assert late.answered < 25
    assert late.p99_ms > 200


def test_nobody_listens() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(OSError, match="onnect"):
            measure_load(Address("127.0.0.1", taken.getsockname()[1]), Plan([b""], 1, 0.1))
