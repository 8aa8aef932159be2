"""Find the blocks of an article's text and the headings that each stands under."""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from corpus.records import Article, Block, Markup

_LINE_END = re.compile(r"\r\n|\n|\r")
_MAX_HEADING_CHARACTERS = 40
# Numbered lines that people use as headings in plain text, with their level.
# Matches "三、上门催收", "（二）证件", "3.1 短信"; must not match "1. 欠款金额较大:倘使借款人…" (a list
# item with its text) nor "2025年逾期的人": see `_plain_heading` for the length and the last character.
_NUMBERED = (
    (1, re.compile(r"^第[一二三四五六七八九十百]+[章节部分]|^[一二三四五六七八九十]+、")),
    (2, re.compile(r"^[（(][一二三四五六七八九十]+[)）]|^\d{1,2}\.\d{1,2}[ 　]*\D|^\d{1,2}[.．、][ 　]*\D")),
)
_SENTENCE_PUNCTUATION = re.compile(r"[。；;，,…]|[:：].")


def blocks(article: Article) -> tuple[Block, ...]:
    """Return the blocks of the article's body in order, headings themselves left out.

    Each block lies within one section; `headings` is the path of that section from the top.
    """
    if article.markup is Markup.MARKDOWN:
        return tuple(_markdown_blocks(article.original, article.body_start))
    return tuple(_plain_blocks(article.original, article.body_start))


def _markdown_blocks(original: str, body_start: int) -> Iterator[Block]:
    body = original[body_start:]
    starts = [body_start, *(body_start + match.end() for match in _LINE_END.finditer(body))]
    starts.append(len(original))
    path: list[tuple[int, str]] = []
    tokens = MarkdownIt("commonmark").enable("table").parse(body)
    for position, token in enumerate(tokens):
        if token.level != 0 or token.map is None or token.nesting < 0:
            continue
        if token.type == "heading_open":
            level = int(token.tag[1:])
            path = [*(entry for entry in path if entry[0] < level), (level, _inline_text(tokens[position + 1]))]
        elif token.type != "hr":
            start, end = (starts[min(line, len(starts) - 1)] for line in token.map)
            yield from _stripped(original, start, end, path)


def _inline_text(token: Token) -> str:
    return "".join(child.content for child in token.children or [] if child.type in {"text", "code_inline"}).strip()


def _plain_blocks(original: str, body_start: int) -> Iterator[Block]:
    path: list[tuple[int, str]] = []
    start = body_start
    borders = [*_LINE_END.finditer(original, body_start), None]
    for border in borders:
        end = border.start() if border is not None else len(original)
        line = original[start:end].strip()
        level = _plain_heading(line)
        if level is not None:
            path = [*(entry for entry in path if entry[0] < level), (level, line.rstrip(":："))]
        else:
            yield from _stripped(original, start, end, path)
        start = border.end() if border is not None else end


def _plain_heading(line: str) -> int | None:
    if not line or len(line) > _MAX_HEADING_CHARACTERS or _SENTENCE_PUNCTUATION.search(line):
        return None
    return next((level for level, pattern in _NUMBERED if pattern.search(line)), None)


def _stripped(original: str, start: int, end: int, path: list[tuple[int, str]]) -> Iterator[Block]:
    """Yield the span without the white space around it, or nothing where nothing is left."""
    text = original[start:end]
    start += len(text) - len(text.lstrip())
    end -= len(text) - len(text.rstrip())
    if start < end:
        yield Block(start, end, tuple(heading for _, heading in path if heading))
