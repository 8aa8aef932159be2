"""What cannot be seen is written out."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.unicode import printable


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("上门 [b]　😀é\xa0", "上门 [b]　😀é\xa0"),
        ("\x1b[31m", r"\x1b[31m"),
        ("\x9b\x07\r\t\n", r"\x9b\x07\r\t\n"),
        ("\u202e\u2066\u200b\ufeff\u2028", r"\u202e\u2066\u200b\ufeff\u2028"),
        ("\ud800\ue000\U000e0041", r"\ud800\ue000\U000e0041"),
    ],
)
def test_printable(text: str, wanted: str) -> None:
    assert printable(text) == wanted


@given(st.text())
def test_printable_leaves_nothing_that_acts(text: str) -> None:
    assert {unicodedata.category(character) for character in printable(text)}.isdisjoint(
        {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    )


def test_what_is_kept_all_the_same() -> None:
    assert printable("上\n门\t\x1b", kept="\n\t") == "上\n门\t\\x1b"
