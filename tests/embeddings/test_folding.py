"""The order in which a ranking is shown: by hand, and what holds of every ranking."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from embeddings.folding import ALONE, folded, taking_turns

ARTICLES = st.lists(st.integers(0, 5), max_size=60)
GROUPS = st.lists(st.sampled_from([ALONE, 0, 1, 2]), max_size=60)


def places(groups: list[int], most: int) -> list[int]:
    return [int(place) for place in folded(np.array(groups, dtype=np.int32), most)]


def test_copies_are_folded_into_the_first() -> None:
    assert places([ALONE, 0, 1, 0, 1, ALONE], 10) == [0, 1, 2, 5]
    # Groups are told apart by their numbers, in whichever order they come.
    assert places([7, 3, 7, 3], 10) == [0, 1]


def test_no_more_than_wanted() -> None:
    assert places([0, 0, ALONE, ALONE], 2) == [0, 2]
    assert places([ALONE, ALONE], 1) == [0]
    assert places([], 3) == []


def test_turns_by_hand() -> None:
    # Row 10 is of article 1, and so on.
    rows = [10, 11, 20, 12, 21, 30, 13]
    article = {row: row // 10 for row in rows}.__getitem__
    assert taking_turns(rows, article, 1) == [10, 20, 30, 11, 21, 12, 13]
    assert taking_turns(rows, article, 2) == [10, 11, 20, 21, 30, 12, 13]
    assert taking_turns(rows, article, 4) == rows
    assert taking_turns([], article, 1) == []


@given(ARTICLES, st.integers(1, 5))
def test_the_whole_order_is_a_permutation(articles: list[int], per_article: int) -> None:
    rows = range(len(articles))
    assert sorted(taking_turns(rows, articles.__getitem__, per_article)) == list(rows)


@given(ARTICLES, st.integers(1, 5))
def test_an_article_waits_for_all_others_after_its_turn(articles: list[int], per_article: int) -> None:
    taken: Counter[int] = Counter()
    turns: list[tuple[int, int]] = []
    for row in taking_turns(range(len(articles)), articles.__getitem__, per_article):
        turns.append((taken[articles[row]] // per_article, row))
        taken[articles[row]] += 1
    # No second turn before the end of the first; within a turn the order given, which is that of the rows here.
    assert turns == sorted(turns)
    within = Counter((turn, articles[row]) for turn, row in turns)
    assert all(count <= per_article for count in within.values())


@given(ARTICLES, st.integers(1, 5), st.integers(0, 60))
def test_what_ranks_lower_never_moves_what_ranks_higher(articles: list[int], per_article: int, kept: int) -> None:
    """The first turn of a longer ranking begins as that of a shorter one: what follows changes no place among those."""
    longer = taking_turns(range(len(articles)), articles.__getitem__, per_article)
    shorter = taking_turns(range(min(kept, len(articles))), articles.__getitem__, per_article)
    assert [row for row in longer if row < kept] == shorter


@given(ARTICLES, st.integers(1, 5), st.integers(1, 61))
def test_pages_of_any_size_cover_the_same_order(articles: list[int], per_article: int, size: int) -> None:
    def page(offset: int) -> list[int]:
        return taking_turns(range(len(articles)), articles.__getitem__, per_article)[offset : offset + size]

    paged = [row for offset in range(0, len(articles), size) for row in page(offset)]
    assert paged == taking_turns(range(len(articles)), articles.__getitem__, per_article)


@given(GROUPS, st.integers(1, 60))
def test_of_each_group_the_first_is_kept(groups: list[int], most: int) -> None:
    whole = [place for place, group in enumerate(groups) if group == ALONE or group not in groups[:place]]
    assert places(groups, len(groups) + 1) == whole
    # Fewer are the beginning of more.
    assert places(groups, most) == whole[:most]
