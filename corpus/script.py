"""Know Chinese characters, and convert traditional to simplified ones."""

from functools import cache

from opencc import OpenCC

# Chinese characters, to stand within the brackets of a pattern.
HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af〇"


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


def to_simplified(text: str) -> str:
    """Return the text in simplified characters, words that differ included (OpenCC's t2s).

    The text must hold no lone surrogate.
    """
    return str(_converter().convert(text))
