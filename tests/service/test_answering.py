"""Questions that come together: encoded together, answered each for itself, and refused where they are too many."""

import asyncio
import gc
import json
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

import httpx2
import pytest

from embeddings.encoders.query_cache import QueryCache
from embeddings.errors import TextTooLongError
from embeddings.protocols import Encoder, Progress
from embeddings.records import SearchOptions, TokenVectors
from embeddings.searcher import Searcher
from service.answer_notes import AnswerNotes
from service.answering import BATCH, Answering, Asked, Limits
from service.app import create_app
from service.errors import BusyError
from service.index_holder import IndexHolder
from service.metrics import Metrics
from service.settings import Settings

T = TypeVar("T")
QUESTIONS = ["催收会上门吗", "可以给我妈打电话吗", "征信保存多久", "怎么协商分期", "法院短信是真的吗"]


@dataclass
class Gate:
    """Pass texts on to the real encoder, when it is open, and note what comes together; of it, nothing else is used."""

    real: Any
    open: threading.Event = field(default_factory=threading.Event)
    entered: threading.Event = field(default_factory=threading.Event)
    batches: list[list[str]] = field(default_factory=list)

    @property
    def info(self) -> Any:
        return self.real.info

    def encode_queries_by_token(self, texts: Sequence[str], progress: Progress | None = None) -> list[TokenVectors]:
        self.batches.append(list(texts))
        self.entered.set()
        assert self.open.wait(30)
        found: list[TokenVectors] = self.real.encode_queries_by_token(texts, progress)
        return found


@pytest.fixture
def gate(searcher: Searcher) -> Gate:
    return Gate(searcher.encoder)


@pytest.fixture
def gated(searcher: Searcher, gate: Gate) -> Searcher:
    return replace(searcher, encoder=cast(Encoder, gate))


def answering(searcher: Searcher, limits: Limits | None = None, cache: int = 0) -> Answering:
    metrics = Metrics(IndexHolder(searcher))
    return Answering(metrics, AnswerNotes(metrics, None), limits or Limits(64, 30, 32), QueryCache(cache))


def content(answer: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer)
    del found["took_ms"]
    return found


async def until(ready: Callable[[], bool]) -> None:
    while not ready():
        await asyncio.sleep(0.001)


def run(work: Awaitable[T]) -> T:
    async def limited() -> T:
        return await asyncio.wait_for(work, 60)

    return asyncio.run(limited())


def test_who_waits_together_is_encoded_together(gated: Searcher, gate: Gate) -> None:
    async def ask() -> list[bytes]:
        service = answering(gated)
        first = asyncio.ensure_future(service.answer(Asked(QUESTIONS[0], SearchOptions(), gated)))
        # It is alone, and waits for nobody.
        await until(gate.entered.is_set)
        others = [
            asyncio.ensure_future(service.answer(Asked(question, SearchOptions(), gated)))
            for question in QUESTIONS[1:] * 5
        ]
        await until(lambda: len(service._waiting) == len(others))
        gate.open.set()
        return await asyncio.gather(first, *others)

    answers = run(ask())
    sizes = [len(batch) for batch in gate.batches]
    assert sizes[0] == 1
    # What is asked twice is encoded once; of 20 questions 16 are one batch.
    assert sizes[1] == 4
    assert gate.batches[0] == [QUESTIONS[0]]
    assert len(gate.batches) == 1 + -(-20 // BATCH)
    wanted = {
        question: content(run(answering(gated).answer(Asked(question, SearchOptions(), gated))))
        for question in QUESTIONS
    }
    for answer in answers:
        found = content(answer)
        assert found == wanted[found["query"]]


def test_one_that_cannot_be_encoded_fails_alone(gated: Searcher, gate: Gate) -> None:
    too_long = "催收电话，" * 300

    async def ask() -> list[bytes | BaseException]:
        service = answering(gated)
        first = asyncio.ensure_future(service.answer(Asked("上门", SearchOptions(), gated)))
        await until(gate.entered.is_set)
        asked = [QUESTIONS[0], too_long, QUESTIONS[1]]
        others = [asyncio.ensure_future(service.answer(Asked(one, SearchOptions(), gated))) for one in asked]
        await until(lambda: len(service._waiting) == len(asked))
        gate.open.set()
        return await asyncio.gather(first, *others, return_exceptions=True)

    _, one, failed, other = run(ask())
    assert isinstance(failed, TextTooLongError)
    assert [content(answer)["query"] for answer in (one, other) if isinstance(answer, bytes)] == QUESTIONS[:2]


def test_more_than_may_be_under_way_is_refused_at_once(gated: Searcher, gate: Gate) -> None:
    async def ask() -> bytes:
        service = answering(gated, Limits(2, 30, 32))
        accepted = [asyncio.ensure_future(service.answer(Asked(one, SearchOptions(), gated))) for one in QUESTIONS[:2]]
        await until(gate.entered.is_set)
        with pytest.raises(BusyError, match="^2 questions are under way, and no more than 2 are accepted$"):
            await service.answer(Asked(QUESTIONS[2], SearchOptions(), gated))
        gate.open.set()
        await asyncio.gather(*accepted)
        # There is room again.
        return await service.answer(Asked(QUESTIONS[2], SearchOptions(), gated))

    assert content(run(ask()))["query"] == QUESTIONS[2]


def test_who_waited_too_long_is_told_so(gated: Searcher, gate: Gate) -> None:
    async def ask() -> None:
        service = answering(gated, Limits(64, 0.05, 32))
        first = asyncio.ensure_future(service.answer(Asked(QUESTIONS[0], SearchOptions(), gated)))
        await until(gate.entered.is_set)
        late = asyncio.ensure_future(service.answer(Asked(QUESTIONS[1], SearchOptions(), gated)))
        await asyncio.sleep(0.1)
        gate.open.set()
        await first
        with pytest.raises(BusyError, match=r"^the question waited longer than 0\.05 s$"):
            await late

    run(ask())


def test_what_was_asked_before_is_not_encoded_again(gated: Searcher, gate: Gate) -> None:
    gate.open.set()

    async def ask(cache: int) -> list[bytes]:
        service = answering(gated, cache=cache)
        return [await service.answer(Asked(QUESTIONS[0], SearchOptions(k=k), gated)) for k in (1, 3)]

    for cache, batches in ((10, 1), (0, 2)):
        gate.batches.clear()
        one, three = (content(answer)["results"] for answer in run(ask(cache)))
        assert len(gate.batches) == batches
        assert three[0] == one[0]


def test_a_fault_reaches_everybody_who_waits_and_no_one_after(
    gated: Searcher, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.open.set()

    async def ask() -> bytes:
        service = answering(gated)
        with monkeypatch.context() as patched:
            patched.setattr(Gate, "encode_queries_by_token", lambda *_: 1 / 0)
            asked = [service.answer(Asked(one, SearchOptions(), gated)) for one in QUESTIONS]
            failed = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(error) for error in failed] == [ZeroDivisionError] * len(QUESTIONS)
        return await service.answer(Asked(QUESTIONS[0], SearchOptions(), gated))

    assert content(run(ask()))["query"] == QUESTIONS[0]


def test_others_are_answered_while_a_question_is_encoded(gated: Searcher, gate: Gate) -> None:
    app = create_app(Settings(max_questions=1), IndexHolder(gated))

    async def ask() -> tuple[httpx2.Response, httpx2.Response, httpx2.Response]:
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            slow = asyncio.ensure_future(client.post("/search", json={"query": "上门"}))
            await until(gate.entered.is_set)
            alive, busy = await client.get("/healthz"), await client.post("/search", json={"query": "电话"})
            gate.open.set()
            return await slow, alive, busy

    slow, alive, busy = run(ask())
    assert (slow.status_code, alive.status_code, busy.status_code) == (200, 200, 503)
    assert busy.headers["Retry-After"] == "1"
    assert busy.json()["error"]["code"] == "busy"


# One that is alone is searched for where it is encoded.
@pytest.mark.parametrize(("together", "thread"), [(1, "zhaiwen-encode_0"), (3, "zhaiwen-search_0")])
def test_an_index_stays_open_while_a_search_uses_it_though_its_question_was_cancelled(
    gated: Searcher, gate: Gate, monkeypatch: pytest.MonkeyPatch, together: int, thread: str
) -> None:
    gate.open.set()
    searching, may_end, ended = threading.Event(), threading.Event(), list[str]()
    find = Searcher.find

    def slow_find(*arguments: Any) -> Any:
        searching.set()
        assert may_end.wait(30)
        found = find(*arguments)
        ended.append(threading.current_thread().name)
        return found

    monkeypatch.setattr(Searcher, "find", slow_find)

    async def ask() -> list[str]:
        service = answering(gated)
        asked = [
            asyncio.ensure_future(service.answer(Asked(question, SearchOptions(), gated)))
            for question in QUESTIONS[:together]
        ]
        await until(searching.is_set)
        for one in asked:
            one.cancel()
        await asyncio.sleep(0.05)
        assert not any(one.done() for one in asked)
        may_end.set()
        for one in asked:
            with pytest.raises(asyncio.CancelledError):
                await one
        return ended

    assert run(ask()) == [thread] * together


def test_a_fault_that_nobody_waits_for_is_not_logged_with_its_question(
    gated: Searcher, gate: Gate, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> list[TokenVectors]:
        gate.entered.set()
        assert gate.open.wait(30)
        raise ValueError(QUESTIONS[0])

    monkeypatch.setattr(Gate, "encode_queries_by_token", fail)

    async def ask() -> None:
        asked = asyncio.ensure_future(answering(gated).answer(Asked(QUESTIONS[0], SearchOptions(), gated)))
        await until(gate.entered.is_set)
        asked.cancel()
        await asyncio.sleep(0.01)
        gate.open.set()
        with pytest.raises(asyncio.CancelledError):
            await asked

    run(ask())
    gc.collect()
    assert QUESTIONS[0] not in caplog.text
    assert "never retrieved" not in caplog.text
