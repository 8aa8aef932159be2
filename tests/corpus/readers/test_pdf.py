"""PDF: the text of the pages, what the document says of itself, and what is refused."""

import sys
import zlib
from pathlib import Path

import pytest

pytest.importorskip("pypdfium2", reason="the extra `documents` is not installed")

from corpus.errors import CorpusError
from corpus.readers.pdf import MAX_PAGES, read_pdf
from corpus.records import Markup

ABOUT = b"/Title<FEFF4E0A95E8>/Author(A)/CreationDate(D:20260301093000+08'00')"
ENCRYPTED = b"/Encrypt<</Filter/Standard/V 1/R 2/O<" + b"00" * 32 + b">/U<" + b"00" * 32 + b">/P -4>>/ID[<00><00>]"


def pdf(*pages: str, about: bytes = b"", trailer: bytes = b"") -> bytes:
    """Write a PDF by hand, each character of its pages a glyph with its own number."""
    numbers = {character: number for number, character in enumerate(sorted(set("".join(pages)) - {"\n"}), start=1)}
    characters = " ".join(
        f"<{number:04X}> <{character.encode('utf-16-be', 'surrogatepass').hex()}>"
        for character, number in numbers.items()
    )
    kids = " ".join(f"{10 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj",
        f"2 0 obj<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>endobj".encode(),
        b"3 0 obj<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[4 0 R]"
        b"/ToUnicode 5 0 R>>endobj",
        b"4 0 obj<</Type/Font/Subtype/CIDFontType2/BaseFont/X/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
        b"/Supplement 0>>/DW 1000/FontDescriptor<</Type/FontDescriptor/FontName/X/Flags 4>>>>endobj",
        stream(
            5,
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def "
            f"1 begincodespacerange <0000> <FFFF> endcodespacerange {len(numbers)} beginbfchar {characters} "
            "endbfchar endcmap end end",
        ),
        b"7 0 obj<<" + about + b">>endobj",
    ]
    for number, text in enumerate(pages):
        lines = (f"<{''.join(f'{numbers[character]:04X}' for character in line)}> Tj T*" for line in text.split("\n"))
        objects += [
            f"{10 + 2 * number} 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F 3 0 R>>>>"
            f"/Contents {11 + 2 * number} 0 R>>endobj".encode(),
            stream(11 + 2 * number, f"BT /F 12 Tf 14 TL 50 700 Td {' '.join(lines)} ET"),
        ]
    return b"%PDF-1.7\n" + b"\n".join(objects) + b"\ntrailer<</Root 1 0 R/Info 7 0 R" + trailer + b">>\n%%EOF"


def stream(number: int, content: str) -> bytes:
    packed = zlib.compress(content.encode())
    head = f"{number} 0 obj<</Filter/FlateDecode/Length {len(packed)}>>stream\n"
    return head.encode() + packed + b"\nendstream endobj"


def test_the_text_of_the_pages() -> None:
    content = read_pdf(pdf("催收员上门要出示证件。\n没有就报警。", "", "第二页。", about=ABOUT))
    assert content.text == "催收员上门要出示证件。\n没有就报警。\n\n第二页。"
    assert (content.about.title, content.about.author, content.about.published) == ("上门", "A", "2026-03-01")
    assert (content.markup, content.body_start) == (Markup.PLAIN, 0)


def test_a_document_that_says_nothing_or_nonsense_of_itself() -> None:
    content = read_pdf(pdf("一页。", about=b"/CreationDate(D:20260231)"))
    assert (content.about.title, content.about.author, content.about.published) == (None, None, None)


def test_half_characters_are_marked() -> None:
    text = read_pdf(pdf("甲\ud83d乙")).text
    assert text.encode("utf-8").decode("utf-8") == text
    assert text.startswith("甲")
    assert text.endswith("乙")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "it is not a PDF document .*save it as PDF again"),
        (b"%PDF-1.7 nothing", "it is not a PDF document"),
        (pdf(""), "its pages hold no text; it seems to be scanned, run text recognition on it first"),
        (pdf("甲", trailer=ENCRYPTED), "it is encrypted; save it without a password"),
        (pdf(*[""] * (MAX_PAGES + 1)), f"it has {MAX_PAGES + 1:,} pages, at most {MAX_PAGES:,} are read; split it"),
    ],
    ids=["empty", "no PDF", "scanned", "encrypted", "many pages"],
)
def test_what_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        read_pdf(data)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process so")
def test_a_page_that_unpacks_to_gigabytes_is_refused() -> None:
    pack = zlib.compressobj(1)
    packed = b"".join(pack.compress(b" " * 10_000_000) for _ in range(120)) + pack.flush()
    bomb = pdf("甲").replace(b"<</Filter/FlateDecode/Length", b"<</Filter/Old/Length")
    page = f"11 0 obj<</Filter/FlateDecode/Length {len(packed)}>>stream\n".encode() + packed + b"\nendstream endobj"
    with pytest.raises(CorpusError, match="the PDF library breaks down on it .*, or it takes more than 1,000,000,000"):
        read_pdf(bomb.replace(b"\ntrailer", b"\n" + page + b"\ntrailer"))


def test_a_page_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.readers.pdf.MAX_SECONDS", 0.001)
    with pytest.raises(CorpusError, match=r"reading it takes more than 0.001 s; split it or save it as text"):
        read_pdf(pdf("甲"))


def test_no_module_of_the_working_directory_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(3)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert read_pdf(pdf("甲乙")).text == "甲乙"
