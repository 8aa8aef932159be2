"""Bring a ranking into the order in which it is shown: copies folded, articles taking turns."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence


def folded(rows: Sequence[int], groups: Mapping[int, str], most: int) -> list[int]:
    """Return the first `most` rows of which none is a copy of one before.

    Args:
        rows: best first.
        groups: the group of near-duplicates of each row that is in one.
        most: how many.
    """
    if not groups:
        return list(rows[:most])
    seen: set[str] = set()
    kept: list[int] = []
    for row in rows:
        group = groups.get(row)
        if group not in seen:
            kept.append(row)
        if group is not None:
            seen.add(group)
        if len(kept) == most:
            break
    return kept


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
