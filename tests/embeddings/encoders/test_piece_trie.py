"""A trie in two arrays."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from embeddings.encoders.piece_trie import NONE, ROOT, build_trie
from embeddings.records import IdArray

Rows = list[list[int]]


def rows(trie: IdArray) -> Rows:
    found: Rows = trie.tolist()
    return found


def walk(trie: Rows, symbols: Sequence[int]) -> int | None:
    """Return the piece at the end of the symbols, -1 for a prefix that is none, None where there is no such prefix."""
    base, parent, piece = trie
    cell = ROOT
    for symbol in symbols:
        below = base[cell] + symbol
        if parent[below] != cell:
            return None
        cell = below
    return piece[cell]


def test_by_hand() -> None:
    trie = rows(build_trie([(1, 2), (1,), (2, 1, 1)], lowest=1))
    assert walk(trie, [1]) == 1
    assert walk(trie, [1, 2]) == 0
    assert walk(trie, [2]) == walk(trie, [2, 1]) == NONE
    assert walk(trie, [2, 1, 1]) == 2
    assert walk(trie, [2, 2]) is None
    assert walk(trie, [1, 2, 1]) is None


def test_the_last_of_equal_pieces_counts() -> None:
    assert walk(rows(build_trie([(5,), (6,), (5,)], lowest=5)), [5]) == 2


SYMBOLS = st.integers(90, 120)
PIECES = st.lists(st.lists(SYMBOLS, min_size=1, max_size=4), min_size=1, max_size=80)


@given(PIECES, st.lists(st.lists(SYMBOLS, min_size=1, max_size=5), max_size=40))
def test_pieces_and_prefixes_are_found_and_nothing_else(pieces: list[list[int]], others: list[list[int]]) -> None:
    pieces = [*pieces, [120]]  # no symbol is greater
    trie = rows(build_trie(pieces, lowest=90))
    ids = {tuple(piece): id_ for id_, piece in enumerate(pieces)}
    prefixes = {tuple(piece[:length]) for piece in pieces for length in range(1, len(piece) + 1)}
    for symbols in [*map(tuple, others), *prefixes]:
        assert walk(trie, symbols) == (ids.get(symbols, NONE) if symbols in prefixes else None)


@given(PIECES)
def test_every_symbol_leads_to_some_cell(pieces: list[list[int]]) -> None:
    trie = build_trie(pieces, lowest=80)
    greatest = max(max(piece) for piece in pieces)
    assert trie[0].min() + 80 >= 0
    assert trie[0].max() + greatest < trie.shape[1]


def test_many_children_and_little_room() -> None:
    # Each of 300 symbols is followed by each third of them, so that places have to be searched for.
    pieces = [(first, second) for first in range(300) for second in range(first % 3, 300, 3)]
    trie = rows(build_trie(pieces, lowest=0))
    assert [walk(trie, piece) for piece in pieces] == list(range(len(pieces)))
    assert len(trie[0]) < 2 * len(pieces)
