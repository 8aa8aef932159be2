"""Convert traditional Chinese to simplified."""

from functools import cache

from opencc import OpenCC


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


def to_simplified(text: str) -> str:
    """Return the text in simplified characters, words that differ included (OpenCC's t2s).

    The text must hold no lone surrogate.
    """
    return str(_converter().convert(text))
