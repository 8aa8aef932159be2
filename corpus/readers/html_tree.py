"""Parse an HTML page and put its text into paragraphs, so that no extraction overlooks it."""

import re
from typing import TypeAlias

from lxml import etree, html  # type: ignore[import-untyped]
from lxml.html.defs import block_tags  # type: ignore[import-untyped]

from corpus.errors import CorpusError

Tree: TypeAlias = html.HtmlElement
# libxml2 silently drops what lies deeper than 256 elements.
MAX_DEPTH = 200
# Extraction takes up to 0.2 ms an element (measured); real articles have some hundreds of them.
MAX_ELEMENTS = 50_000
# What XML cannot hold: control characters, halves of characters, U+FFFE. "催收" and a tab must not match.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TABLE_PARTS = frozenset(("caption", "colgroup", "tbody", "td", "tfoot", "th", "thead", "tr"))
_SECTIONS = frozenset(("article", "aside", "body", "footer", "header", "main", "nav", "section"))
_BLOCKS = (block_tags | _SECTIONS | _TABLE_PARTS | {"details", "figcaption", "figure", "summary"}) - {"del", "ins"}
# Blocks that may hold paragraphs and bare text side by side.
_CONTAINERS = ("blockquote", "dd", "details", "div", "form", "td", "th", *sorted(_SECTIONS))
# Blocks that hold running text; where a page closes them too late, they hold other blocks.
_LEAVES = ("p", "h1", "h2", "h3", "h4", "h5", "h6")
_CELLS = ("td", "th")
# What no table of figures holds, but one that only lays out a page.
_LAID_OUT = ("article", "dl", "h1", "h2", "h3", "pre", "section", "table")
_NO_TEXT = frozenset(("head", "iframe", "noscript", "object", "script", "style", "svg", "template"))
# Parts of a page that are no part of an article.
_NO_ARTICLE = ("nav", "footer", "aside", "form", "button", "select", "textarea", *sorted(_NO_TEXT))
_OWN_TEXT = etree.XPath(f".//text()[not({' or '.join(f'ancestor::{tag}' for tag in ('a', *_NO_ARTICLE))})]")
# Longer ones are embedded pictures and programs; nothing of an article stands in an attribute but its address.
_MAX_ATTRIBUTE = 2_000
_MAX_TITLE = 300
_MAX_SCRIPT = 100_000
# Extraction throws these away with the text that is in them, although an article may need it.
_KEPT_AS = {
    "figure": "div",
    "figcaption": "p",
    "time": "span",
    "label": "span",
    "fieldset": "div",
    "legend": "p",
    "center": "div",
}


def parse(text: str) -> Tree:
    """Return the tree of a page.

    Raises:
        CorpusError: the page is nested too deeply, has too many elements, or holds no element.
    """
    data = _NOT_IN_XML.sub("", text).encode("utf-8")
    etree.fromstring(data, etree.HTMLParser(target=_Measure(), encoding="utf-8", no_network=True))
    parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        tree: Tree = html.document_fromstring(data, parser=parser)
    except etree.ParserError as error:
        raise CorpusError("it holds no element of a page; save the page again or remove the file") from error
    _cut(tree)
    return tree


def _cut(tree: Tree) -> None:
    """Take out what is too long to be of use, for the library looks at it with slow patterns."""
    for element in tree.iter():
        for name, value in element.attrib.items():
            if len(value) > _MAX_ATTRIBUTE:
                del element.attrib[name]
        if element.tag == "title" and len(element.text or "") > _MAX_TITLE:
            element.text = element.text[:_MAX_TITLE]
        if element.tag in ("script", "style") and len(element.text or "") > _MAX_SCRIPT:
            element.text = None


class _Measure:
    """Follow the parser without building a tree, and stop it where a tree would be too much."""

    def __init__(self) -> None:
        self._depth = 0
        self._elements = 0

    def start(self, tag: str, attributes: object) -> None:  # noqa: ARG002 -- the parser gives both
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH:
            raise CorpusError(f"its elements are nested more than {MAX_DEPTH} deep; save only the article, or as text")
        if self._elements > MAX_ELEMENTS:
            raise CorpusError(f"it has more than {MAX_ELEMENTS:,} elements; split it into several pages")

    def end(self, tag: str) -> None:  # noqa: ARG002 -- the parser gives it
        self._depth -= 1

    def close(self) -> None:
        """Give nothing: what was measured has been judged."""


def put_into_paragraphs(tree: Tree) -> None:
    """Wrap text that stands bare beside blocks or line breaks in paragraphs of its own; change nothing else to the eye.

    `<div>甲<br>乙<p>丙</p>丁</div>` becomes `<div><p>甲</p><p>乙</p><p>丙</p><p>丁</p></div>`.
    """
    for element in tree.iter(*_KEPT_AS):
        element.tag = _KEPT_AS[element.tag]
    for table in tree.iter("table"):
        if _is_layout(table):
            for part in (table, *table.iterdescendants(*_TABLE_PARTS)):
                if part.tag == "table" or _table_of(part) is table:
                    part.tag = "div"
    for element in list(tree.iterdescendants()):
        may_hold_blocks = element.tag in _BLOCKS or element.tag in _NO_TEXT or element.tag == "html"
        if (element.tag in _LEAVES or not may_hold_blocks) and _holds_block(element):
            element.tag = "div"
    for element in [one for one in tree.iter(*_CONTAINERS) if _has_bare_text(one)]:
        _wrap_runs(element)
    for element in tree.iter("p", "li", *_CELLS):
        _free_links(element)


def _is_layout(table: Tree) -> bool:
    rows = [row for row in table.iterdescendants("tr") if _table_of(row) is table]
    is_column = all(sum(cell.tag in _CELLS for cell in row) <= 1 for row in rows)
    return is_column or next(table.iterdescendants(*_LAID_OUT), None) is not None


def _table_of(part: Tree) -> Tree | None:
    return next(part.iterancestors("table"), None)


def _free_links(block: Tree) -> None:
    """Take the links out of running text, where they are words; a block that is mostly links is a menu."""
    links = sum(len(link.text_content()) for link in block.iter("a"))
    if links and 2 * links <= len(block.text_content()):
        etree.strip_tags(block, "a")


def _holds_block(element: Tree) -> bool:
    return next(element.iterdescendants(*_BLOCKS), None) is not None


def _is_bare(child: Tree) -> bool:
    return child.tag not in _BLOCKS and child.tag not in _NO_TEXT


def _has_bare_text(container: Tree) -> bool:
    return _is_text(container.text) or any(_is_text(child.tail) or _is_bare(child) for child in container)


def _is_text(text: str | None) -> bool:
    return bool(text and not text.isspace())


def _wrap_runs(container: Tree) -> None:
    paragraphs: list[Tree] = []
    run = _paragraph(container.text)
    for child in list(container):
        tail, child.tail = child.tail, None
        if _is_bare(child) and child.tag != "br":
            run = html.Element("p") if run is None else run
            run.append(child)
            child.tail = tail
            continue
        paragraphs += [part for part in (run, None if child.tag == "br" else child) if part is not None]
        run = _paragraph(tail)
    container.text = None
    container[:] = [*paragraphs, *([] if run is None else [run])]


def _paragraph(text: str | None) -> Tree | None:
    if not _is_text(text):
        return None
    paragraph = html.Element("p")
    paragraph.text = text
    return paragraph


def own_characters(tree: Tree) -> int:
    """Return how many characters the page shows outside of links and of what is no part of an article."""
    body = tree.find("body")
    return 0 if body is None else len("".join("".join(_OWN_TEXT(body)).split()))


def keep_everything(tree: Tree) -> None:
    """Make the whole body one article, but for its navigation and the like; nothing is judged by its class or id."""
    etree.strip_elements(tree, *_NO_ARTICLE, with_tail=False)
    for element in tree.iter():
        for name in ("class", "id", "role"):
            element.attrib.pop(name, None)
    make_article(tree)


def make_article(tree: Tree) -> None:
    """Put all that the body holds into one <article>."""
    body = tree.find("body")
    if body is not None:
        article = html.Element("article")
        article[:] = list(body)
        body.append(article)


def join_twins(frame: Tree) -> None:
    """Move what stands in later elements of the same tag and class into this one, for an article may be cut up."""
    if not frame.get("class"):
        return
    for twin in list(frame.getroottree().iter(frame.tag)):
        is_apart = frame not in twin.iterancestors() and twin not in frame.iterancestors()
        if twin is not frame and is_apart and twin.get("class") == frame.get("class"):
            frame.extend(list(twin))
