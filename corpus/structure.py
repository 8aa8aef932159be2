"""Find the blocks of a clean text and the headings that each stands under."""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from corpus.records import Block, BlockKind, Heading, Markup
from corpus.script import to_simplified

LINE_END = re.compile(r"\r\n|\n|\r")
# Longer lines are sentences, not headings; the headings of our own articles have at most 22.
MOST_HEADING_CHARACTERS = 40
# Numbered lines that people use as headings in plain text, with their level.
# Matches "三、上门催收", "（二）证件", "3.1 短信"; must not match "2025年逾期的人", "2.5亿人", "一、二线城市".
_NUMBERED = (
    (1, re.compile(r"^第[一二三四五六七八九十百]+[章节部分]|^[一二三四五六七八九十]+、(?![一二三四五六七八九十])")),
    (
        2,
        re.compile(
            r"^[（(][一二三四五六七八九十]+[)）]|^\d{1,2}[.．、][ 　]*\D"
            r"|^\d{1,2}\.\d{1,2}[ 　]*(?![亿万元%％倍天日月年号个人次晚前后条点折])\D"
        ),
    ),
)
# Headings of so many web articles that they name none of them. Matches "小编导语", "结语:"; must not match
# "小编被催收了".
GENERIC_HEADING = re.compile(
    r"^(?:小编|本文)?(?:导语|导读|前言|引言|摘要|概述|简介|目录|提要|核心提示|编者按|总结|结语|结论|写在最后)[:：]?$"
)
# A heading that names its subject after a colon. Matches "四、真实案例:他们来了", "案例一：小周逾期"; must
# not match "1. 短信通知:平台会发短信", which is an item of a list.
_NUMBERED_CASE = re.compile(
    r"^(?:[一二三四五六七八九十]+、|(?:案例|情形|误区|步骤|阶段)[一二三四五六七八九十\d]+[:：])"
)
_CHINESE_NUMERALS = "一二三四五六七八九十"
_LISTING_PUNCTUATION = re.compile(r"[。；;，,…]")
# Marks a sentence. Matches "1. 欠款金额较大:倘使…", "二、还款，再谈"; must not match "二、流程:".
_SENTENCE_PUNCTUATION = re.compile(r"[。；;，,…]|[:：].")
# An item of a list in plain text. Matches "- 欠款总额;", "2. 携带证件:工作证", "（1）录音", "①报警"; must
# not match "2025年" or "-5%".
_ITEM = re.compile(r"^(?:[-*•·●][ \t]+|\d{1,2}[.．、)）][ \t　]*\D|[（(]\d{1,2}[)）]|[①-⑳]|[（(]?[a-zA-Z][.)）] )")
# The last sentence of a paragraph that leads into what follows. Matches "流程如下：", "…。要带三样：";
# must not match "他说：明天来".
_LEAD_IN = re.compile(r"(?:\A|(?<=[。！？!?；;\r\n”」]))[^。！？!?；;\r\n]{1,80}[:：]\Z")
# Matches "问：能录音吗", "【问题】", "网友提问：", "Q2: "; must not match "问题很多".
_QUESTION = re.compile(
    r"^[*_【\[]{0,2}(?:问|提问|网友[提]?问|咨询者|问题[一二三四五六七八九十\d]{0,2}|Q|q)"
    r"[ ]?\d{0,2}(?:[】\]][:：]?|[*_]{0,2}[:：])"
)
# Matches "答：能", "律师解答：", "【解答】"; must not match "答应还款".
_ANSWER = re.compile(
    r"^[*_【\[]{0,2}(?:答|回答|解答|回复|律师[解回]?[答复]?|A|a)[ ]?\d{0,2}(?:[】\]][:：]?|[*_]{0,2}[:：])"
)
# A row of a table in plain text. Matches "文件\t次数", "| 国标 | 三次 |"; must not match "甲|乙".
_ROW = re.compile(r"[^\t|]*(?:\t+[^\t]+|\|[^|]*\|)")
# Guessed headings of Markdown stand below those that it marks.
_BELOW_MARKED = 6
_PART_LEVEL = 2
# Signs that Markdown sets words apart with. Matches "`", "**", "\\_"; must not match "_".
_SIGNS = re.compile(r"[`*]+|\\(?=[!-/:-@\[-`{-~])")


class _Span(NamedTuple):
    """A piece of the text: a heading, where `level` and `title` say so, or a block.

    `lead` is the range of what must be known to understand the block.
    """

    start: int
    end: int
    level: int | None = None
    title: str = ""
    kind: BlockKind = BlockKind.PARAGRAPH
    lead: tuple[int, int] | None = None


def blocks(text: str, markup: Markup) -> tuple[Block, ...]:
    """Return the blocks of a clean text in order.

    A block is a paragraph, an item of a list, a row of a table or a question with its answer; it
    lies within one section, and `headings` is the path of that section from the top. A
    heading that has nothing below it is a block itself, so that no text of the article is lost:
    a short numbered list looks like headings, and a question may stand without its answer.
    """
    spans = list(_markdown_spans(text) if markup is Markup.MARKDOWN else _plain_spans(text))
    spans = list(_with_answers(text, _with_lead_ins(text, spans)))
    return tuple(_blocks_under_headings(spans, _BELOW_MARKED if markup is Markup.MARKDOWN else 0))


def section_texts(text: str, markup: Markup) -> dict[tuple[str, ...], str]:
    """Return what stands in each section of a clean text, its blocks on lines of their own, by its path."""
    parts: dict[tuple[str, ...], list[str]] = {}
    for block in blocks(text, markup):
        parts.setdefault(block.headings, []).append(text[block.start : block.end])
    return {headings: "\n".join(own) for headings, own in parts.items()}


def marked_headings(text: str) -> tuple[Heading, ...]:
    """Return the headings that a clean text marks as such in Markdown, in order; none that are only guessed."""
    return tuple(
        Heading(span.start, span.level, span.title)
        for span in _markdown_spans(text)
        if span.level is not None and span.level <= _BELOW_MARKED
    )


def _blocks_under_headings(spans: list[_Span], guessed_above: int) -> Iterator[Block]:
    """Yield blocks with their paths.

    Of three short numbered lines in a row, the last is no heading of what follows, either, where
    headings are only guessed.
    """
    path: list[_Span] = []
    item_level: int | None = None
    for span, following in zip_longest(spans, spans[1:]):
        if span.level is None:
            yield Block(span.start, span.end, _titles(path), span.kind, span.lead)
            item_level = None
            continue
        path = [heading for heading in path if _level(heading) < span.level]
        bare = following is None or (following.level is not None and following.level <= span.level)
        if bare or (span.level > guessed_above and item_level == span.level):
            yield Block(span.start, span.end, _titles(path))
            item_level = None if GENERIC_HEADING.match(to_simplified(span.title)) else span.level
        else:
            path.append(span)
            item_level = None


def _titles(path: list[_Span]) -> tuple[str, ...]:
    return tuple(heading.title for heading in path if heading.title)


def _level(span: _Span) -> int:
    return span.level or 0


def _with_lead_ins(text: str, spans: list[_Span]) -> Iterator[_Span]:
    """Yield the spans, the sentence that leads into a list or table apart, and named by what it leads."""
    listed = {BlockKind.ITEM, BlockKind.ROW}
    lead: tuple[int, int] | None = None
    for span, following in zip_longest(spans, spans[1:]):
        if span.kind in listed:
            yield span._replace(lead=span.lead or lead)
            continue
        lead = None
        match = (
            _LEAD_IN.search(text, span.start, span.end) if following is not None and following.kind in listed else None
        )
        if match is None or span.level is not None:
            yield span
            continue
        begin = match.start() + len(match[0]) - len(match[0].lstrip())
        lead = (begin, span.end)
        yield from _stripped(text, span.start, begin)
        yield _Span(begin, span.end)


def _with_answers(text: str, spans: Iterator[_Span]) -> Iterator[_Span]:
    """Yield the spans, each question joined with its answer up to the next question or heading."""
    pair: _Span | None = None
    for span in spans:
        asks = span.level is None and _QUESTION.match(text[span.start : span.end]) is not None
        answered = pair is not None and pair.kind is BlockKind.ANSWER
        answers = _ANSWER.match(text[span.start : span.end]) is not None
        if pair is not None and span.level is None and not asks and (answered or answers):
            lead = pair.lead if answered else (pair.start, pair.end)
            pair = pair._replace(end=span.end, kind=BlockKind.ANSWER, lead=lead)
            continue
        if pair is not None:
            yield pair
        pair = _with_own_answer(text, span) if asks else None
        if pair is None:
            yield span
    if pair is not None:
        yield pair


def _with_own_answer(text: str, question: _Span) -> _Span:
    """Return a paragraph that asks; as an answer, where it goes on after its first line."""
    border = LINE_END.search(text, question.start, question.end)
    if border is None:
        return question
    return question._replace(lead=(question.start, border.start()), kind=BlockKind.ANSWER)


def _markdown_spans(text: str) -> Iterator[_Span]:
    starts = [0, *(match.end() for match in LINE_END.finditer(text)), len(text)]
    # Without these rules a line above "---" stays a paragraph, and "[注]: …" stays text. What stands
    # within a line is not parsed: cleaning has read it, and there is text that takes long to parse.
    parser = MarkdownIt("commonmark").enable("table").disable(["lheading", "reference", "inline"])
    for tokens in _top_level(parser.parse(text)):
        token = tokens[0]
        if token.map is None or token.type == "hr":
            continue
        start, end = (starts[min(line, len(starts) - 1)] for line in token.map)
        if token.type == "heading_open":
            title = _SIGNS.sub("", tokens[1].content).strip()
            yield from _stripped(text, start, end, _Span(0, 0, int(token.tag[1:]), title))
        elif token.type in {"bullet_list_open", "ordered_list_open"}:
            yield from _parts(text, starts, tokens, "list_item_open", _Span(start, end, kind=BlockKind.ITEM))
        elif token.type == "table_open":
            yield from _rows(text, starts, tokens, _Span(start, end, kind=BlockKind.ROW))
        else:
            yield from _stripped(text, start, end, _guessed_heading(text[start:end]))


def _top_level(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Yield the tokens of each block that lies in no other, its closing one included."""
    block: list[Token] = []
    for token in tokens:
        block.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield block
            block = []


def _guessed_heading(paragraph: str) -> _Span:
    """Return what a paragraph of Markdown is: a numbered line is a heading there, too."""
    level = _plain_level(line) if LINE_END.search(line := paragraph.strip()) is None else None
    return _Span(0, 0, _BELOW_MARKED + level, line.rstrip(":：")) if level else _Span(0, 0)


def _parts(text: str, starts: list[int], tokens: Sequence[Token], kind: str, whole: _Span) -> Iterator[_Span]:
    """Yield the parts of one list or table: from where each begins to where the next one does."""
    # An item lies in its list, a row in the head or body of its table; what lies deeper is of another one inside.
    begins = [
        starts[token.map[0]] for token in tokens if token.type == kind and token.map and token.level <= _PART_LEVEL
    ]
    for start, end in zip(begins, [*begins[1:], whole.end], strict=True):
        yield from _stripped(text, start, end, whole)


def _rows(text: str, starts: list[int], tokens: Sequence[Token], table: _Span) -> Iterator[_Span]:
    """Yield the rows of a table, each led by the head row, which stands with the line below it."""
    head, *rows = _parts(text, starts, tokens, "tr_open", table)
    first_line = LINE_END.search(text, head.start, head.end)
    lead = (head.start, first_line.start() if first_line else head.end)
    yield head
    for row in rows:
        yield row._replace(lead=lead)


def _plain_spans(text: str) -> Iterator[_Span]:
    start = 0
    head: tuple[int, int] | None = None
    for border in (*LINE_END.finditer(text), None):
        end = border.start() if border is not None else len(text)
        line = text[start:end].strip()
        if _ROW.match(line):
            yield from _stripped(text, start, end, _Span(0, 0, kind=BlockKind.ROW, lead=head))
            head = head or (start, end)
        else:
            head = None
            level = _plain_level(line)
            kind = BlockKind.ITEM if level is None and _ITEM.match(line) else BlockKind.PARAGRAPH
            yield from _stripped(text, start, end, _Span(0, 0, level, line.rstrip(":：") if level else "", kind))
        start = border.end() if border is not None else end


def _plain_level(text: str) -> int | None:
    if not text or len(text) > MOST_HEADING_CHARACTERS:
        return None
    line = to_simplified(text)
    if GENERIC_HEADING.match(line):
        return 1
    if _NUMBERED_CASE.match(line) and not _LISTING_PUNCTUATION.search(line):
        return 1 if line[0] in _CHINESE_NUMERALS else 2
    if _SENTENCE_PUNCTUATION.search(line):
        return None
    return next((level for level, pattern in _NUMBERED if pattern.search(line)), None)


def _stripped(text: str, start: int, end: int, like: _Span | None = None) -> Iterator[_Span]:
    """Yield the span without the white space around it, or nothing where nothing is left."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end -= len(piece) - len(piece.rstrip())
    if start < end:
        yield (like or _Span(0, 0))._replace(start=start, end=end)
