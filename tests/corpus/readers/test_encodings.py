"""Encodings: each is found, also in the shortest text; what is no text is refused by name."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import CorpusError
from corpus.readers.encodings import decode, decode_html

SIMPLIFIED = "催收员上门要出示证件。没有证件，可以不开门！"
TRADITIONAL = "催收員上門要出示證件。沒有證件，可以不開門！"


@pytest.mark.parametrize(
    ("mark", "codec"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (b"", "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (b"", "gb18030"),
    ],
)
def test_chinese_in_every_encoding(mark: bytes, codec: str) -> None:
    assert decode(mark + SIMPLIFIED.encode(codec)) == SIMPLIFIED


@pytest.mark.parametrize(
    "text", ["催收", "老赖", "id: 3, amount=1000元还清, rate 24%", "Q: 能不能报警? A: 可以, 拨打110。", SIMPLIFIED]
)
def test_short_and_mixed_text_in_gb18030(text: str) -> None:
    assert decode(text.encode("gb18030")) == text


@pytest.mark.parametrize("text", ["欠錢", "催收員", "Q: 能不能報警? A: 可以, 撥打110。", TRADITIONAL])
def test_short_and_mixed_text_in_big5(text: str) -> None:
    assert decode(text.encode("big5")) == text


def test_traditional_text_in_gb18030() -> None:
    assert decode(TRADITIONAL.encode("gb18030")) == TRADITIONAL


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (SIMPLIFIED.encode()[:-1], r"^it is UTF-8 with a broken character \(byte 0xef at offset 63\); mend"),
        (
            SIMPLIFIED.encode().replace("没".encode(), b"\xe6\xff\xa1"),
            r"with a broken character \(byte 0xe6 at offset 33\)",
        ),
        (
            b"\xff",
            r"^it is neither UTF-8 \(byte 0xff at offset 0\) nor Chinese text in GB18030 or Big5; save it as UTF-8$",
        ),
        (b"caf\xe9 cr\xe8me", r"neither UTF-8 \(byte 0xe9 at offset 3\)"),
        (bytes(range(256)) * 10, r"^it is not a text file \(10 NUL bytes, the first at offset 0\)"),
        (b"PK\x03\x04" + b"\x00\x01" * 50, r"50 NUL bytes, the first at offset 4"),
        (codecs.BOM_UTF16_LE + "催".encode("utf-16-le") + b"\x00\xd8", "mark says UTF-16, but at offset 4 it is not"),
        (codecs.BOM_UTF8 + b"\xff", "mark says UTF-8, but at offset 3 it is not"),
    ],
)
def test_what_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        decode(data)


def test_a_stray_nul_is_kept() -> None:
    assert decode("催\0收".encode()) == "催\0收"


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0\ufeff")))
def test_utf8_is_never_taken_for_anything_else(text: str) -> None:
    assert decode(text.encode()) == text


@given(st.binary(max_size=200))
def test_any_bytes_give_a_valid_text_or_a_named_error(data: bytes) -> None:
    try:
        text = decode(data)
    except CorpusError:
        return
    assert text.encode("utf-8").decode("utf-8") == text


def page(charset: str) -> str:
    return f'<html><head><meta http-equiv="Content-Type" content="text/html; charset={charset}"></head><p>{TRADITIONAL}'


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("gb2312", "gb18030"),
        ("GBK", "gb18030"),
        ("big5", "big5"),
        ("gb2312", "utf-8"),
        ("utf-8", "gb18030"),
        ("koi8-r", "big5"),
    ],
)
def test_what_a_page_declares_is_tried(declared: str, written: str) -> None:
    assert decode_html(page(declared).encode(written)) == page(declared)


def test_a_declared_charset_decides_where_both_would_do() -> None:
    # Two common characters in either encoding.
    assert "報警".encode("big5").decode("gb18030") == "厨牡"
    assert decode_html(b"<meta charset=big5><p>" + "報警".encode("big5")).endswith("報警")
