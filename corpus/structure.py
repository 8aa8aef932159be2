"""Find the blocks of an article's text and the headings that each stands under."""

import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from corpus.records import Article, Block, Markup

_LINE_END = re.compile(r"\r\n|\n|\r")
# Longer lines are sentences, not headings; the headings of our own articles have at most 22.
_MAX_HEADING_CHARACTERS = 40
# Numbered lines that people use as headings in plain text, with their level.
# Matches "三、上门催收", "（二）证件", "3.1 短信"; must not match "2025年逾期的人".
_NUMBERED = (
    (1, re.compile(r"^第[一二三四五六七八九十百]+[章节部分]|^[一二三四五六七八九十]+、")),
    (2, re.compile(r"^[（(][一二三四五六七八九十]+[)）]|^\d{1,2}\.\d{1,2}[ 　]*\D|^\d{1,2}[.．、][ 　]*\D")),
)
# Marks a sentence. Matches "1. 欠款金额较大:倘使…", "二、还款，再谈"; must not match "二、流程:".
_SENTENCE_PUNCTUATION = re.compile(r"[。；;，,…]|[:：].")


class _Span(NamedTuple):
    """A block or a heading: `level` is None for a block, `title` is what a heading says."""

    start: int
    end: int
    level: int | None
    title: str


def blocks(article: Article) -> tuple[Block, ...]:
    """Return the blocks of the article's body in order.

    Each block lies within one section; `headings` is the path of that section from the top. A
    heading that has nothing below it is a block itself, so that no text of the article is lost:
    a short numbered list looks like headings, and a question may stand without its answer.
    """
    if article.markup is Markup.MARKDOWN:
        spans = list(_markdown_spans(article.original, article.body_start))
    else:
        spans = list(_plain_spans(article.original, article.body_start))
    return tuple(_blocks_under_headings(spans, article.markup is Markup.PLAIN))


def _blocks_under_headings(spans: list[_Span], may_be_lists: bool) -> Iterator[Block]:
    """Yield blocks with their paths.

    Of three short numbered lines in a row, the last is no heading of what follows, either, where
    headings are only guessed (`may_be_lists`).
    """
    path: list[_Span] = []
    item_level: int | None = None
    for span, following in zip_longest(spans, spans[1:]):
        if span.level is None:
            yield Block(span.start, span.end, _titles(path))
            item_level = None
            continue
        path = [heading for heading in path if _level(heading) < span.level]
        bare = following is None or (following.level is not None and following.level <= span.level)
        if bare or (may_be_lists and item_level == span.level):
            yield Block(span.start, span.end, _titles(path))
            item_level = span.level
        else:
            path.append(span)
            item_level = None


def _titles(path: list[_Span]) -> tuple[str, ...]:
    return tuple(heading.title for heading in path if heading.title)


def _level(span: _Span) -> int:
    return span.level or 0


def _markdown_spans(original: str, body_start: int) -> Iterator[_Span]:
    body = original[body_start:]
    starts = [body_start, *(body_start + match.end() for match in _LINE_END.finditer(body))]
    starts.append(len(original))
    # Without these rules a line above "---" stays a paragraph, and "[注]: …" stays text.
    parser = MarkdownIt("commonmark").enable("table").disable(["lheading", "reference"])
    tokens = parser.parse(body)
    for position, token in enumerate(tokens):
        if token.level != 0 or token.map is None or token.nesting < 0 or token.type == "hr":
            continue
        start, end = (starts[min(line, len(starts) - 1)] for line in token.map)
        if token.type == "heading_open":
            yield from _stripped(original, start, end, int(token.tag[1:]), _inline_text(tokens[position + 1]))
        else:
            yield from _stripped(original, start, end)


def _inline_text(token: Token) -> str:
    return "".join(child.content for child in token.children or [] if child.type in {"text", "code_inline"}).strip()


def _plain_spans(original: str, body_start: int) -> Iterator[_Span]:
    start = body_start
    borders = [*_LINE_END.finditer(original, body_start), None]
    for border in borders:
        end = border.start() if border is not None else len(original)
        line = original[start:end].strip()
        yield from _stripped(original, start, end, _plain_level(line), line.rstrip(":："))
        start = border.end() if border is not None else end


def _plain_level(line: str) -> int | None:
    if not line or len(line) > _MAX_HEADING_CHARACTERS or _SENTENCE_PUNCTUATION.search(line):
        return None
    return next((level for level, pattern in _NUMBERED if pattern.search(line)), None)


def _stripped(original: str, start: int, end: int, level: int | None = None, title: str = "") -> Iterator[_Span]:
    """Yield the span without the white space around it, or nothing where nothing is left."""
    text = original[start:end]
    start += len(text) - len(text.lstrip())
    end -= len(text) - len(text.rstrip())
    if start < end:
        yield _Span(start, end, level, title)
