"""Bring texts into the form in which they are indexed and asked."""

import re
import unicodedata

from corpus.script import to_simplified

# Stands for words that a filter took out of an article, however many; never shown to an encoder.
BLANK_MARK = "□"
# Everything but the punctuation that Chinese text is written with: models have learned it as it is.
_FOLDED = re.compile(r"[^，；：？！（）…]+")
_SPACES = re.compile(r"[ \t\u3000]+")


def normalise(text: str) -> str:
    """Return the form of a text that is compared: simplified, width and compatibility forms folded.

    Questions and passages go through the same, so that "三個月ＡＰＰ" finds "三个月APP". Lines
    stay lines. A reader is never shown the result.
    """
    folded = _FOLDED.sub(lambda run: unicodedata.normalize("NFKC", run[0]), text.replace(BLANK_MARK, " "))
    return _SPACES.sub(" ", to_simplified(folded))
