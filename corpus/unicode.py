"""See that a text is valid Unicode."""

from corpus.errors import CorpusError


def valid_text(text: str, what: str) -> str:
    """Return the text unchanged.

    Args:
        text: from an escape, a file name or the like, where half a character can hide.
        what: what the text is, for the message.

    Raises:
        CorpusError: it holds a lone surrogate, which no file and no encoder can take.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        shown = text[:40].encode("utf-8", "backslashreplace").decode("utf-8")
        raise CorpusError(f"{what} {shown!r} holds half a character (a lone surrogate); write valid UTF-8") from error
    return text
