"""Check articles as an editor would, before they are indexed: what they say of themselves, headings, lengths, links."""

import datetime
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import pairwise
from pathlib import PurePath
from typing import Final
from urllib.parse import urlsplit

from corpus.link_checking import LinkChecker
from corpus.offsets import OffsetMap
from corpus.readers.formats import LINES_SUFFIX, TEXT_SUFFIXES
from corpus.records import Article, CleanArticle, Finding, Heading, Limits, Markup
from corpus.script import HAN
from corpus.structure import LINE_END, MOST_HEADING_CHARACTERS, blocks, marked_headings

# More is no name to type or to read in a log.
MOST_ID_CHARACTERS: Final = 200
# An id stands in addresses and, before "#", in the names of sections.
# Matches "home-visits", "2026/上门.md"; must not match "a b", "a#b", "a?b", "..", "a//b".
_ID = re.compile(r"(?!\.{1,2}(?:/|\Z))[\w.-]+(?:/(?!\.{1,2}(?:/|\Z))[\w.-]+)*")
_CHINESE = re.compile(f"[{HAN}]")
_SHOWN_CHARACTERS = 80


def check_article(cleaned: CleanArticle, links: LinkChecker, limits: Limits) -> Iterator[Finding]:
    """Yield what an editor should mend in one article, as it was read and cleaned.

    Args:
        cleaned: the article; what only its text says of it does not count.
        links: of its folder.
        limits: of its length and date.
    """
    yield from _length(cleaned, limits)
    if cleaned.article.markup is Markup.MARKDOWN:
        places = _Places(cleaned)
        yield from _headings(cleaned, places)
        for start, problem in links.problems(cleaned):
            yield places.of_original(start, problem)


class _Places:
    """Say on which line of its file something stands."""

    def __init__(self, cleaned: CleanArticle) -> None:
        article = cleaned.article
        self._path = article.path
        self._offsets = OffsetMap(cleaned.edits, article.body_start)
        shown = PurePath(article.path).suffix.lower() in TEXT_SUFFIXES
        self._ends = [match.end() for match in LINE_END.finditer(article.original)] if shown else None

    def of_text(self, start: int, problem: str) -> Finding:
        """Return a finding about what begins at a position of the clean text."""
        source, _ = self._offsets.source(start, start + 1)
        return self.of_original(source, problem)

    def of_original(self, start: int, problem: str) -> Finding:
        """Return a finding about what begins at a position of the original."""
        return Finding(self._path, None if self._ends is None else bisect_right(self._ends, start) + 1, problem)


def check_about(article: Article, today: datetime.date) -> Iterator[Finding]:
    """Yield what an editor should mend in what the source of an article says of it."""
    about, place = article.about, _place(article)
    given = {
        # Where a source names none, reading takes the path, with the line in JSONL.
        "id": not _is_made_up(article),
        "title": about.title,
        "source": about.source,
        "published": about.published,
        "tags": any(about.tags),
    }
    missing = [name for name, value in given.items() if not value]
    if missing:
        yield Finding(
            place,
            None,
            f"it lacks {', '.join(missing)}; in Markdown and text, add lines such as `id: …` to the front matter",
        )
    if given["id"] and (len(article.id) > MOST_ID_CHARACTERS or not _ID.fullmatch(article.id)):
        shown = article.id[:_SHOWN_CHARACTERS]
        yield Finding(
            place,
            None,
            f"the id {shown!r} is no path of letters, digits, . - and _ (at most {MOST_ID_CHARACTERS}); rename it",
        )
    if about.published and datetime.date.fromisoformat(about.published) > today:
        yield Finding(place, None, f"published is {about.published}, after today ({today}); correct the date")
    if about.url and not _is_web_address(about.url):
        shown = about.url[:_SHOWN_CHARACTERS]
        yield Finding(place, None, f"url is {shown!r}, an address with http or https was wanted; correct it")


def _is_made_up(article: Article) -> bool:
    """Return whether reading made the id: of the path, in JSONL with the line."""
    lines = re.fullmatch(r"(?P<path>.*):\d+", article.id, re.DOTALL) if _holds_more(article) else None
    return article.path in {article.id, lines["path"] if lines else None}


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def _place(article: Article) -> str:
    """Return the file, and which of its articles where it may hold more."""
    return f"{article.path}, {article.id}" if _holds_more(article) else article.path


def _holds_more(article: Article) -> bool:
    return article.path.lower().endswith(LINES_SUFFIX)


def _length(cleaned: CleanArticle, limits: Limits) -> Iterator[Finding]:
    count = len(_CHINESE.findall(cleaned.text))
    if not limits.least <= count <= limits.most:
        advice = "say more, or join it with another" if count < limits.least else "split it"
        yield Finding(
            _place(cleaned.article),
            None,
            f"it has {count} Chinese characters, {limits.least} to {limits.most} were wanted; {advice}",
        )


def _headings(cleaned: CleanArticle, places: _Places) -> Iterator[Finding]:
    found = marked_headings(cleaned.text)
    if not found:
        advice = "begin each with a line such as `## …`"
        yield Finding(cleaned.article.path, None, f"it has no heading, so it is one section; {advice}")
        return
    for heading in found:
        if not heading.title:
            yield places.of_text(heading.start, "a heading is empty; name the section")
        if len(heading.title) > MOST_HEADING_CHARACTERS:
            given = f"a heading has {len(heading.title)} characters"
            yield places.of_text(heading.start, f"{given}, at most {MOST_HEADING_CHARACTERS} were wanted; shorten it")
    for before, after in pairwise(found):
        if after.level > before.level + 1:
            given = f"{after.title!r} is of level {after.level} below one of level {before.level}"
            yield places.of_text(after.start, f"{given}; leave no level out")
    yield from _empty_sections(cleaned, found, places)
    yield from _repeated_paths(found, places)


def _empty_sections(cleaned: CleanArticle, found: tuple[Heading, ...], places: _Places) -> Iterator[Finding]:
    # A heading without anything below it is a block itself.
    starts = [block.start for block in blocks(cleaned.text, Markup.MARKDOWN)]
    end = Heading(len(cleaned.text), 0, "")
    for heading, following in pairwise((*found, end)):
        filled = bisect_right(starts, heading.start) < bisect_left(starts, following.start)
        if following.level <= heading.level and not filled:
            given = f"nothing stands below {heading.title!r}"
            yield places.of_text(heading.start, f"{given}; fill the section or take it out")


def _repeated_paths(found: tuple[Heading, ...], places: _Places) -> Iterator[Finding]:
    """Tell of sections that judgements cannot tell apart, as far as Markdown marks their headings."""
    above: list[Heading] = []
    seen: set[tuple[str, ...]] = set()
    for heading in found:
        above = [*(one for one in above if one.level < heading.level), heading]
        titles = tuple(one.title for one in above)
        if titles in seen:
            yield places.of_text(
                heading.start, f"{heading.title!r} names a second section here; give each a heading of its own"
            )
        seen.add(titles)
