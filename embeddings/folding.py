"""Bring a ranking into the order in which it is shown: copies folded, articles taking turns."""

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from embeddings.records import IdArray, RowArray

# The number of no group of near-duplicates.
ALONE = -1


def folded(groups: IdArray, most: int) -> RowArray:
    """Return the first `most` places in a ranking where none holds a copy of what stands before it.

    Args:
        groups: the number of the group of near-duplicates that each place's row is in, or `ALONE`; best first.
        most: how many.
    """
    kept = groups == ALONE
    if not kept.all():
        kept[np.unique(groups, return_index=True)[1]] = True
    return np.flatnonzero(kept)[:most]


def taking_turns(rows: Sequence[int], article_of: Callable[[int], int], per_article: int) -> list[int]:
    """Return the rows so that an article's next ones come after `per_article` of every other article.

    Within each turn they are in the order given, so that the whole order depends on no page.
    """
    turns: dict[int, list[int]] = defaultdict(list)
    taken: dict[int, int] = defaultdict(int)
    for row in rows:
        article = article_of(row)
        turns[taken[article] // per_article].append(row)
        taken[article] += 1
    return [row for turn in sorted(turns) for row in turns[turn]]
