"""Check the fields that a source gives of its article, wherever they stand."""

import datetime

from corpus.errors import CorpusError
from corpus.unicode import valid_text

_NULL = {"", "~", "null"}


def text_field(value: object, what: str) -> str | None:
    """Return the text without the space around it; None where there is none.

    Args:
        value: what was given; None, "", "~" and "null" mean nothing.
        what: what the value is and where it stands, for the message.

    Raises:
        CorpusError: it is no text.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise CorpusError(f"{what} is a {type(value).__name__}, a text was wanted; put it in quotes")
    return None if value.strip() in _NULL else valid_text(value.strip(), what)


def id_field(value: object, what: str) -> str | None:
    """Return an article's id; None where there is none.

    Raises:
        CorpusError: it is no text, or holds what no address can, such as a line break.
    """
    text = text_field(value, what)
    if text is not None and not text.isprintable():
        raise CorpusError(f"{what} is {text[:40]!r}, printable characters were wanted; give it another")
    return text


def date_field(value: object, what: str) -> str | None:
    """Return the date of an ISO 8601 date or time as `2026-03-01`; None where there is none.

    Raises:
        CorpusError: it is no such text.
    """
    text = text_field(value, what)
    if text is None:
        return None
    try:
        return datetime.datetime.fromisoformat(text).date().isoformat()
    except ValueError as error:
        raise CorpusError(f"{what} is {text[:40]!r}, a date was wanted; write it as 2026-03-01") from error


def tags_field(value: object, what: str, example: str) -> tuple[str, ...]:
    """Return the tags; none where nothing is given.

    Raises:
        CorpusError: it is not a list of texts; the message shows the `example`.
    """
    if value is None or (isinstance(value, str) and value in _NULL):
        return ()
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        raise CorpusError(f"{what} is not a list of texts; write it as {example}")
    return tuple(valid_text(tag.strip(), "the tag") for tag in value)
