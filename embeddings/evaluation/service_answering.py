"""Ask a running service, as its clients do."""

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Annotated, TypeVar
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from embeddings.errors import AnsweringError, QuestionError
from embeddings.evaluation.records import Reply, Returned, Section
from embeddings.evaluation.results import System
from embeddings.evaluation.service_client import TIMEOUT_SECONDS, Response, ServiceClient, without_user
from embeddings.evaluation.systems import PASSAGES, Headings
from embeddings.records import Mode

# Keeps two cores busy; more would only wait for one another.
_AT_ONCE = 4
_UNSEARCHABLE = 422
_NOT_THERE = 404


_Kind = TypeVar("_Kind", bound="_Border")
_Given = TypeVar("_Given")
_Answered = TypeVar("_Answered")


def _name(value: str) -> str:
    """Return a name that the C++ of the measures, which ends it at a NUL, takes for no other.

    Matches "要看哪些证件？", and a family emoji with its joiners: no judgement names it, but headings and file
    names of a real index hold such characters. Must not match "h", NUL and "x", which would count as
    "h", or a blank.
    """
    if not value.strip() or "\0" in value:
        raise ValueError("a name must be a text without NUL")
    return value


_Name = Annotated[str, AfterValidator(_name)]


class _Border(BaseModel):
    """Take what a service sends for what it is, and for nothing else: no text for a number."""

    model_config = ConfigDict(strict=True)


class _Article(_Border):
    id: _Name
    title: str


class _Copy(_Border):
    headings: list[_Name]
    article: _Article


class _Result(_Border):
    score: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
    text: str
    passage_id: _Name
    headings: list[_Name]
    article: _Article
    also_in: list[_Copy]


class _Index(_Border):
    snapshot: str
    encoder: str
    passages: int
    settings: str


class _Answer(_Border):
    answer_probability: Annotated[float, Field(ge=0, le=1)] | None
    results: list[_Result]
    index: _Index


class _Ready(_Border):
    index: _Index


class _Sections(_Border):
    sections: list[list[_Name]]


class _Error(_Border):
    message: str
    hint: str


class _ErrorBody(_Border):
    error: _Error


@dataclass(frozen=True, slots=True)
class ServiceAnswering:
    """Answer through the /search of a service; `system` is what it said of itself at the start."""

    client: ServiceClient
    system: System
    batch: int = 32

    @classmethod
    @contextmanager
    def connect(
        cls,
        url: str,
        mode: Mode,
        depth: int = PASSAGES,
        timeout: float = TIMEOUT_SECONDS,
        key: SecretStr | None = None,
    ) -> Iterator["ServiceAnswering"]:
        """Give a service that has an index loaded, and keep connections to it open.

        Args:
            url: where its page is, such as http://127.0.0.1:8000.
            mode: which side ranks.
            depth: how many passages to fetch for a question.
            timeout: for how many seconds the service may be silent.
            key: what to send with each request, where the service wants a key.

        Raises:
            QuestionSetError: the address is none.
            AnsweringError: nothing answers there, or something else.
        """
        with ServiceClient.open(url, timeout, key) as client:
            index = _read(_Ready, client.get("readyz")).index
            system = System(
                without_user(url), index.snapshot, index.encoder, index.passages, index.settings, mode.value, depth
            )
            yield cls(client, system)

    def ask(self, questions: Sequence[str]) -> list[Reply | QuestionError]:
        """Return for each question the passages, best first, or why it cannot be searched."""
        return _at_once(self._search, questions)

    def sections(self, articles: Collection[str]) -> dict[str, frozenset[Headings]]:
        """Return the sections of those articles that the index holds."""
        found = _at_once(self._sections_of, articles)
        return {
            article: frozenset(tuple(headings) for headings in one.sections)
            for article, one in zip(articles, found, strict=True)
            if one is not None
        }

    def _search(self, question: str) -> Reply | QuestionError:
        asked = {"query": question, "k": self.system.depth, "mode": self.system.mode}
        response = self.client.post("search", asked)
        if response.status == _UNSEARCHABLE:
            error = _read(_ErrorBody, response, _UNSEARCHABLE).error
            return QuestionError(f"{error.message}; {error.hint}")
        answer = _read(_Answer, response)
        # Not the snapshot's name: a rebuild of the same gives a new one, and the same answers.
        if answer.index.settings != self.system.settings:
            raise AnsweringError(
                f"{self.system.place} answers with the settings {answer.index.settings} now, no longer with "
                f"{self.system.settings}; evaluate anew, without --resume"
            )
        return Reply([_returned(result) for result in answer.results], answer.answer_probability)

    def _sections_of(self, article: str) -> _Sections | None:
        response = self.client.get(f"articles/{quote(article, safe='')}")
        return None if response.status == _NOT_THERE else _read(_Sections, response)


def _returned(result: _Result) -> Returned:
    return Returned(
        passage=result.passage_id,
        section=Section(result.article.id, tuple(result.headings)),
        title=result.article.title,
        text=result.text,
        score=result.score,
        also_in=tuple(Section(copy.article.id, tuple(copy.headings)) for copy in result.also_in),
    )


def _at_once(ask: Callable[[_Given], _Answered], given: Collection[_Given]) -> list[_Answered]:
    """Return what `ask` returns for each, in order, asking several at a time.

    Whatever goes wrong, Ctrl+C included, gets out at once: unlike those of a ThreadPoolExecutor, these
    threads do not keep the process while they wait for a slow service.
    """
    jobs: SimpleQueue[tuple[_Given, Future[_Answered]]] = SimpleQueue()
    futures: list[Future[_Answered]] = [Future() for _ in given]
    for job in zip(given, futures, strict=True):
        jobs.put(job)

    def work() -> None:
        while (taken := _next(jobs)) is not None:
            one, future = taken
            try:
                future.set_result(ask(one))
            except BaseException as error:  # noqa: BLE001 -- it is raised where the result is waited for
                future.set_exception(error)

    for _ in range(min(_AT_ONCE, len(futures))):
        Thread(target=work, daemon=True).start()
    try:
        return [future.result() for future in futures]
    finally:
        # Nobody waits for the rest any more.
        while _next(jobs) is not None:
            pass


def _next(jobs: SimpleQueue[_Given]) -> _Given | None:
    try:
        return jobs.get_nowait()
    except Empty:
        return None


def _read(kind: type[_Kind], response: Response, status: int = 200) -> _Kind:
    """Return an answer in the form that it should have."""
    if response.status != status:
        raise AnsweringError(f"{response.url} answered with status {response.status}; see the service's log")
    try:
        return kind.model_validate_json(response.content)
    except ValidationError as error:
        raise AnsweringError(
            f"{response.url} gave no answer of this version of zhaiwen ({error.error_count()} fields are missing or "
            "wrong); name the address of such a service"
        ) from error
