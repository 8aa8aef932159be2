"""Choose articles by what is said of them, before anything is searched."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.normalising import normalise
from embeddings.errors import QuestionError

# The ordinal of no day: the first of all is 1.
_NO_DAY = 0


class FilterError(QuestionError):
    """Report filters that cannot be applied."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Name the articles whose passages may be found.

    Of a field's values any one is enough; all fields that are given must hold. Tags and sources
    are compared in the form in which questions are, without regard to case: 上門 is 上门. Ids are
    compared as they stand. Both dates belong to the range; an article without one is in no range.

    Raises:
        FilterError: a date is none, the range is empty, or a text is no valid Unicode.
    """

    tags: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    published_from: str | None = None
    published_to: str | None = None

    def __post_init__(self) -> None:
        for name, values in (("tags", self.tags), ("sources", self.sources), ("articles", self.articles)):
            _check_texts(name, values)
        first, last = _day(self.published_from, "published_from"), _day(self.published_to, "published_to")
        if _NO_DAY < last < first:
            raise FilterError(
                f"published_from is {self.published_from}, after published_to, which is {self.published_to}, "
                "a first and a last day were wanted; exchange the two"
            )

    @property
    def given(self) -> bool:
        """Return whether any field is given, so that not all articles need match."""
        return self != Filters()


class ArticleFacts(NamedTuple):
    """Hold what filters look at, of one article; `published` is an ISO 8601 date."""

    id: str
    source: str | None
    published: str | None
    tags: tuple[str, ...]


class FacetValue(NamedTuple):
    """Name a tag or a source, as most articles write it, and count the articles that have it."""

    name: str
    articles: int


class ArticleFacets:
    """Tell which articles match filters; articles are numbered from 0 as they are given.

    `tags` and `sources` are those that there are, the most frequent first; what filters take for the same is one.
    """

    def __init__(self, articles: Iterable[ArticleFacts]) -> None:
        ids: dict[str, list[int]] = {}
        sources: dict[str, list[int]] = defaultdict(list)
        tags: dict[str, list[int]] = defaultdict(list)
        days: list[int] = []
        for number, article in enumerate(articles):
            ids[article.id] = [number]
            if article.source is not None:
                sources[article.source].append(number)
            for tag in article.tags:
                tags[tag].append(number)
            days.append(_day(article.published, "published"))
        self._ids, self._sources, self._tags = ids, _compared(sources), _compared(tags)
        self.tags, self.sources = _counted(tags, self._tags), _counted(sources, self._sources)
        self._days = np.array(days, dtype=np.int32)

    def matching(self, filters: Filters) -> NDArray[np.bool_]:
        """Return whether each article matches, shape (articles,)."""
        matching = np.ones(len(self._days), dtype=bool)
        for holders, values in (
            (self._ids, filters.articles),
            (self._sources, [_comparable(source) for source in filters.sources]),
            (self._tags, [_comparable(tag) for tag in filters.tags]),
        ):
            if values:
                matching &= self._holding(holders, values)
        if filters.published_from is not None:
            matching &= self._days >= _day(filters.published_from, "published_from")
        if filters.published_to is not None:
            matching &= (self._days > _NO_DAY) & (self._days <= _day(filters.published_to, "published_to"))
        return matching

    def _holding(self, holders: Mapping[str, list[int]], values: Sequence[str]) -> NDArray[np.bool_]:
        """Return whether each article is a holder of any of the values."""
        holding = np.zeros(len(self._days), dtype=bool)
        for value in values:
            holding[holders.get(value, [])] = True
        return holding


def _compared(holders: Mapping[str, list[int]]) -> dict[str, list[int]]:
    """Return the holders of what is the same when it is compared together."""
    compared: dict[str, list[int]] = defaultdict(list)
    for value, numbers in holders.items():
        compared[_comparable(value)].extend(numbers)
    return dict(compared)


def _counted(written: Mapping[str, list[int]], compared: Mapping[str, list[int]]) -> tuple[FacetValue, ...]:
    # Of what is compared as one, the name that was written most often.
    names = {_comparable(name): name for name in sorted(written, key=lambda name: (len(written[name]), name))}
    values = (FacetValue(name, len(set(compared[key]))) for key, name in names.items())
    return tuple(sorted(values, key=lambda value: (-value.articles, value.name)))


def _comparable(text: str) -> str:
    """Return the form that is compared: of " 上門 APP" that is "上门 app", of "上门app" another."""
    return normalise(text).strip().casefold()


def _check_texts(name: str, values: Sequence[str]) -> None:
    for value in values:
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise FilterError(f"{name} holds half a character (a lone surrogate); send valid Unicode") from error


def _day(text: str | None, name: str) -> int:
    """Return the ordinal of a day that is written as 2026-03-01, `_NO_DAY` of none."""
    if text is None:
        return _NO_DAY
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        day = None
    # Python also reads 20260301 and 2026-W09-7, which nobody else does.
    if day is None or day.isoformat() != text:
        raise FilterError(f"{name} is {text[:40]!r}, a day was wanted; write it as 2026-03-01")
    return day.toordinal()
