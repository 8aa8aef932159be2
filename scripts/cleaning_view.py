"""Lay an article's original and its clean text side by side; pure functions that every output draws from."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from corpus.records import Article, CleanArticle
from corpus.unicode import escaped, printable

# How many unedited lines stay in sight before and after an edited one.
CONTEXT_LINES = 2
LINE_BREAK = "⏎"
BLANK = "␣"
# Blanks that nobody sees at the border of an edit, and the second of a pair.
_UNSEEN_BLANKS = re.compile(r"^ +| +$| {2,}", re.MULTILINE)
# Letters and marks that draw nothing: fillers, joiners, variation selectors. Matches "\u3164"; must not match "\u0301".
_UNSEEN = re.compile(r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]")


@dataclass(frozen=True, slots=True)
class Segment:
    """Hold a stretch of the original and what became of it; `rule` is None where it was kept as it was."""

    original: str
    clean: str
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Hold the fewest whole lines that begin and end at a line's border in both texts.

    `number` is the first one's line number in the original. Line breaks within a row belong to edits.
    """

    number: int
    segments: tuple[Segment, ...]

    @property
    def is_edited(self) -> bool:
        """Return whether any rule changed the row."""
        return any(segment.rule is not None for segment in self.segments)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Hold consecutive rows; a hidden one is unedited and can be shown as a count."""

    rows: tuple[Row, ...]
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class RuleCount:
    """Count one rule's edits, the characters it took out and those it put in."""

    rule: str
    edits: int
    removed: int
    put_in: int


def segments(clean: CleanArticle) -> Iterator[Segment]:
    """Yield the whole body in order, each edit as one segment and what lies between edits as another."""
    original = clean.article.original
    position = clean.article.body_start
    for edit in clean.edits:
        if position < edit.start:
            kept = original[position : edit.start]
            yield Segment(kept, kept)
        yield Segment(original[edit.start : edit.end], edit.replacement, edit.rule)
        position = edit.end
    if position < len(original):
        yield Segment(original[position:], original[position:])


def rows(clean: CleanArticle) -> Iterator[Row]:
    """Yield the body row by row."""
    number = 1 + clean.article.original.count("\n", 0, clean.article.body_start)
    row: list[Segment] = []
    for segment in _cut_at_lines(segments(clean)):
        row.append(segment)
        if _ends_lines(row):
            yield Row(number, tuple(row))
            number += sum(part.original.count("\n") for part in row)
            row = []
    if row:
        yield Row(number, tuple(row))


def _cut_at_lines(whole: Iterable[Segment]) -> Iterator[Segment]:
    for segment in whole:
        if segment.rule is None:
            yield from (Segment(line, line) for line in re.findall(r".*\n|.+", segment.original))
        else:
            yield segment


def _ends_lines(row: list[Segment]) -> bool:
    """Return whether a line ends here in both texts; where all was deleted, it ended before the row."""
    last = row[-1]
    if not next((segment.clean for segment in reversed(row) if segment.clean), "\n").endswith("\n"):
        return False
    # Old files end a line by \r alone, and a rule may have made a line break of it.
    return last.original.endswith("\n") or (last.original.endswith("\r") and last.clean.endswith("\n"))


def stretches(whole: Iterable[Row], context: int = CONTEXT_LINES) -> Iterator[Stretch]:
    """Yield the rows in order, those hidden that lie more than `context` rows from an edited one.

    A lone row is never hidden: its count would take as much room.
    """
    all_rows = list(whole)
    near = {
        place + distance
        for place, row in enumerate(all_rows)
        if row.is_edited
        for distance in range(-context, context + 1)
    }
    for is_near, places in groupby(range(len(all_rows)), key=near.__contains__):
        stretch = tuple(all_rows[place] for place in places)
        yield Stretch(stretch, is_hidden=not is_near and len(stretch) > 1)


def count_rules(articles: Iterable[CleanArticle]) -> tuple[RuleCount, ...]:
    """Return what each rule did to the articles, the rule with most edits first."""
    edits: Counter[str] = Counter()
    removed: Counter[str] = Counter()
    put_in: Counter[str] = Counter()
    for edit in (edit for clean in articles for edit in clean.edits):
        edits[edit.rule] += 1
        removed[edit.rule] += edit.end - edit.start
        put_in[edit.rule] += len(edit.replacement)
    order = sorted(edits, key=lambda rule: (-edits[rule], rule))
    return tuple(RuleCount(rule, edits[rule], removed[rule], put_in[rule]) for rule in order)


def total(counts: Sequence[RuleCount]) -> RuleCount:
    """Return what all rules did together."""
    return RuleCount(
        "all",
        sum(count.edits for count in counts),
        sum(count.removed for count in counts),
        sum(count.put_in for count in counts),
    )


def heading(article: Article) -> str:
    """Return an article's path, title and id on one line, each only where it says something new."""
    title = f": {article.about.title}" if article.about.title else ""
    id_ = f" (id {article.id})" if article.id != article.path else ""
    return printable(f"{article.path}{title}{id_}")


def kept_text(segment: Segment) -> str:
    """Return how a kept segment is shown: without its line break, for its row ends there."""
    return printable(segment.original.removesuffix("\n"))


def edited_text(text: str) -> str:
    """Return how a deleted text or a replacement is shown: its blanks and line breaks are to be seen.

    A break is a sign and, but at the end, a new line.
    """
    marked = _UNSEEN_BLANKS.sub(lambda match: BLANK * len(match[0]), text)
    shown = "".join(c if c == "\n" or (c.isprintable() and not _UNSEEN.match(c)) else escaped(c) for c in marked)
    return shown.replace("\n", f"{LINE_BREAK}\n").removesuffix("\n")
