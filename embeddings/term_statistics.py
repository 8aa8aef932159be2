"""Learn from texts what BM25 must know of all of them before it can weigh a term in one."""

import re
from array import array
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from corpus.script import HAN

_HAN_WORD = re.compile(f"[{HAN}]+")
Split = Callable[[str], Sequence[str]]


class TermStatistics:
    """Learn from texts, one by one; keeps 4 bytes a text, and each different term and word.

    Args:
        split: gives the terms of a text.
        cut: gives its words. Those of Chinese characters are kept: a dictionary bounds their number.
    """

    def __init__(self, split: Split, cut: Split) -> None:
        self.split = split
        self._cut = cut
        # Terms are numbered as they come.
        self.vocabulary: dict[str, int] = {}
        self.words: Counter[str] = Counter()
        self._holders = array("q")
        self._lengths = array("i")

    def add(self, text: str) -> None:
        """Learn from the next text."""
        terms = self.split(text)
        self._lengths.append(len(terms))
        self.words.update({word for word in self._cut(text) if _HAN_WORD.fullmatch(word)})
        for term in dict.fromkeys(terms):
            number = self.vocabulary.setdefault(term, len(self.vocabulary))
            if number == len(self._holders):
                self._holders.append(1)
            else:
                self._holders[number] += 1

    @property
    def holders(self) -> NDArray[np.int64]:
        """Return how many texts hold each term."""
        return np.array(self._holders, dtype=np.int64)

    @property
    def lengths(self) -> NDArray[np.int32]:
        """Return how many terms each text has."""
        return np.array(self._lengths, dtype=np.int32)
