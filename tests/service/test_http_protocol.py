"""Requests as they stand on the wire."""

import json
import socket
from urllib.parse import urlsplit

import h11
import pytest
from uvicorn.protocols.http.h11_impl import H11Protocol

from service.http_protocol import TypedAddressProtocol, percent_encoded
from tests.conftest import Served

QUESTION = "微粒贷逾期会上门吗"


def test_percent_encoding_by_hand() -> None:
    assert percent_encoded("GET /?q=门%20a HTTP/1.1".encode()) == b"GET /?q=%E9%97%A8%20a HTTP/1.1"


def exchange(served: Served, *pieces: bytes) -> list[bytes]:
    """Send pieces one by one over one connection; return the response to each as status line and body."""
    address = urlsplit(served.url)
    responses = []
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        while received := connection.recv(65536):
            responses.append(received)
    return responses


def request(target: bytes) -> bytes:
    return b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("cut", [None, 20, 21, 60])
def test_a_typed_address_is_understood_wherever_packets_break(served: Served, cut: int | None) -> None:
    whole = request(f"/search?q={QUESTION}&k=1".encode())
    pieces = [whole] if cut is None else [whole[:cut], whole[cut:]]
    response = b"".join(exchange(served, *pieces))
    assert response.startswith(b"HTTP/1.1 200 OK")
    assert json.loads(response.partition(b"\r\n\r\n")[2])["query"] == QUESTION


@pytest.mark.parametrize("address", ["/", "/healthz", "/readyz"])
def test_who_watches_asks_for_the_head_only(served: Served, address: str) -> None:
    asked = f"HEAD {address} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    head, _, body = b"".join(exchange(served, asked)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert b"cache-control: no-" in head.lower()
    assert body == b""


def test_headers_are_left_alone(served: Served) -> None:
    head = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Note: \xe9\x97\xa8\r\nConnection: close\r\n\r\n"
    assert b"".join(exchange(served, head)).startswith(b"HTTP/1.1 200 OK")


def test_only_the_request_line_is_encoded_however_packets_break(monkeypatch: pytest.MonkeyPatch) -> None:
    def receive(self: H11Protocol, data: bytes) -> None:
        self.conn.receive_data(data)

    monkeypatch.setattr(H11Protocol, "data_received", receive)
    protocol = object.__new__(TypedAddressProtocol)
    protocol.conn = h11.Connection(h11.SERVER)
    for packet in (b"GET /?q=\xe9", b"\x97\xa8 HTTP/1.1\r\nHost: x\r\nX-Note: ", b"\xe9\x97\xa8\r\n\r\n"):
        protocol.data_received(packet)
    event = protocol.conn.next_event()
    assert isinstance(event, h11.Request)
    assert event.target == b"/?q=%E9%97%A8"
    assert (b"x-note", b"\xe9\x97\xa8") in list(event.headers)


def test_an_address_in_another_encoding_is_refused(served: Served) -> None:
    response = b"".join(exchange(served, request(b"/search?q=" + QUESTION.encode("gb18030"))))
    assert response.startswith(b"HTTP/1.1 422")
    assert b"the question in the address is not UTF-8" in response


def test_nonsense_is_refused(served: Served) -> None:
    assert b"".join(exchange(served, b"\x16\x03\x01\xff\xff\r\n\r\n")).startswith(b"HTTP/1.1 400")
