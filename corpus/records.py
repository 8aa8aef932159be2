"""Define the records that cross file borders in the text layer; the bottom of the house."""

import datetime
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol


class Markup(Enum):
    """How the structure of an article's text is written."""

    MARKDOWN = "markdown"
    PLAIN = "plain"


class Danger(Enum):
    """What a question may tell of beside what it asks; the most urgent to answer first."""

    SELF_HARM = "self_harm"
    VIOLENCE = "violence"


@dataclass(frozen=True, slots=True)
class About:
    """Hold what a source says of its article, None where it says nothing; `published` is an ISO 8601 date."""

    title: str | None = None
    source: str | None = None
    author: str | None = None
    url: str | None = None
    published: str | None = None
    tags: tuple[str, ...] = ()

    def completed_by(self, other: "About") -> "About":
        """Return the same with what only the other says filled in."""
        return About(
            title=self.title or other.title,
            source=self.source or other.source,
            author=self.author or other.author,
            url=self.url or other.url,
            published=self.published or other.published,
            tags=self.tags or other.tags,
        )


SAYS_NOTHING = About()


@dataclass(frozen=True, slots=True)
class Article:
    """Hold one source document as it was read.

    `original` is the whole file as decoded, front matter included, or for HTML, DOCX, PDF and JSONL
    the text that was extracted; the body to search is `original[body_start:]`. `file_hash` is the
    SHA-256 of the file's bytes (of the line's, in JSONL), "" where there is no file.
    """

    id: str
    path: str
    original: str
    markup: Markup
    body_start: int = 0
    about: About = SAYS_NOTHING
    file_hash: str = ""

    @property
    def shown_title(self) -> str:
        """Return the title, or the path of an article that has none."""
        return self.about.title or self.path

    @property
    def content_hash(self) -> str:
        """Return the SHA-256 of everything a search can return of this article."""
        parts = (
            self.id,
            self.path,
            self.markup.value,
            str(self.body_start),
            self.about.title or "",
            self.about.source or "",
            self.about.author or "",
            self.about.url or "",
            self.about.published or "",
            "\x1f".join(self.about.tags),
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


class Finding(NamedTuple):
    """Tell what an editor should mend in one article; lines of its file count from 1, None is all of it."""

    path: str
    line: int | None
    message: str

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.message}"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bound an article's Chinese characters, and the day that nothing can be published after."""

    least: int
    most: int
    today: datetime.date


class FileHash(NamedTuple):
    """Hold the SHA-256 of a file's bytes; "" where the file cannot be read."""

    path: str
    sha256: str


class ArticleSource(Protocol):
    """Give articles one after the other, so that not all of them need be held at once."""

    def file_hashes(self) -> Iterator[FileHash]:
        """Yield the hash of each file, always in the same order, without reading what is in it."""
        ...

    def articles(self) -> Iterator[Article | Problem]:
        """Yield each article, or why a file or a line of it was left out, always in the same order."""
        ...


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace `original[start:end]` by `replacement`; made in cleaning by the named rule.

    `start < end` always: nothing is put where nothing stood.
    """

    start: int
    end: int
    replacement: str
    rule: str


@dataclass(frozen=True, slots=True)
class CleanArticle:
    """Hold an article's clean text and the edits that made it.

    `text` is `original[body_start:]` with `edits` applied; they count in the original, are in order
    and do not overlap. `article` is the one that was read, with what its text says of itself (title,
    source, date) filled in where the source said nothing.
    """

    article: Article
    text: str
    edits: tuple[Edit, ...]


class BlockKind(Enum):
    """What a block is; a row and an answer are cut only if they are longer than any passage may be."""

    PARAGRAPH = "paragraph"
    ITEM = "item"
    ROW = "row"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Block:
    """Mark `text[start:end]` of a clean text: a paragraph, a list item, a table row or the like.

    `headings` is the path of the section that it stands under. `lead` is the range of what a reader
    must know to understand it: the line that leads into a list, the head of a table, the question
    of an answer.
    """

    start: int
    end: int
    headings: tuple[str, ...]
    kind: BlockKind = BlockKind.PARAGRAPH
    lead: tuple[int, int] | None = None


class Heading(NamedTuple):
    """Mark the heading that begins at `text[start]` of a clean text; level 1 is the highest."""

    start: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class Passage:
    """Hold a piece of an article, the unit of search.

    `text` is what a reader sees: `original[start:end]` of the article with `edits` applied, which
    all lie within. `indexed` is what is encoded and matched: title and headings in front of the
    text, normalised. It is never shown.
    """

    id: str
    article_id: str
    start: int
    end: int
    text: str
    headings: tuple[str, ...]
    indexed: str
    edits: tuple[Edit, ...] = ()
