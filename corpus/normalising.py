"""Bring texts into the form in which they are indexed and asked."""

import re
import unicodedata

from corpus.numerals import with_digits
from corpus.script import to_simplified

# Stands for words that a filter took out of an article, however many; never shown to an encoder.
BLANK_MARK = "□"
# Everything but the punctuation that Chinese text is written with: models have learned it as it is.
_FOLDED = re.compile(r"[^，；：？！（）…]+")
# Soft hyphen, zero-width and direction marks, variation selectors, keycaps, tags. 还\u200b款 is 还款.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20e3\ufe00-\ufe0f\ufeff"
    "\U000e0000-\U000e01ef]+"
)
# Emoji and pictures, and lone surrogates, which nothing after this could read. 急😭😭 is 急; → and ① are text.
_PICTURES = re.compile(
    "[\ud800-\udfff\u231a-\u231b\u23e9-\u23fa\u2600-\u27bf\u2b05-\u2b07\u2b1b-\u2b55\U0001f000-\U0001faff]+"
)
# Forms of one mark that nobody chooses with a meaning: 「逾期」, 『逾期』 and “逾期” are one.
_MARKS = str.maketrans(
    {
        **dict.fromkeys("「『〝﹁﹃„‟", "“"),
        **dict.fromkeys("」』〞〟﹂﹄", "”"),
        **dict.fromkeys("‘’‚‛`´′", "'"),
        **dict.fromkeys("‐‑‒–−⁃", "-"),
        **dict.fromkeys("―─━⸺⸻", "—"),
        **dict.fromkeys("〜∼˜∽", "~"),
        **dict.fromkeys("【〔〖〘", "["),
        **dict.fromkeys("】〕〗〙", "]"),
        **dict.fromkeys("〈«", "《"),
        **dict.fromkeys("〉»", "》"),
        **dict.fromkeys("•・‧∙⋅●", "·"),
        "⋯": "…",
    }
)
_STRAIGHT_PAIR = re.compile(r'"([^"\n]*)"')
_LONG_DASH = re.compile("—{2,}")
_SPACES = re.compile(r"[ \t\u3000]+")


def normalise(text: str) -> str:
    """Return the form of a text that an encoder reads: simplified, width and compatibility forms folded.

    Questions and passages go through the same, so that "三個月ＡＰＰ😭" finds "三个月APP". Quotes,
    dashes, tildes, brackets and middle dots take one form each; emoji become a space. Lines stay
    lines; twice gives what once gives; no text raises. A reader is never shown the result.
    """
    return _settled(_folded(text))


def comparable(text: str) -> str:
    """Return the form of a text whose words are compared: normalised, without case, numbers in digits.

    "欠了两千塊" and "欠了2,000块" become "欠了2000块"; "万一" stays. Lines stay lines; twice gives
    what once gives; no text raises.
    """
    # Folding case can undo what the first folding did: ẖ is one character, H̱ is two.
    return with_digits(_settled(_folded(_folded(text).casefold())))


def _folded(text: str) -> str:
    visible = _INVISIBLE.sub("", text.replace(BLANK_MARK, " "))
    return _PICTURES.sub(" ", _FOLDED.sub(lambda run: unicodedata.normalize("NFKC", run[0]), visible))


def _settled(text: str) -> str:
    marked = _LONG_DASH.sub("—", _STRAIGHT_PAIR.sub(r"“\1”", _simplified(text).translate(_MARKS)))
    return _SPACES.sub(" ", marked)


def _simplified(text: str) -> str:
    """Convert until nothing changes: 薴 becomes 苧, and only then 苎."""
    simplified = to_simplified(text)
    return simplified if simplified == text else to_simplified(simplified)
