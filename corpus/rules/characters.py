"""Repair single characters: compatibility forms, width, what is invisible, what HTML left behind."""

import html
import re
import unicodedata
from collections.abc import Iterator

from corpus.records import Edit
from corpus.rules.page import Page

# Characters that are drawn as others are, and come from PDF files and old encodings: radicals for
# characters (⼈ for 人), compatibility ideographs, ligatures. Matches "⼈", "ﬁ"; must not match "㎡", "①".
_COMPATIBLE = re.compile(r"[\u2e80-\u2fd5\uf900-\ufaff\ufb00-\ufb06\U0002f800-\U0002fa1d]")
# A letter with a mark of its own after it. Matches "e\u0301"; must not match "é".
_DECOMPOSED = re.compile(r"[^\W\d_][\u0300-\u036f]+")
# Letters and digits as wide as a character, and the signs between them. Matches "ＡＰＰ", "３．５％";
# must not match "，", "（", "－", which Chinese text is written with.
_WIDE_CHARACTER = "\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
_WIDE = re.compile(rf"[{_WIDE_CHARACTER}]+(?:[\uff0b\uff0d\uff0e\uff0f\uff20\uff3f]+[{_WIDE_CHARACTER}]+)*\uff05?")
_ODD_SPACE = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f]")
# Zero-width and direction marks, soft hyphens, byte order marks, language tags. A joiner between
# two emoji makes them one and stays. Matches "催\u200b收"; must not match "👨‍👩".
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f\u202a-\u202e"
    r"\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
    r"|(?<![\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])\u200d|\u200d(?![\u2190-\u2bff\U0001f000-\U0001faff])"
)
# Control characters but tab and line ends, and what a terminal would take for a command. Matches
# "\x00", "\x1b[31m"; must not match "\n".
_CONTROL = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_OTHER_LINE_END = re.compile(r"[\x85\u2028\u2029]")
# Matches "&nbsp;", "&#8220;"; must not match "A&B;" or "AT&T".
_ENTITY = re.compile(r"&(?:#\d{2,7}|#[xX][0-9a-fA-F]{2,6}|[a-zA-Z]{2,8}\d{0,2});")
# Matches "<br/>", "</p>", '<span style="…">'; must not match "a <b 且 c> d", "<https://…>", "\\<b>" or "<姓名>".
_TAG = re.compile(
    r"(?<!\\)</?(?:a|b|big|blockquote|br|center|dd|div|dl|dt|em|font|h[1-6]|hr|i|img|li|ol|p|section|small|span|strong|"
    r"sub|sup|table|tbody|td|th|thead|tr|u|ul)"
    r"(?:\s+[a-z:-]{1,40}\s*=\s*(?:\"[^\"<>]{0,500}\"|'[^'<>]{0,500}'|[^\s\"'<>]{1,500})){0,30}\s*/?>",
    re.IGNORECASE,
)


def compatible_characters(page: Page) -> Iterator[Edit]:
    """Put the usual character where one stands that only looks like it.

    "⼈员" becomes "人员"; "㎡" stays.
    """
    for match in _COMPATIBLE.finditer(page.text):
        yield from _replaced(match, unicodedata.normalize("NFKC", match[0]), "compatible-character")
    for match in _DECOMPOSED.finditer(page.text):
        yield from _replaced(match, unicodedata.normalize("NFC", match[0]), "compatible-character")


def width(page: Page) -> Iterator[Edit]:
    """Make letters, digits and their signs half as wide, and odd spaces plain ones.

    "１２３７８" becomes "12378"; "（见上）" stays.
    """
    for match in _WIDE.finditer(page.text):
        yield from _replaced(match, unicodedata.normalize("NFKC", match[0]), "width")
    for match in _ODD_SPACE.finditer(page.text):
        yield from _replaced(match, " ", "width")


def invisible(page: Page) -> Iterator[Edit]:
    """Take out what has no width and what turns the direction of writing.

    "催", a zero-width space and "收" become "催收"; a family emoji made by joiners stays.
    """
    for match in _INVISIBLE.finditer(page.text):
        yield from _replaced(match, "", "invisible")


def control(page: Page) -> Iterator[Edit]:
    """Take out control characters; a line end of another alphabet becomes a plain one.

    "催", NUL and "收" become "催收"; a tab stays.
    """
    for match in _CONTROL.finditer(page.text):
        yield from _replaced(match, "", "control")
    for match in _OTHER_LINE_END.finditer(page.text):
        yield from _replaced(match, "\n", "control")


def entities(page: Page) -> Iterator[Edit]:
    """Put the character where its name in HTML stands.

    "上门&nbsp;催收" becomes "上门 催收"; "AT&T" stays.
    """
    for match in _ENTITY.finditer(page.text):
        character = html.unescape(match[0])
        # A name that HTML does not know stays, and so does what no text may hold.
        if character not in {match[0], ""} and character.isprintable():
            yield from _replaced(match, character, "html-entity")
        elif character == "\xa0":
            yield from _replaced(match, " ", "html-entity")


def tags(page: Page) -> Iterator[Edit]:
    """Take out tags that were left in a text.

    "上门<br/>催收" becomes two lines; "<姓名>" stays.
    """
    for match in _TAG.finditer(page.text):
        breaks = re.match(r"</?(?:br|p|div|li|tr|h[1-6])\b", match[0], re.IGNORECASE)
        yield from _replaced(match, "\n" if breaks else "", "html-tag")


def _replaced(match: re.Match[str], replacement: str, rule: str) -> Iterator[Edit]:
    if match[0] != replacement:
        yield Edit(match.start(), match.end(), replacement, rule)
