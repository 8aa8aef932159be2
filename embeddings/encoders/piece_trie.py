"""Hold the pieces of a vocabulary in a trie that is read from the disk as it lies there.

The trie is a double array (Aoe, "An efficient digital search algorithm by using a double-array
structure", 1989): from the cell of a prefix, the symbol behind it leads to the cell `base + symbol`,
if that one names the first as its parent. Of 250,002 pieces it takes 505,198 cells of 12 bytes.
"""

from array import array
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from embeddings.records import IdArray

ROOT = 0
NONE = -1
# What the columns of a trie tell of each cell, in this order.
COLUMNS = ("base", "parent", "piece")
# So many free cells are tried for the children of a prefix before they are put behind all others. The default
# model's 505,198 prefixes take 519,307 cells with 200 or 300, 650,115 with 100, 1,122,946 with 30.
_TRIES = 200


class _Prefix(NamedTuple):
    """Say in which cell a prefix is, how long it is, and which of the sorted pieces begin with it."""

    cell: int
    length: int
    start: int
    stop: int


class _Branch(NamedTuple):
    """Hold the symbols that follow a prefix, and where among the sorted pieces each begins, and the last ends."""

    prefix: _Prefix
    symbols: list[int]
    borders: list[int]


class _Cells:
    """Hand out cells so that all children of one prefix have the same base."""

    def __init__(self, lowest: int) -> None:
        self._lowest = lowest
        self._used = bytearray([1])  # the root's
        # Where the search for so many children begins: in front of it, hardly any found their place.
        self._hints: dict[int, int] = {}

    @property
    def used(self) -> int:
        """Return how many cells there are up to the last that is used."""
        return len(self._used)

    def base(self, symbols: Sequence[int]) -> int:
        """Return a base whose cells for these symbols were free, and take them; no symbol leads below cell 0."""
        size = len(symbols).bit_length()
        cell = self._free(max(self._hints.get(size, 1), symbols[0] - self._lowest))
        tries = 1
        while not all(map(self._is_free, (cell - symbols[0] + symbol for symbol in symbols))):
            # Where little is free, hardly any search succeeds.
            cell = self._free(cell + 1) if tries % _TRIES else self._free(len(self._used))
            tries += 1
        if symbols[0] - self._lowest <= self._hints.get(size, 1) or tries > _TRIES:
            self._hints[size] = cell
        base = cell - symbols[0]
        self._used.extend(bytes(max(0, base + symbols[-1] + 1 - len(self._used))))
        for symbol in symbols:
            self._used[base + symbol] = 1
        return base

    def _free(self, cell: int) -> int:
        found = self._used.find(0, cell)
        return found if found >= 0 else max(cell, len(self._used))

    def _is_free(self, cell: int) -> bool:
        return cell >= len(self._used) or not self._used[cell]


def build_trie(pieces: Iterable[Sequence[int]], lowest: int) -> IdArray:
    """Return the trie of pieces, shape (3, cells) with the rows that `COLUMNS` names.

    A cell that ends no piece has the piece -1, and one that is not used the parent -1. Whatever
    symbol from `lowest` to the greatest is added to a base, there is a cell.

    Args:
        pieces: at least one, with the symbols of each, at least one; of equal pieces the last counts.
        lowest: no symbol is below it.
    """
    ids = {tuple(symbols): id_ for id_, symbols in enumerate(pieces)}
    keys = sorted(ids)
    cells = _Cells(lowest)
    found, bases = array("i"), array("i")
    level = [_Prefix(ROOT, 0, 0, len(keys))]
    while level:
        # Who has many children is placed first, while there is room.
        branches = sorted((_branch(keys, prefix) for prefix in level), key=lambda branch: -len(branch.symbols))
        level = []
        for prefix, symbols, borders in branches:
            base = cells.base(symbols)
            bases.extend((prefix.cell, base))
            for symbol, (start, stop) in zip(symbols, pairwise(borders), strict=True):
                key, length = keys[start], prefix.length + 1
                ends = len(key) == length
                found.extend((base + symbol, prefix.cell, ids[key] if ends else NONE))
                if stop - start > ends:  # longer ones begin with it
                    level.append(_Prefix(base + symbol, length, start, stop))
    greatest = max((symbol for key in keys for symbol in key), default=lowest)
    columns = np.full((len(COLUMNS), cells.used + greatest - lowest + 1), NONE, dtype=np.int32)
    columns[0] = -lowest  # wherever a leaf leads to, it is nobody's parent
    cell, base_of = np.array(bases).reshape(-1, 2).T
    columns[0, cell] = base_of
    cell, *parent_and_piece = np.array(found).reshape(-1, 3).T
    columns[1:, cell] = parent_and_piece
    return columns


def _branch(keys: Sequence[tuple[int, ...]], prefix: _Prefix) -> _Branch:
    symbols: list[int] = []
    borders: list[int] = []
    for place in range(prefix.start, prefix.stop):
        if len(keys[place]) == prefix.length:  # the prefix itself
            continue
        symbol = keys[place][prefix.length]
        if not symbols or symbol != symbols[-1]:
            symbols.append(symbol)
            borders.append(place)
    return _Branch(prefix, symbols, [*borders, prefix.stop])
