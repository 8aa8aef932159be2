"""Find the title that a text begins with, and take out what says it or the outline again."""

import datetime
import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from corpus.records import About, Edit
from corpus.rules.page import NUMBER, Line, Page, without
from corpus.structure import GENERIC_HEADING

_MAX_TITLE = 64
_MIN_TITLE = 6
_DATE = re.compile(r"(?P<year>20\d\d)[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?")
_TIME = re.compile(r"\d{1,2}[:：]\d{2}(?:[:：]\d{2})?")
# A date that lost its dashes. Matches "20254/6"; must not match "2025".
_BROKEN_DATE = re.compile(r"^20\d\d\d{0,2}/\d{1,2}$")
# What says that a date is the page's own, in simplified characters. Matches "发布时间：2024-11-08"; must not
# match "判决日期：2024-11-08", "2024年11月8日被起诉".
_PUBLISHED = re.compile(r"发布|发表|更新|阅读|浏览|来源|编辑")
_BESIDE_DATE = re.compile(r"时间|日期|[于次量]|作者|[\d\s|｜丨:：·,，()（）+-]")
_MAX_BESIDE_DATE = 12
# Matches "来源：某某网", "来源 | 某某号"; must not match "来源不明的电话别接。"
_SOURCE = re.compile(r"^(?:文章|信息|本文|稿件)?来源[ ]?[:：|｜][ ]*(?P<name>\S.{0,40})$")
# Matches "作者：小周", "文 | 小周"; must not match "作者认为还款要紧".
_AUTHOR = re.compile(r"^(?:本文)?(?:作者|文|撰文)[ ]?[:：|｜][ ]*(?P<name>\S{1,20})$")
# Other notes above an article. Matches "阅读量：12345", "3天前", "IP属地：广东", "已有 12 人阅读"; must not
# match "3天前他们来过".
_COUNTER = re.compile(
    r"^(?:(?:阅读|浏览|点击)(?:量|数|次数)?[:：]?[ ]?[\d.]+[万wk+]{0,2}次?"
    r"|\d+[ ]?(?:天|小时|分钟)前|昨天[ ]?\d{1,2}:\d\d"
    r"|\d\d-\d\d[ ]\d\d:\d\d|(?:发布于)?[ ·]?ip[ ]?属地[:：]?[ ]?\S{1,6}|(?:已有)?[ ]?\d+[ ]?人(?:阅读|看过))$",
    re.I,
)
# The first line and these lines after it may be the head of a page.
_MAX_HEAD_LINES = 12
_LEAST_SIMILARITY = 0.85
# A difference in one of these is another claim. Matches "不会" beside "会", "（下）" beside "（上）".
_OPPOSITE = re.compile(r"[不没沒未无無非勿别別上中下]|[\d一二三四五六七八九十百千万两]")
# A title that asks may be asked again, above its answer.
_ASKS = re.compile(r"[吗嗎呢么麼？?]$")
# Shorter parts of a title may well be a section's heading.
_MIN_PART = 8
_NUMBERED = re.compile(f"^{NUMBER}")
_PART_BORDER = re.compile(r"[,，:：;；?？!！|｜—_ -]+")
_LEAST_OUTLINE = 3
# Matches "要做三件事：", the line above a list; must not match "本文目录：", the line above an outline.
_LEADS_IN = re.compile(r"^(?!.*目录).*[:：]$")


def head_of(page: Page) -> About:
    """Return title, source, author and date that the text itself names in its first lines.

    The first line is taken for a title only where something speaks for it: a line with a date or a
    source follows or goes before, or it is said again further down.
    """
    head = _head_lines(page)
    notes = _notes(page, head)
    title = next((line for line in head if line not in notes), None)
    return About(
        title=_as_title(page, title, notes) if title is not None and _may_be_title(title) else None,
        source=next((match["name"] for line in notes if (match := _SOURCE.match(line.plain))), None),
        author=next((match["name"] for line in notes if (match := _AUTHOR.match(line.plain))), None),
        published=next((date for line in notes if (date := _date(line.plain))), None),
    )


def _as_title(page: Page, first: Line, notes: list[Line]) -> str | None:
    following = next((line for line in page.lines if line.start > first.start), None)
    repeated = any(line.key == first.key for line in page.lines if line is not first)
    if repeated or any(line.start < first.start or line is following for line in notes):
        return page.text[first.start : first.stop].strip().lstrip("#").strip()
    return None


def head_notes(page: Page) -> Iterator[Edit]:
    """Take out the lines with date, source and author above an article.

    "银行逾期 2024-11-08 13:47:01" and "来源:小周" go from the first lines; "2024-11-08，他收到短信。" and
    "判决日期：2024-11-08" stay.
    """
    yield from without(page, _notes(page, _head_lines(page)), "head-note")


def title_repeats(page: Page) -> Iterator[Edit]:
    """Take out lines that say the title, which every passage carries as it is.

    Of the title "微粒贷上门:催收方式解析", the line "微粒贷上门:催收方式解析" goes wherever it stands; above
    the first sentence also a part or a rewording of it. "二、微粒贷上门", and below a first sentence a
    title that asks, stay.
    """
    title = _line_of(page.title)
    if title is None or len(title.key) < _MIN_TITLE:
        return
    head = {line.start for line in _head_lines(page)}
    doomed = [line for line in page.lines if _says_title(line, title, line.start in head)]
    # An article that says nothing but its title keeps it.
    if len(doomed) < len(page.lines):
        yield from without(page, doomed, "title-repeat")


def _says_title(line: Line, title: Line, in_head: bool) -> bool:
    if line.key == title.key:
        return in_head or not _ASKS.search(title.plain)
    return in_head and not _NUMBERED.match(line.plain) and _rewords(line, title)


def _rewords(line: Line, title: Line) -> bool:
    """Tell whether a line above the article is a part of its title, or the title in other words."""
    parts = [re.sub(r"[\W_]+", "", part) for part in _PART_BORDER.split(title.plain)]
    if len(line.key) >= _MIN_PART and (line.key in parts or title.key.startswith(line.key)):
        return True
    if len(line.key) > 2 * _MAX_TITLE:
        return False
    # "是不是" asks what "是否" asks; it is no negation.
    old, new = (key.replace("是不是", "是否") for key in (title.key, line.key))
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    changed = [old[a:b] + new[c:d] for kind, a, b, c, d in matcher.get_opcodes() if kind != "equal"]
    return matcher.ratio() >= _LEAST_SIMILARITY and not any(map(_OPPOSITE.search, changed))


def outlines(page: Page) -> Iterator[Edit]:
    """Take out a table of contents: lines in a row before the first sentence, all of which head a part below.

    "一、流程", "二、证件", "三、投诉" above an article with these headings go; a list of three steps
    that the article does not repeat, or that a line leads into, stays.
    """
    first_prose = next((number for number, line in enumerate(page.lines) if line.is_prose), len(page.lines))
    later = {line.key: number for number, line in enumerate(page.lines)}
    run: list[Line] = []
    for number, line in enumerate((*page.lines[:first_prose], None)):
        heads = later[line.key] if line is not None else 0
        # A heading has something below it.
        if line is not None and max(number, first_prose) < heads < len(page.lines) - 1:
            run.append(line)
            continue
        led = run and run[0] is not page.lines[0] and _LEADS_IN.search(page.lines[number - len(run) - 1].plain)
        # What an outline names comes in its order, and once.
        below = [later[member.key] for member in run]
        in_order = all(one < other for one, other in pairwise(below))
        if len(run) >= _LEAST_OUTLINE and in_order and not led:
            yield from without(page, run, "outline")
        run = []


def _line_of(title: str | None) -> Line | None:
    """Return a title as a line; None where it holds no letter."""
    lines = Page(title).lines if title else ()
    return lines[0] if lines else None


def _head_lines(page: Page) -> Sequence[Line]:
    """Return the lines above the first sentence, at most a few."""
    lines = page.lines[:_MAX_HEAD_LINES]
    prose = next((number for number, line in enumerate(lines) if _opens_body(line)), len(lines))
    return lines[:prose]


def _opens_body(line: Line) -> bool:
    return line.is_prose and ("。" in line.plain or len(line.plain) > _MAX_TITLE)


def _notes(page: Page, head: Sequence[Line]) -> list[Line]:
    """Return those of the head's lines that say when and by whom the page was made."""
    bare = [line for line in head if _DATE.fullmatch(line.plain) and not page.text[line.start :].startswith("|")]
    # One date by itself is the page's; several are a course of events.
    alone = bare if len(bare) == 1 and bare[0] in head[:3] else []
    return [line for line in head if line in alone or _is_note(line)]


def _is_note(line: Line) -> bool:
    if any(form.match(line.plain) for form in (_SOURCE, _AUTHOR, _BROKEN_DATE, _COUNTER)):
        return True
    if not _DATE.search(line.plain) or line.is_prose or "|" in line.plain[:1]:
        return False
    if not _TIME.search(line.plain) and not _PUBLISHED.search(line.plain):
        return False
    rest = _BESIDE_DATE.sub("", _PUBLISHED.sub("", _TIME.sub("", _DATE.sub("", line.plain))))
    return len(rest) <= _MAX_BESIDE_DATE


def _date(text: str) -> str | None:
    match = _DATE.search(text)
    try:
        return match and datetime.date(*(int(match[part]) for part in ("year", "month", "day"))).isoformat()
    except ValueError:
        return None


def _may_be_title(line: Line) -> bool:
    return (
        _MIN_TITLE <= len(line.plain) <= _MAX_TITLE
        and "。" not in line.plain
        and not GENERIC_HEADING.match(line.plain)
        and not _NUMBERED.match(line.plain)
    )
