"""Check articles as an editor would, before they are indexed: what they say of themselves, headings, lengths, links."""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from corpus.cleaning import clean
from corpus.offsets import OffsetMap
from corpus.readers.formats import LINES_SUFFIX
from corpus.records import Article, CleanArticle, Finding, Heading, Markup
from corpus.script import HAN
from corpus.structure import marked_headings

# Above it, a heading is a sentence, and each passage below it carries it. Ours have at most 22.
MOST_HEADING_CHARACTERS: Final = 40
# An id stands in addresses and, before "#", in the names of sections.
# Matches "home-visits", "2026/上门.md"; must not match "a b", "a#b", "a?b".
_ID = re.compile(r"[\w./-]+")
_CHINESE = re.compile(f"[{HAN}]")
_NO_WORD = re.compile(r"[\W_]+")
# The address within the edit that takes a link's end out. Matches "](a.md)", "](a.md#b "题")"; must not match "[".
_LINK_END = re.compile(r"\]\((?P<address>[^\s()]+)")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bound an article's Chinese characters, and the day that nothing can be published after."""

    least: int
    most: int
    today: datetime.date


def check_article(article: Article, folder: Path, limits: Limits) -> Iterator[Finding]:
    """Yield what an editor should mend in one article.

    Args:
        article: as it was read.
        folder: that its links to other articles start from.
        limits: of its length and date.
    """
    cleaned = clean(article)
    yield from _front_matter(article, limits.today)
    yield from _length(cleaned, limits)
    if article.markup is Markup.MARKDOWN:
        yield from _headings(cleaned)
        yield from _links(cleaned, folder)


def _front_matter(article: Article, today: datetime.date) -> Iterator[Finding]:
    about, place = article.about, _place(article)
    given = {
        # Where a source names none, reading takes the path, with the line in JSONL.
        "id": not f"{article.id}:".startswith(f"{article.path}:"),
        "title": about.title,
        "source": about.source,
        "published": about.published,
        "tags": about.tags,
    }
    missing = [name for name, value in given.items() if not value]
    if missing:
        yield Finding(
            place,
            None,
            f"it lacks {', '.join(missing)}; in Markdown and text, add lines such as `id: …` to the front matter",
        )
    if given["id"] and not _ID.fullmatch(article.id):
        yield Finding(place, None, f"the id {article.id!r} holds more than letters, digits, . / - and _; rename it")
    if about.published and datetime.date.fromisoformat(about.published) > today:
        yield Finding(place, None, f"published is {about.published}, after today ({today}); correct the date")
    if about.url and urlsplit(about.url).scheme not in {"http", "https"}:
        yield Finding(place, None, f"url is {about.url[:80]!r}, an address with http or https was wanted; correct it")


def _place(article: Article) -> str:
    """Return the file, and which of its articles where it may hold more."""
    return f"{article.path}, {article.id}" if article.path.endswith(LINES_SUFFIX) else article.path


def _length(cleaned: CleanArticle, limits: Limits) -> Iterator[Finding]:
    count = len(_CHINESE.findall(cleaned.text))
    if not limits.least <= count <= limits.most:
        advice = "say more, or join it with another" if count < limits.least else "split it"
        yield Finding(
            _place(cleaned.article),
            None,
            f"it has {count} Chinese characters, {limits.least} to {limits.most} were wanted; {advice}",
        )


def _headings(cleaned: CleanArticle) -> Iterator[Finding]:
    found = marked_headings(cleaned.text)
    path = cleaned.article.path
    if not found:
        yield Finding(
            path, None, "it has no heading, so it is one section; begin each section with a line such as `## …`"
        )
        return
    for heading in found:
        if not heading.title:
            yield Finding(path, _line(cleaned, heading.start), "a heading is empty; name the section")
        if len(heading.title) > MOST_HEADING_CHARACTERS:
            given = f"a heading has {len(heading.title)} characters"
            advice = f"at most {MOST_HEADING_CHARACTERS} were wanted; shorten it"
            yield Finding(path, _line(cleaned, heading.start), f"{given}, {advice}")
    for before, after in pairwise(found):
        if after.level > before.level + 1:
            yield Finding(
                path,
                _line(cleaned, after.start),
                f"{after.title!r} is of level {after.level} below one of level {before.level}; leave no level out",
            )
    yield from _empty_sections(cleaned, found)
    yield from _repeated_paths(cleaned, found)


def _empty_sections(cleaned: CleanArticle, found: tuple[Heading, ...]) -> Iterator[Finding]:
    lowest = Heading(len(cleaned.text), 0, "")
    for heading, following in pairwise((*found, lowest)):
        body = cleaned.text[heading.start : following.start].partition("\n")[2]
        if following.level <= heading.level and not body.strip():
            yield Finding(
                cleaned.article.path,
                _line(cleaned, heading.start),
                f"nothing stands below {heading.title!r}; fill the section or take it out",
            )


def _repeated_paths(cleaned: CleanArticle, found: tuple[Heading, ...]) -> Iterator[Finding]:
    """Tell of sections that judgements cannot tell apart."""
    above: list[Heading] = []
    seen: set[tuple[str, ...]] = set()
    for heading in found:
        above = [*(one for one in above if one.level < heading.level), heading]
        titles = tuple(one.title for one in above)
        if titles in seen:
            yield Finding(
                cleaned.article.path,
                _line(cleaned, heading.start),
                f"{heading.title!r} names a second section here; give each a heading of its own",
            )
        seen.add(titles)


def _links(cleaned: CleanArticle, folder: Path) -> Iterator[Finding]:
    article = cleaned.article
    for edit in cleaned.edits:
        match = _LINK_END.match(article.original, edit.start, edit.end) if "markdown-link" in edit.rule else None
        problem = _broken(match["address"], article, folder) if match else None
        if match and problem:
            line = article.original.count("\n", 0, edit.start) + 1
            yield Finding(article.path, line, f"the link to {match['address']} {problem}")


def _broken(address: str, article: Article, folder: Path) -> str | None:
    """Return what is wrong with a link within the folder; None for a good one or one that leads elsewhere."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return None
    target = folder / article.path
    if parts.path:
        target = target.parent / unquote(parts.path)
        if not target.resolve().is_relative_to(folder.resolve()):
            return "leads out of the folder; link to an article in it"
    if not target.is_file():
        return "leads nowhere; correct it"
    if parts.fragment and target.suffix == ".md" and not _has_heading(target, unquote(parts.fragment)):
        return "names no heading there; correct what follows #"
    return None


def _has_heading(target: Path, fragment: str) -> bool:
    """Return whether a heading has these letters and digits; sites differ in what they make of all others."""
    wanted = _NO_WORD.sub("", fragment).casefold()
    text = target.read_text(encoding="utf-8", errors="replace")
    return any(_NO_WORD.sub("", heading.title).casefold() == wanted for heading in marked_headings(text))


def _line(cleaned: CleanArticle, start: int) -> int:
    source, _ = OffsetMap(cleaned.edits, cleaned.article.body_start).source(start, start + 1)
    return cleaned.article.original.count("\n", 0, source) + 1
