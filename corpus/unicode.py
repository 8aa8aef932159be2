"""See that a text is valid Unicode, and show what of it cannot be seen."""

from corpus.errors import CorpusError

# Blanks that Chinese pages are full of; Python does not call them printable.
_WIDE_BLANKS = "\xa0\u3000"


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


def printable(text: str, kept: str = "") -> str:
    r"""Return the text with whatever a terminal or a page would obey or not show written out.

    `"\x1b[31m"` becomes `r"\x1b[31m"`, a right-to-left override `r"\u202e"`, half a character
    `r"\ud800"`; Chinese and its wide blanks stay.

    Args:
        text: that a stranger wrote.
        kept: characters to keep all the same, such as line breaks.
    """
    return "".join(c if c.isprintable() or c in _WIDE_BLANKS or c in kept else escaped(c) for c in text)


def escaped(character: str) -> str:
    """Return a character as Python writes it in ASCII."""
    return character.encode("unicode_escape").decode("ascii")
