"""Choose the reader of a file by its suffix."""

from collections.abc import Callable
from typing import NamedTuple

from corpus.errors import CorpusError
from corpus.readers.contract import Reader

# ruff: noqa: PLC0415 -- a table of engines: who reads Markdown pays for no HTML library


class Engine(NamedTuple):
    """Say how to get a reader, and which extra holds the packages it needs."""

    load: Callable[[], Reader]
    extra: str


def _markdown() -> Reader:
    from corpus.readers.plain import read_markdown

    return read_markdown


def _text() -> Reader:
    from corpus.readers.plain import read_text

    return read_text


def _web_page() -> Reader:
    from corpus.readers.web_page import read_web_page

    return read_web_page


def _word() -> Reader:
    from corpus.readers.word import read_word

    return read_word


def _pdf() -> Reader:
    from corpus.readers.pdf import read_pdf

    return read_pdf


ENGINES = {
    ".md": Engine(_markdown, "build"),
    ".markdown": Engine(_markdown, "build"),
    ".txt": Engine(_text, "build"),
    ".html": Engine(_web_page, "build"),
    ".htm": Engine(_web_page, "build"),
    ".docx": Engine(_word, "documents"),
    ".pdf": Engine(_pdf, "documents"),
}
LINES_SUFFIX = ".jsonl"
MARKDOWN_SUFFIXES = frozenset(suffix for suffix, engine in ENGINES.items() if engine.load is _markdown)
# What is read as it stands; of all other files, text is taken out, whose lines are not the file's.
TEXT_SUFFIXES = MARKDOWN_SUFFIXES | frozenset(suffix for suffix, engine in ENGINES.items() if engine.load is _text)
SUFFIXES = frozenset((*ENGINES, LINES_SUFFIX))


def reader_of(suffix: str) -> Reader:
    """Return the reader of files whose names end in `suffix`, in lower case.

    Raises:
        CorpusError: there is none, or a package that it needs is not installed.
    """
    engine = ENGINES.get(suffix)
    if engine is None:
        raise CorpusError(f"files ending in {suffix!r} are not read; the kinds are {', '.join(sorted(SUFFIXES))}")
    try:
        return engine.load()
    except ModuleNotFoundError as error:
        raise CorpusError(
            f"to read {suffix} files the package {error.name} is wanted; run: pip install '.[{engine.extra}]'"
        ) from error
