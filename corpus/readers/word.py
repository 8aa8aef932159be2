"""Read DOCX files with python-docx: headings, lists and tables as Markdown, in the order of the document."""

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple
from zipfile import ZipFile

from docx import Document
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn

from corpus.errors import CorpusError
from corpus.readers.contract import Content
from corpus.records import About, Markup

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.oxml.xmlchemy import BaseOxmlElement
    from docx.styles.style import BaseStyle

# A real document unpacks to some ten times its size; a bomb to a thousand times. A book of a million
# characters has some 8 MB of XML; reading takes a second for each MB (measured on the shortest paragraphs).
MAX_UNPACKED_BYTES = 100_000_000
MAX_XML_BYTES = 10_000_000
# Matches "heading 2", "标题 2"; must not match "标题摘要".
_HEADING = re.compile(r"(?:heading|标题)\s*([1-9])", re.IGNORECASE)
# Matches "List Bullet", "列表项目符号 2"; "List Paragraph" is a list only where it is numbered.
_LIST = re.compile(r"list (?:bullet|number)|列表(?:项目符号|编号)", re.IGNORECASE)
_TITLES = {"title", "标题"}
_MAX_LEVEL = 6
# What was deleted, moved away or is given a second time for old programs is not shown.
_HIDDEN = {qn("w:del"), qn("w:moveFrom"), "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}
_WRITTEN = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
_WRAPPERS = {qn("w:sdt"), qn("w:sdtContent"), qn("w:customXml"), qn("w:ins"), qn("w:smartTag")}


class _Kind(NamedTuple):
    """Say what a paragraph is: a heading of a level from 1, an item of a list, or neither."""

    level: int = 0
    is_list: bool = False


_BODY = _Kind()


def read_word(data: bytes) -> Content:
    """Return the text of a DOCX document.

    Raises:
        CorpusError: it is no DOCX, unpacks to too much, or holds no text.
    """
    _check_package(data)
    try:
        document = Document(BytesIO(data))
    except (PackageNotFoundError, KeyError, ValueError) as error:
        raise CorpusError(f"it is not a DOCX document ({error}); save it as .docx again") from error
    text = "\n\n".join(block for block in _blocks(document) if block.strip())
    if not text.strip():
        raise CorpusError("it holds no text; if it is scanned, run text recognition on it first")
    properties = document.core_properties
    about = About(
        title=properties.title.strip() or None,
        author=properties.author.strip() or None,
        published=properties.created.date().isoformat() if properties.created else None,
    )
    return Content(text, Markup.MARKDOWN, about=about)


def _check_package(data: bytes) -> None:
    try:
        with ZipFile(BytesIO(data)) as package:
            members = package.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise CorpusError(f"it is not a DOCX document ({error}); save it as .docx again") from error
    unpacked = sum(member.file_size for member in members)
    xml = sum(member.file_size for member in members if member.filename.endswith((".xml", ".rels")))
    if unpacked > MAX_UNPACKED_BYTES or xml > MAX_XML_BYTES:
        raise CorpusError(
            f"it unpacks to {unpacked:,} bytes ({xml:,} of XML), at most {MAX_UNPACKED_BYTES:,} "
            f"({MAX_XML_BYTES:,}) are read; split it or save it without pictures"
        )


def _blocks(document: "WordDocument") -> Iterator[str]:
    """Yield each paragraph and table; the items of one list stand in one block."""
    kinds = _kinds(document)
    items: list[str] = []
    for element in _flat(document.element.body):
        block = _table(element) if element.tag == qn("w:tbl") else _paragraph(element, kinds)
        if block.startswith("- "):
            items.append(block)
            continue
        if items:
            yield "\n".join(items)
            items = []
        yield block
    yield "\n".join(items)


def _flat(parent: "BaseOxmlElement") -> Iterator["BaseOxmlElement"]:
    """Yield paragraphs and tables in order, those within content controls and the like too."""
    for element in parent.iterchildren():
        if element.tag in {qn("w:p"), qn("w:tbl")}:
            yield element
        elif element.tag in _WRAPPERS:
            yield from _flat(element)


def _paragraph(paragraph: "BaseOxmlElement", kinds: dict[str, _Kind]) -> str:
    text = _text(paragraph)
    if not text:
        return ""
    styles = paragraph.xpath("./w:pPr/w:pStyle/@w:val")
    kind = kinds.get(str(styles[0]), _BODY) if styles else _BODY
    if kind.level:
        return f"{'#' * min(kind.level, _MAX_LEVEL)} {' '.join(text.split())}"
    if kind.is_list or paragraph.xpath("./w:pPr/w:numPr[not(w:numId/@w:val = '0')]"):
        return "- " + text.replace("\n", "\n  ")
    return text


def _kinds(document: "WordDocument") -> dict[str, _Kind]:
    return {style.style_id: _kind([one.name or "" for one in _with_bases(style)]) for style in document.styles}


def _kind(names: list[str]) -> _Kind:
    """Tell what a style of this name makes, or else the styles that it is made from."""
    for name in names:
        if name.lower() in _TITLES:
            return _Kind(level=1)
        if match := _HEADING.fullmatch(name):
            return _Kind(level=int(match[1]))
    return _Kind(is_list=any(_LIST.match(name) for name in names))


def _with_bases(style: "BaseStyle") -> Iterator["BaseStyle"]:
    seen: set[str] = set()
    current: BaseStyle | None = style
    while current is not None and current.style_id not in seen:
        seen.add(current.style_id)
        yield current
        current = getattr(current, "base_style", None)


def _text(element: "BaseOxmlElement") -> str:
    parts: list[str] = []
    for piece in element.iter(qn("w:t"), *_WRITTEN):
        # A tab in the properties of a paragraph is a tab stop.
        if piece.getparent().tag == qn("w:r") and next(piece.iterancestors(*_HIDDEN), None) is None:
            parts.append(_WRITTEN.get(piece.tag) or piece.text or "")
    return "".join(parts).strip()


def _table(table: "BaseOxmlElement") -> str:
    """Return a pipe table, its first row as the head; a table of one column is a frame around paragraphs."""
    rows = [
        [_text_of_cell(cell) for cell in row.xpath("./w:tc | ./w:sdt/w:sdtContent/w:tc")]
        for row in table.xpath("./w:tr | ./w:sdt/w:sdtContent/w:tr")
    ]
    width = max((len(row) for row in rows), default=0)
    if width <= 1:
        return "\n\n".join(cell for row in rows for cell in row if cell)
    lines = ["| " + " | ".join(_cell(cell) for cell in [*row, *[""] * (width - len(row))]) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * width, *lines[1:]])


def _text_of_cell(cell: "BaseOxmlElement") -> str:
    return "\n".join(text for paragraph in cell.xpath(".//w:p") if (text := _text(paragraph)))


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
