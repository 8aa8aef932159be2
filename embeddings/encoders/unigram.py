"""Cut a text into the likeliest pieces of a vocabulary, as `tokenizers` does."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.encoders.piece_trie import NONE, ROOT
from embeddings.records import IdArray


class Piece(NamedTuple):
    """Say which of the symbols make up a piece, from `start` up to `stop`, and its id."""

    start: int
    stop: int
    id: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """Say which id stands for symbols that no piece has, and the log-probability of one: below all pieces'."""

    id: int
    score: float


class Unigram:
    """Find the pieces with the greatest sum of log-probabilities (Kudo, "Subword Regularization", 2018, section 3.2).

    The numbers are read from where they lie, which may be a memory-mapped file; nothing is ever
    changed, so that threads may share it.
    """

    def __init__(self, trie: IdArray, scores: NDArray[np.float64], unknown: Unknown) -> None:
        # An item of a memoryview is an int of Python, in a third of the time that one of numpy's takes.
        self._base, self._parent, self._piece = trie[0].data, trie[1].data, trie[2].data
        self._scores = scores.data
        self._unknown = unknown

    def cut(self, symbols: Sequence[int]) -> list[Piece]:
        """Return the pieces of a word in their order.

        Of ways with equal sums the one whose last piece is longest is taken, and neighbours that are
        unknown are one piece: so does `tokenizers` (models/unigram/model.rs), whose sums are made in
        the same order.

        Args:
            symbols: from the lowest that the trie was built for to the greatest.
        """
        starts, ids = self._best_ways(symbols)
        pieces: list[Piece] = []
        stop = len(symbols)
        while stop > 0:
            start, id_ = starts[stop], ids[stop]
            if id_ == self._unknown.id:
                while start > 0 and ids[start] == id_:
                    start = starts[start]
                id_ = self._id_of(symbols[start:stop])
            pieces.append(Piece(start, stop, id_))
            stop = start
        pieces.reverse()
        return pieces

    def _best_ways(self, symbols: Sequence[int]) -> tuple[list[int], list[int]]:
        """Return for each place where the last piece of the best way to it begins, and the piece's id."""
        base, parent, piece, scores = self._base, self._parent, self._piece, self._scores
        count = len(symbols)
        sums = [0.0] + [-inf] * count
        starts, ids = [0] * (count + 1), [self._unknown.id] * (count + 1)
        for start in range(count):
            here = sums[start]
            cell = ROOT
            for stop in range(start + 1, count + 1):
                below = base[cell] + symbols[stop - 1]
                if parent[below] != cell:
                    break
                cell = below
                id_ = piece[cell]
                if id_ != NONE:
                    score = scores[id_] + here
                    if score > sums[stop]:
                        sums[stop], starts[stop], ids[stop] = score, start, id_
            # Any piece of one symbol is likelier than an unknown one, and was here before.
            score = self._unknown.score + here
            if score > sums[start + 1]:
                sums[start + 1], starts[start + 1], ids[start + 1] = score, start, self._unknown.id
        return starts, ids

    def _id_of(self, symbols: Sequence[int]) -> int:
        """Return the id of what is one piece: that of unknown ones, unless they spell a piece together."""
        cell = ROOT
        for symbol in symbols:
            below = self._base[cell] + symbol
            if self._parent[below] != cell:
                return self._unknown.id
            cell = below
        return self._unknown.id if self._piece[cell] == NONE else self._piece[cell]
