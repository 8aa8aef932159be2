"""Ask a running service, as its clients do."""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote, urlsplit

import httpx2
from pydantic import BaseModel, ValidationError

from embeddings.errors import AnsweringError, QuestionError, QuestionSetError
from embeddings.evaluation.records import Returned, Section
from embeddings.evaluation.results import System
from embeddings.evaluation.systems import PASSAGES, Headings
from embeddings.records import Mode

_TIMEOUT_SECONDS = 60.0
# Keeps two cores busy; more would only wait for one another.
_AT_ONCE = 4
_UNSEARCHABLE = 422
_NOT_THERE = 404


_Kind = TypeVar("_Kind", bound=BaseModel)


class _Article(BaseModel):
    id: str
    title: str


class _Copy(BaseModel):
    headings: list[str]
    article: _Article


class _Result(BaseModel):
    score: float
    text: str
    passage_id: str
    headings: list[str]
    article: _Article
    also_in: list[_Copy]


class _Index(BaseModel):
    snapshot: str
    encoder: str
    passages: int
    settings: str


class _Answer(BaseModel):
    results: list[_Result]
    index: _Index


class _Ready(BaseModel):
    index: _Index


class _Sections(BaseModel):
    sections: list[list[str]]


class _Error(BaseModel):
    message: str
    hint: str


class _ErrorBody(BaseModel):
    error: _Error


@dataclass(frozen=True, slots=True)
class ServiceAnswering:
    """Answer through the /search of a service; `system` is what it said of itself at the start."""

    client: httpx2.Client
    system: System
    batch: int = 32

    @classmethod
    @contextmanager
    def connect(cls, url: str, mode: Mode, depth: int = PASSAGES) -> Iterator["ServiceAnswering"]:
        """Give a service that has an index loaded, and keep connections to it open.

        Args:
            url: where its page is, such as http://127.0.0.1:8000.
            mode: which side ranks.
            depth: how many passages to fetch for a question.

        Raises:
            QuestionSetError: the address is none.
            AnsweringError: nothing answers there, or something else.
        """
        try:
            parts = urlsplit(url)
            usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and not (parts.query or parts.fragment)
            # Also where the port is no number.
            usable = usable and (parts.port is None or parts.port > 0)
        except ValueError:
            usable = False
        if not usable:
            raise QuestionSetError(f"{url!r} is no address of a service; http://127.0.0.1:8000 is one")
        with httpx2.Client(base_url=f"{url.rstrip('/')}/", timeout=_TIMEOUT_SECONDS) as client:
            index = _read(_Ready, _ask(client, "GET", "readyz")).index
            system = System(url, index.snapshot, index.encoder, index.passages, index.settings, mode.value, depth)
            yield cls(client, system)

    def ask(self, questions: Sequence[str]) -> list[list[Returned] | QuestionError]:
        """Return for each question the passages, best first, or why it cannot be searched."""
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            return list(threads.map(self._search, questions))

    def sections(self, articles: Collection[str]) -> dict[str, frozenset[Headings]]:
        """Return the sections of those articles that the index holds."""
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            found = list(threads.map(self._sections_of, articles))
        return {
            article: frozenset(tuple(headings) for headings in one.sections)
            for article, one in zip(articles, found, strict=True)
            if one is not None
        }

    def _search(self, question: str) -> list[Returned] | QuestionError:
        asked = {"query": question, "k": self.system.depth, "mode": self.system.mode}
        response = _ask(self.client, "POST", "search", asked)
        if response.status_code == _UNSEARCHABLE:
            error = _read(_ErrorBody, response, _UNSEARCHABLE).error
            return QuestionError(f"{error.message}; {error.hint}")
        answer = _read(_Answer, response)
        if answer.index.snapshot != self.system.snapshot:
            raise AnsweringError(
                f"{self.system.place} answers from {answer.index.snapshot} now, no longer from {self.system.snapshot}; "
                "evaluate anew, without --resume"
            )
        return [_returned(result) for result in answer.results]

    def _sections_of(self, article: str) -> _Sections | None:
        response = _ask(self.client, "GET", f"articles/{quote(article, safe='')}")
        return None if response.status_code == _NOT_THERE else _read(_Sections, response)


def _returned(result: _Result) -> Returned:
    return Returned(
        passage=result.passage_id,
        section=Section(result.article.id, tuple(result.headings)),
        title=result.article.title,
        text=result.text,
        score=result.score,
        also_in=tuple(Section(copy.article.id, tuple(copy.headings)) for copy in result.also_in),
    )


def _ask(client: httpx2.Client, method: str, address: str, body: dict[str, object] | None = None) -> httpx2.Response:
    try:
        return client.request(method, address, json=body)
    except httpx2.HTTPError as error:
        raise AnsweringError(
            f"{client.base_url} does not answer ({error or type(error).__name__}); is `zhaiwen serve` running there?"
        ) from error


def _read(kind: type[_Kind], response: httpx2.Response, status: int = 200) -> _Kind:
    """Return an answer in the form that it should have."""
    if response.status_code != status:
        raise AnsweringError(f"{response.url} answered with status {response.status_code}; see the service's log")
    try:
        return kind.model_validate_json(response.content)
    except ValidationError as error:
        raise AnsweringError(
            f"{response.url} gave no answer of this version of zhaiwen ({error.error_count()} fields are missing or "
            "wrong); name the address of such a service"
        ) from error
