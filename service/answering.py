"""Answer questions off the event loop: those that wait together are encoded together, then searched for."""

import asyncio
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from embeddings.encoders.query_cache import QueryCache
from embeddings.errors import EmbeddingsError, QuestionError
from embeddings.question_reader import ReadQuestion
from embeddings.records import SearchOptions, TokenVectors
from embeddings.searcher import Searcher, check_page
from service.answer_notes import AnswerNotes
from service.errors import BusyError
from service.metrics import Metrics
from service.records import Stage
from service.schemas import SearchOut

T = TypeVar("T")

# Questions of one batch. With 32 clients 8 or 16 made no difference (230 to 260 questions a second on two cores), and
# the first of 8 are answered sooner.
BATCH = 8

# While more are searched for than that, nothing is encoded: what comes next is then encoded together, on one core,
# instead of one by one on all of them, which the search needs, too.
AHEAD = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold a question that was accepted, and the index that answers it, which stays open until it has.

    `stages` gathers how long each stage took.
    """

    question: str
    options: SearchOptions
    searcher: Searcher
    accepted: float = field(default_factory=time.perf_counter)
    stages: list[Stage] = field(default_factory=list)

    def age(self) -> float:
        """Return the seconds since it was accepted."""
        return time.perf_counter() - self.accepted


@dataclass(frozen=True, slots=True)
class _Read:
    """Hold a question as the search reads it, and what the encoder made of it."""

    read: ReadQuestion
    tokens: TokenVectors


# What became of a question that was encoded: its answer, where it was searched for right away.
_Outcome = _Read | bytes | EmbeddingsError | BusyError


@dataclass(frozen=True, slots=True)
class _Waiting:
    asked: Asked
    outcome: asyncio.Future[_Outcome]


class Answering:
    """Answer questions, of which no more than a limit are under way, and none waits longer than another.

    A question that comes alone is encoded and searched for at once; what comes meanwhile waits, and is
    encoded together next. So batches grow with the load, and nobody waits for company. While one batch is
    encoded, which leaves Python to others, the questions of the batch before are searched for.

    All methods are called on the event loop.
    """

    def __init__(self, metrics: Metrics, notes: AnswerNotes, limits: "Limits", cache: QueryCache) -> None:
        self._metrics = metrics
        self._notes = notes
        self._limits = limits
        self._cache = cache
        self._under_way = 0
        self._searching = 0
        # Set where so few are searched for that more may be encoded.
        self._room: asyncio.Event | None = None
        self._waiting: deque[_Waiting] = deque()
        self._encoding: asyncio.Task[None] | None = None
        # One thread each: more would only wait for one another, for the processor or for Python.
        self._encoders = ThreadPoolExecutor(1, "zhaiwen-encode")
        self._searchers = ThreadPoolExecutor(1, "zhaiwen-search")

    async def answer(self, asked: Asked) -> bytes:
        """Return the answer as JSON.

        Raises:
            BusyError: too many questions are under way, or this one waited too long.
            QuestionError: the options cannot be used.
            TextTooLongError: the encoder does not read so much.
        """
        with self._accepted(1):
            return await self._answered(asked)

    def check_batch(self, questions: int) -> None:
        """See that so many questions may be asked in one request.

        Raises:
            QuestionError: they are too many.
        """
        # More than may be under way would be refused at any time.
        most = min(self._limits.batch, self._limits.questions)
        if questions > most:
            raise QuestionError(
                f"{questions} questions were given, at most {most} are taken in one request; send the rest "
                "in another one"
            )

    async def answer_all(self, asked: Sequence[Asked]) -> bytes:
        """Return the answers to some questions as JSON, in their order.

        Raises:
            BusyError: they are not accepted, or one of them waited too long.
            QuestionError: one of them cannot be used; the message says which.
            TextTooLongError: the encoder does not read so much; likewise.
        """
        with self._accepted(len(asked)):
            answers = await asyncio.gather(*map(self._answered, asked), return_exceptions=True)
        for place, answer in enumerate(answers):
            if isinstance(answer, QuestionError):
                raise of_batch(place, answer) from answer
            if isinstance(answer, BaseException):
                raise answer
        return b'{"answers":[%s]}' % b",".join(answer for answer in answers if isinstance(answer, bytes))

    @contextmanager
    def _accepted(self, questions: int) -> Iterator[None]:
        if self._under_way + questions > self._limits.questions:
            raise BusyError(
                f"{self._under_way} questions are under way, and no more than {self._limits.questions} are accepted"
            )
        self._under_way += questions
        try:
            yield
        finally:
            self._under_way -= questions

    async def _answered(self, asked: Asked) -> bytes:
        check_page(asked.options)
        loop = asyncio.get_running_loop()
        outcome = await self._encoded(asked, loop)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome if isinstance(outcome, bytes) else await self._searched(asked, outcome, loop)

    async def _encoded(self, asked: Asked, loop: asyncio.AbstractEventLoop) -> _Outcome:
        waiting = _Waiting(asked, loop.create_future())
        self._waiting.append(waiting)
        self._metrics.queue_length.set(len(self._waiting))
        if self._encoding is None or self._encoding.done():
            self._encoding = loop.create_task(self._encode_waiting(loop))
        return await _whole(waiting.outcome)

    async def _searched(self, asked: Asked, read: _Read, loop: asyncio.AbstractEventLoop) -> bytes:
        self._searching += 1
        search = loop.run_in_executor(self._searchers, self._search, asked, read)
        try:
            return await _whole(search)
        finally:
            self._searching -= 1
            if self._searching <= AHEAD and self._room is not None:
                self._room.set()

    async def _encode_waiting(self, loop: asyncio.AbstractEventLoop) -> None:
        self._room = asyncio.Event()
        while self._waiting:
            while self._searching > AHEAD:
                self._room.clear()
                await self._room.wait()
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            self._metrics.queue_length.set(len(self._waiting))
            try:
                outcomes = await loop.run_in_executor(self._encoders, self._begin, [one.asked for one in batch])
            except Exception as error:  # noqa: BLE001 -- whoever waits must be told
                for one in batch:
                    one.outcome.set_exception(error)
                continue
            for one, outcome in zip(batch, outcomes, strict=True):
                one.outcome.set_result(outcome)

    def _begin(self, batch: Sequence[Asked]) -> list[_Outcome]:
        """Encode some questions, in the thread for that; one that is alone is searched for, too.

        The way to the other thread and back would take a lone question a tenth longer, and one of twenty a third.
        """
        (first, *_) = outcomes = self._encode(batch)
        return [self._search(batch[0], first)] if self._under_way == 1 and isinstance(first, _Read) else outcomes

    def _encode(self, batch: Sequence[Asked]) -> list[_Outcome]:
        """Read and encode some questions; what one of them fails of is its own outcome."""
        outcomes: dict[int, _Outcome] = {}
        # While an index is replaced, both are asked.
        by_index: dict[int, list[int]] = {}
        for place, asked in enumerate(batch):
            waited = asked.age()
            self._note(Stage("wait", asked.accepted, waited), [asked])
            if waited > self._limits.seconds:
                outcomes[place] = BusyError(f"the question waited longer than {self._limits.seconds:g} s")
            else:
                by_index.setdefault(id(asked.searcher), []).append(place)
        for places in by_index.values():
            started = time.perf_counter()
            found = self._encode_for(batch[places[0]].searcher, [batch[place].question for place in places])
            outcomes.update(zip(places, found, strict=True))
            seconds = time.perf_counter() - started
            self._note(Stage("encode", started, seconds), [batch[place] for place in places])
        return [outcomes[place] for place in range(len(batch))]

    def _encode_for(self, searcher: Searcher, questions: Sequence[str]) -> list[_Outcome]:
        read = [searcher.reader.read(question) for question in questions]
        known = dict(zip((one.text for one in read), self._known(searcher, read), strict=True))
        missing = [text for text, tokens in known.items() if tokens is None]
        self._metrics.cache_hits.inc(len(read) - len(missing))
        self._metrics.cache_misses.inc(len(missing))
        failed: dict[str, EmbeddingsError] = {}
        if missing:
            self._metrics.batch_size.observe(len(missing))
        encoded = _encoded(searcher, missing) if missing else []
        for text, made in zip(missing, encoded, strict=True):
            if isinstance(made, EmbeddingsError):
                failed[text] = made
            else:
                known[text] = made
                self._cache.keep(searcher.encoder, text, made)
        return [_Read(one, tokens) if (tokens := known[one.text]) is not None else failed[one.text] for one in read]

    def _known(self, searcher: Searcher, read: Sequence[ReadQuestion]) -> list[TokenVectors | None]:
        return self._cache.known(searcher.encoder, [one.text for one in read])

    def _search(self, asked: Asked, read: _Read) -> bytes:
        """Search for a question, in a thread."""
        started = time.perf_counter()
        searcher = asked.searcher
        answer = searcher.answer(searcher.find(read.read, read.tokens, asked.options), asked.options)
        self._notes.answered(asked.question, answer)
        out = SearchOut.of(asked.question, answer, searcher.info, round(asked.age() * 1000, 1))
        content = out.model_dump_json().encode("utf-8")
        self._note(Stage("search", started, time.perf_counter() - started), [asked])
        return content

    def _note(self, stage: Stage, asked: Sequence[Asked]) -> None:
        self._metrics.stage_seconds.labels(stage.name).observe(stage.seconds)
        for one in asked:
            one.stages.append(stage)


@dataclass(frozen=True, slots=True)
class Limits:
    """Say how many questions may be under way at once, how many seconds one may wait, and how many one may send.

    `seconds` count until a question is encoded; `batch` is the number of questions of one request.
    """

    questions: int
    seconds: float
    batch: int


async def _whole(under_way: asyncio.Future[T]) -> T:
    """Wait for what a thread does, to its end where who asked has gone: the index may be closed only then."""
    # asyncio would log a fault that nobody looks at, with its message, which may hold the question.
    under_way.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        return await asyncio.shield(under_way)
    except asyncio.CancelledError:
        await asyncio.wait([under_way])
        raise


def of_batch(place: int, error: QuestionError) -> QuestionError:
    """Return an error that says which of the questions of a request is meant."""
    return type(error)(f"queries.{place}: {error}")


def _encoded(searcher: Searcher, texts: Sequence[str]) -> list[TokenVectors | EmbeddingsError]:
    """Encode texts together, or each alone where one of them cannot be."""
    try:
        return list(searcher.encoder.encode_queries_by_token(texts))
    except EmbeddingsError as error:
        if len(texts) == 1:
            return [error]
        return [made for text in texts for made in _encoded(searcher, [text])]
