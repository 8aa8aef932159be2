"""Ask a service over kept connections, at so little cost that it hardly disturbs what it measures.

The one who asks shares the processors with the one who answers. So requests are encoded before the clock runs, and of
an answer only the status and the length are read: 0.1 to 0.3 ms of a processor a request, told in `Load.client_ms`.
"""

import asyncio
import itertools
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import quote

import numpy as np

from benchmarks.serving.records import Load

# A request that is not answered after so many seconds is an error, and its client gives up.
PATIENCE_SECONDS = 60.0
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"\r\ncontent-length:"
_OK = "200"


class Address(NamedTuple):
    """Name where a service listens."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Say what to ask, over how many connections, for how long.

    Without a rate each client asks again as soon as it has an answer. With one, so many requests a second are due, and
    latency counts from when a request was due, so that one which had to wait for a free client is not flattered.
    """

    requests: Sequence[bytes]
    clients: int
    seconds: float
    rate: float | None = None


def search_request(address: Address, question: str, k: int) -> bytes:
    """Return `GET /search` as it goes over the wire: the same for every service, whatever it is made of."""
    lines = (
        f"GET /search?q={quote(question, safe='')}&k={k} HTTP/1.1",
        f"Host: {address.host}:{address.port}",
        "Accept: application/json",
    )
    return "\r\n".join((*lines, "", "")).encode("ascii")


def status_and_length(head: bytes) -> tuple[str, int]:
    """Return the status and the length of the body that an answer's head tells; ValueError where it tells none."""
    _, status, _ = head.split(b" ", 2)
    lowered = head.lower()
    place = lowered.find(_LENGTH)
    if place < 0:
        raise ValueError("an answer without Content-Length")
    length = lowered[place + len(_LENGTH) :].split(b"\r\n", 1)[0]
    return status.decode("ascii"), int(length)


def percentiles(milliseconds: Sequence[float]) -> tuple[float, float, float]:
    """Return p50, p95 and p99, between two values in proportion; 0 of nothing."""
    if not milliseconds:
        return 0.0, 0.0, 0.0
    p50, p95, p99 = np.percentile(milliseconds, [50, 95, 99]).tolist()
    return p50, p95, p99


@dataclass
class _Run:
    """Give out requests until the time is over, and note what came of them."""

    plan: Plan
    started: float
    done: asyncio.Event
    milliseconds: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    active: int = 0
    last: float = 0.0
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _reconnecting: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def is_over(self) -> bool:
        return time.perf_counter() >= self.started + self.plan.seconds

    def next(self) -> tuple[bytes, float] | None:
        """Return a request and when it is due; None where the time is over."""
        now = time.perf_counter()
        number = next(self._numbers)
        due = now if self.plan.rate is None else self.started + number / self.plan.rate
        if max(now, due) >= self.started + self.plan.seconds:
            return None
        return self.plan.requests[number % len(self.plan.requests)], due

    def answered(self, due: float, status: str) -> None:
        self.last = time.perf_counter()
        if status == _OK:
            self.milliseconds.append((self.last - due) * 1000)
        else:
            self.errors[f"status {status}"] += 1

    def reconnect(self, client: "_Client", address: Address) -> None:
        task = asyncio.get_running_loop().create_task(self._connect(client, address))
        self._reconnecting.add(task)
        task.add_done_callback(self._reconnecting.discard)

    async def _connect(self, client: "_Client", address: Address) -> None:
        try:
            await asyncio.get_running_loop().create_connection(lambda: client, address.host, address.port)
        except OSError:
            self.errors["no connection"] += 1
            self.leave()

    def leave(self) -> None:
        self.active -= 1
        if self.active == 0:
            self.done.set()


class _Client(asyncio.Protocol):
    """Ask one question after the other on one connection; a lost one is an error, and is made anew."""

    def __init__(self, run: _Run, address: Address) -> None:
        self._run = run
        self._address = address
        self._transport: asyncio.Transport | None = None
        self._read = b""
        self._wanted = -1
        self._status = ""
        # The request that is not answered yet, when it is or was due, and whether it was sent.
        self._asked: tuple[bytes, float] | None = None
        self._sent = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or go on after a connection was lost."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 -- of create_connection it is one
        self._transport = transport
        if self._asked is None:
            self._ask()

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer; with its last one, ask again."""
        self._read += data
        if self._wanted < 0:
            head, found, _ = self._read.partition(_HEAD_END)
            if not found:
                return
            try:
                self._status, length = status_and_length(head)
            except ValueError:
                self._forget("an answer that is none")
                self.close()
                return
            self._wanted = len(head) + len(_HEAD_END) + length
        if len(self._read) >= self._wanted and self._asked is not None:
            self._run.answered(self._asked[1], self._status)
            self._forget()
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- whatever it was, it is told as one
        """Make another connection, unless the time is over."""
        self._transport = None
        if self._sent:
            self._forget("connection lost")
        if self._run.is_over:
            self._run.leave()
        else:
            self._run.reconnect(self, self._address)

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()

    def _ask(self) -> None:
        self._asked = self._run.next()
        if self._asked is None:
            self.close()
            return
        wait = self._asked[1] - time.perf_counter()
        if wait > 0:
            asyncio.get_running_loop().call_later(wait, self._send)
        else:
            self._send()

    def _send(self) -> None:
        if self._transport is not None and self._asked is not None:
            self._sent = True
            self._transport.write(self._asked[0])
        elif self._asked is not None:
            # The connection was lost while it waited to be due.
            self._forget("connection lost")

    def _forget(self, error: str = "") -> None:
        if error:
            self._run.errors[error] += 1
        self._read, self._wanted, self._asked, self._sent = b"", -1, None, False


async def _drive(address: Address, plan: Plan) -> Load:
    loop = asyncio.get_running_loop()
    run = _Run(plan, time.perf_counter(), asyncio.Event(), active=plan.clients)
    before = time.process_time()
    clients = [
        await loop.create_connection(lambda: _Client(run, address), address.host, address.port)
        for _ in range(plan.clients)
    ]
    try:
        await asyncio.wait_for(run.done.wait(), plan.seconds + PATIENCE_SECONDS)
    except TimeoutError:
        run.errors["no answer in time"] += run.active
        for transport, _ in clients:
            transport.abort()
    spent = time.process_time() - before
    return _load(run, plan, spent)


def _load(run: _Run, plan: Plan, spent: float) -> Load:
    seconds = max(run.last - run.started, 0.0)
    p50, p95, p99 = percentiles(run.milliseconds)
    answered = len(run.milliseconds)
    total = answered + sum(run.errors.values())
    return Load(
        clients=plan.clients,
        seconds=seconds,
        answered=answered,
        errors=dict(run.errors),
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        per_second=answered / seconds if seconds else 0.0,
        client_ms=spent * 1000 / total if total else 0.0,
    )


def measure_load(address: Address, plan: Plan) -> Load:
    """Ask as planned, and return what came of it; requests that were begun in time are waited for.

    Raises:
        OSError: nobody listens there.
    """
    return asyncio.run(_drive(address, plan))


def load_average() -> float:
    """Return how many processes wanted to run, on average of the last minute."""
    return os.getloadavg()[0]
