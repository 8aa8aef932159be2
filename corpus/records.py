"""Define the records that cross file borders in the text layer; the bottom of the house."""

import hashlib
from dataclasses import dataclass
from enum import Enum


class Markup(Enum):
    """How the structure of an article's text is written."""

    MARKDOWN = "markdown"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Article:
    """Hold one source document as it was read.

    `original` is the whole file as decoded, front matter included; the body to search is
    `original[body_start:]`. `published` is an ISO 8601 date. `title` is None where the source
    gives none; then a reader is shown `path`.
    """

    id: str
    path: str
    original: str
    markup: Markup
    body_start: int = 0
    title: str | None = None
    source: str | None = None
    url: str | None = None
    published: str | None = None
    tags: tuple[str, ...] = ()

    @property
    def shown_title(self) -> str:
        """Return the title, or the path of an article that has none."""
        return self.title or self.path

    @property
    def content_hash(self) -> str:
        """Return the SHA-256 of everything a search can return of this article."""
        parts = (
            self.id,
            self.path,
            self.markup.value,
            str(self.body_start),
            self.title or "",
            self.source or "",
            self.url or "",
            self.published or "",
            "\x1f".join(self.tags),
            self.original,
        )
        return hashlib.sha256("\x1e".join(parts).encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True)
class Problem:
    """Tell why one file, or one line of it, was left out."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


@dataclass(frozen=True, slots=True)
class Reading:
    """Hold what a folder gave: its articles in order of id, and what was left out."""

    articles: tuple[Article, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Mark a paragraph, list, table or the like: `original[start:end]`, under its headings."""

    start: int
    end: int
    headings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """Hold a piece of an article, the unit of search.

    `text` is what a reader sees and equals `original[start:end]` of the article. `indexed` is
    what is encoded and matched: title and headings in front of the text. It is never shown.
    """

    id: str
    article_id: str
    start: int
    end: int
    text: str
    headings: tuple[str, ...]
    indexed: str
