"""Take Markdown's signs out of the text that a reader sees."""

import re
from collections.abc import Iterator

from corpus.records import Edit, Markup
from corpus.rules.page import Page

# Matches "![门牌](a.png)"; must not match "[门牌](a.png)".
_IMAGE = re.compile(r"!\[[^\[\]\r\n]{0,300}\]\([^()\s]{0,2000}(?:[ ]+\"[^\"\r\n]{0,300}\")?\)")
# An address, which may be written in Chinese where it begins or ends as one.
_ADDRESS = (
    r"(?:(?=[^()\s]*[/.#:?])[!-'*-~]{1,2000}"
    r"|(?:(?i:https?://)|#|\.{0,2}/|[^()\s，。；：、]{1,300}\.[A-Za-z][A-Za-z0-9]{0,4}(?=[#?)\s]))[^()\s，。；：、]{0,2000})"
)
# Matches "[投诉渠道](complaints.md)", "[](a.html)", "[上门](上门.md#证件)"; must not match "[注](见上 文)",
# "[1]", "[逾期](如有)" and "[表](见附件.)".
_LINK = re.compile(rf"(?P<open>\[)[^\[\]\r\n]{{0,300}}(?P<close>\]\({_ADDRESS}(?:[ ]+\"[^\"\r\n]{{0,300}}\")?\))")
# What stands in a fence is code.
_FENCE = re.compile(r"^(?P<fence>`{3,}|~{3,}).*?(?:^(?P=fence)|\Z)", re.MULTILINE | re.DOTALL)
# Matches "**不能**"; must not match "3 ** 2" or "***".
_STRONG = re.compile(r"(?<![\\*])(?P<open>\*\*)(?=[^\s*])[^*\r\n]{1,300}(?<=[^\s*])(?P<close>\*\*)(?!\*)")


def images(page: Page) -> Iterator[Edit]:
    """Take out images, in Markdown.

    "![门牌](a.png)" goes; "[门牌](a.png)" stays.
    """
    for match in _outside_fences(page, _IMAGE):
        yield Edit(match.start(), match.end(), "", "markdown-image")


def links(page: Page) -> Iterator[Edit]:
    """Keep of a link its text, in Markdown.

    "[投诉渠道](complaints.md)" becomes "投诉渠道"; "[1]" stays.
    """
    yield from _signs(page, _LINK, "markdown-link")


def strong(page: Page) -> Iterator[Edit]:
    """Take out the signs that set a text in bold, in Markdown.

    "**不能**" becomes "不能"; "3 ** 2" stays.
    """
    yield from _signs(page, _STRONG, "markdown-strong")


def _signs(page: Page, pattern: re.Pattern[str], rule: str) -> Iterator[Edit]:
    for match in _outside_fences(page, pattern):
        for sign in ("open", "close"):
            yield Edit(*match.span(sign), "", rule)


def _outside_fences(page: Page, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    if page.markup is not Markup.MARKDOWN:
        return
    start = 0
    for fence in (*_FENCE.finditer(page.text), None):
        yield from pattern.finditer(page.text, start, fence.start() if fence else len(page.text))
        start = fence.end() if fence else start
