"""Define what a rule sees, and the lines of a text."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from corpus.records import Edit, Markup
from corpus.script import to_simplified

# What numbers a line, to stand at the beginning of a pattern. Matches "三、", "（二）", "12.", "第五条"; must
# not match "三方", "2025年".
NUMBER = r"(?:第?[一二三四五六七八九十\d]{1,3}[、.．)）章节条]|[（(][一二三四五六七八九十\d]{1,3}[)）])"
_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")
# What Markdown and bullet lists put in front of a line. Matches "## ", "- ", "> ", "• ".
_MARKER = re.compile(r"^(?:[#>*•·●■◆▪\-+]+[ \t]+|[•·●■◆▪])+")
# Matches a line of running text: "他们不能骂人。", "第一，先核实身份，再谈"; must not match "三、上门催收".
_SENTENCE_MARK = re.compile(r"[。！？；…]|[，,].*[，,。]")
_NOT_A_WORD = re.compile(r"[\W_]+")
_LONG_LINE = 60


@dataclass(frozen=True, slots=True)
class Line:
    """Hold one line: `text[start:stop]` without its line end, `text[start:end]` with it.

    `plain` is the line in simplified characters, without surrounding white space, Markdown's and
    list markers: for recognising it, not for counting positions.
    """

    start: int
    stop: int
    end: int
    plain: str

    @property
    def is_prose(self) -> bool:
        """Tell whether the line is running text rather than a heading, a menu or a link."""
        return len(self.plain) > _LONG_LINE or _SENTENCE_MARK.search(self.plain) is not None

    @property
    def key(self) -> str:
        """Return the line's letters and digits alone, to compare lines by."""
        return _NOT_A_WORD.sub("", self.plain)


@dataclass(frozen=True)
class Page:
    """Hold an article's text as the rules before have left it; not slotted, so that its lines are found once."""

    text: str
    markup: Markup = Markup.PLAIN
    title: str | None = None

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Return the lines that hold more than white space."""
        simplified = (match[1] for match in _LINE.finditer(to_simplified(self.text)))
        lines = (
            Line(match.start(), match.end(1), match.end(), _MARKER.sub("", plain.strip()).strip())
            for match, plain in zip(_LINE.finditer(self.text), simplified, strict=True)
        )
        return tuple(line for line in lines if line.plain)


def words(text: str) -> frozenset[str]:
    """Return the words of a text, which white space parts."""
    return frozenset(text.split())


def without(page: Page, lines: Iterable[Line], rule: str) -> Iterator[Edit]:
    """Yield the edits that take lines out, one for each run of them with the empty lines between."""
    doomed = {line.start for line in lines}
    run: list[Line] = []
    for line in (*page.lines, None):
        if line is not None and line.start in doomed:
            run.append(line)
        elif run:
            yield Edit(run[0].start, run[-1].end, "", rule)
            run = []
