"""Read JSONL: one article a line."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import BinaryIO, NamedTuple

from corpus.errors import CorpusError
from corpus.fields import date_field, id_field, tags_field, text_field
from corpus.readers.contract import MAX_ARTICLE_BYTES
from corpus.readers.files import opened, shown_name
from corpus.records import About, Article, Markup, Problem
from corpus.unicode import valid_text

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class JsonlFields:
    """Name the fields of a line that hold the parts of an article."""

    id: str = "id"
    text: str = "text"
    title: str = "title"
    source: str = "source"
    author: str = "author"
    url: str = "url"
    published: str = "published"
    tags: str = "tags"

    @classmethod
    def parse(cls, option: str) -> "JsonlFields":
        """Make them of an option such as `id=_id,text=content`; what it leaves out keeps its own name.

        Raises:
            CorpusError: a pair is malformed, or is of an unknown part, or a part comes twice.
        """
        names: dict[str, str] = {}
        known = [field.name for field in fields(cls)]
        for pair in option.split(","):
            part, equals, name = (piece.strip() for piece in pair.partition("="))
            if not equals or not name:
                raise CorpusError(f"the field {pair.strip()!r} is not a pair; write pairs such as id=_id,text=content")
            if part not in known:
                raise CorpusError(f"an article has no part {part!r}; its parts are {', '.join(known)}")
            if part in names:
                raise CorpusError(f"the part {part!r} is named twice; name it once")
            names[part] = name
        return cls(**names)


DEFAULT_FIELDS = JsonlFields()


class Located(NamedTuple):
    """Hold what was read, and the place it was read at, for messages: `name.jsonl:12`."""

    place: str
    item: Article | Problem


def read_lines(path: Path, name: str, names: JsonlFields, folder: Path | None = None) -> Iterator[Located]:
    """Yield the article of each line that is not blank, or what is wrong with it; hold one line at a time.

    Args:
        path: of the file.
        name: its path relative to the article folder.
        names: of the fields.
        folder: that the file must lie in, when links are followed; None for anywhere.
    """
    shown = shown_name(name)
    try:
        valid_text(name, "its name")
        with opened(path, folder) as file:
            yield from _articles(file, name, names)
    except CorpusError as error:
        yield Located(shown, Problem(shown, str(error)))


def _articles(file: BinaryIO, name: str, names: JsonlFields) -> Iterator[Located]:
    blank = True
    for number, line in enumerate(_lines(file), start=1):
        if line is not None and not line.strip():
            continue
        blank = False
        place = f"{shown_name(name)}:{number}"
        try:
            yield Located(place, _article(line, name, number, names))
        except CorpusError as error:
            yield Located(place, Problem(place, str(error)))
    if blank:
        raise CorpusError("it holds no line with an article; write one JSON object a line")


def _lines(file: BinaryIO) -> Iterator[bytes | None]:
    """Yield each line; None for one that is too long, which is not held."""
    first = True
    while line := file.readline(MAX_ARTICLE_BYTES + 1):
        if first and line.startswith(_UTF16_MARKS):
            raise CorpusError("it is UTF-16, JSONL must be UTF-8; save it as UTF-8")
        if len(line) > MAX_ARTICLE_BYTES:
            while line and not line.endswith(b"\n"):
                line = file.readline(MAX_ARTICLE_BYTES)
            yield None
        else:
            yield line.removeprefix(_UTF8_MARK) if first else line
        first = False


def _article(line: bytes | None, name: str, number: int, names: JsonlFields) -> Article:
    if line is None:
        raise CorpusError(f"the line has more than {MAX_ARTICLE_BYTES:,} bytes; split the article")
    record = _parse(line)
    text = record.get(names.text)
    if not isinstance(text, str) or not text.strip():
        raise CorpusError(f"it has no text in the field {names.text!r}; its fields are {_shown_fields(record)}")

    def field(key: str) -> str | None:
        return text_field(record.get(key), f"the field {key!r}")

    return Article(
        id=id_field(record.get(names.id), f"the field {names.id!r}") or f"{name}:{number}",
        path=name,
        original=valid_text(text, "the text"),
        markup=Markup.PLAIN,
        about=About(
            title=field(names.title),
            source=field(names.source),
            author=field(names.author),
            url=field(names.url),
            published=date_field(record.get(names.published), f"the field {names.published!r}"),
            tags=tags_field(record.get(names.tags), f"the field {names.tags!r}", '["上门", "证件"]'),
        ),
        file_hash=hashlib.sha256(line.rstrip(b"\r\n")).hexdigest(),
    )


def _parse(line: bytes) -> dict[str, object]:
    try:
        record = json.loads(line.decode("utf-8").rstrip("\r\n"))
    except UnicodeDecodeError as error:
        raise CorpusError(
            f"it is not UTF-8 (byte 0x{line[error.start]:02x} at offset {error.start} of the line); save it as UTF-8"
        ) from error
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"it is not JSON ({str(error)[:80]}); write one JSON object a line") from error
    if not isinstance(record, dict):
        raise CorpusError(f'it is a JSON {type(record).__name__}, an object was wanted; write {{"text": "…"}}')
    return record


def _shown_fields(record: dict[str, object]) -> str:
    shown = ", ".join(shown_name(repr(name[:40])) for name in list(record)[:8])
    return shown or "none"
