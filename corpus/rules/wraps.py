"""Join lines that were broken to fit a page."""

import re
from collections.abc import Iterator
from itertools import pairwise

from corpus.records import Edit, Markup
from corpus.rules.page import NUMBER, Line, Page
from corpus.script import HAN

_LEAST_LINES = 6
# Chinese pages have 15 to 60 characters a line; shorter ones are verse or tables, longer ones are not wrapped.
_LEAST_WIDTH, _MOST_WIDTH = 15, 60
# A line this near to the longest one is full.
_FULL = 0.85
_LEAST_SHARE = 0.4
# What closes a sentence, or leads into the next line. Matches "还款。", "如下："; must not match "催收人".
_CLOSED = re.compile(r"[。！？!?；;：:…][”’」』）)\"]*$")
# Matches "3. 证件", "（二）录音", "- 报警", "三、上门"; must not match "3天内".
_BEGINS_ITEM = re.compile(rf"^(?:[-*•·●#|>]|{NUMBER})")
_COLUMNS = re.compile(r"\t|\||  |　")
_ENDS_SENTENCE = re.compile(r"[。！？!?]")
# So many of the lines of running text hold the end of a sentence.
_LEAST_ENDED = 0.25
_HAN_SIDE = re.compile(rf"[{HAN}，。、；：？！（）“”‘’《》]")


def hard_wraps(page: Page) -> Iterator[Edit]:
    """Join the lines of a paragraph that a page's width broke, in plain text.

    Of many lines that are all about as long, "…催收人员应当出示证" and "件，并说明来意。" become one;
    lines that end a sentence, short ones, tables and lists stay.
    """
    if page.markup is not Markup.PLAIN or len(page.lines) < _LEAST_LINES or not _is_running_text(page):
        return
    width = max(line.stop - line.start for line in page.lines)
    breaks = [
        (line, following)
        for line, following in pairwise(page.lines)
        if line.stop - line.start >= _FULL * width and _goes_on(page.text, line, following)
    ]
    if _LEAST_WIDTH <= width <= _MOST_WIDTH and len(breaks) >= _LEAST_SHARE * len(page.lines):
        for line, following in breaks:
            start = line.start + len(page.text[line.start : line.stop].rstrip())
            end = (
                following.start
                + len(page.text[following.start : following.stop])
                - len(page.text[following.start : following.stop].lstrip())
            )
            joint = _HAN_SIDE.match(page.text[start - 1]) or _HAN_SIDE.match(page.text[end])
            yield Edit(start, end, "" if joint else " ", "hard-wrap")


def _is_running_text(page: Page) -> bool:
    """Tell whether the lines are sentences, not the rows of a table or a list of names."""
    if any(_COLUMNS.search(line.plain) for line in page.lines):
        return False
    ended = sum(_ENDS_SENTENCE.search(line.plain) is not None for line in page.lines)
    return ended >= _LEAST_ENDED * len(page.lines)


def _goes_on(text: str, line: Line, following: Line) -> bool:
    return (
        line.end == following.start
        and not _CLOSED.search(text[line.start : line.stop].rstrip())
        and not _BEGINS_ITEM.match(following.plain)
    )
