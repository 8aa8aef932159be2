"""Edits compose, and lead back to what they were made on."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.offsets import OffsetMap, apply_edits, compose
from corpus.records import Edit

BODY_START = 3


@st.composite
def edits_of(draw: st.DrawFn, length: int, rule: str) -> list[Edit]:
    """Draw edits of a text of so many characters, in order and apart."""
    borders = sorted(draw(st.lists(st.integers(0, length), max_size=8)))
    return [
        Edit(start, end, draw(st.text("甲乙丙\n", max_size=3)), rule)
        for start, end in zip(borders[::2], borders[1::2], strict=False)
        if start < end
    ]


@st.composite
def rounds(draw: st.DrawFn) -> tuple[str, str, tuple[Edit, ...]]:
    """Draw a text, what three rounds of edits make of it, and their composition."""
    body = draw(st.text("abcdef\n", max_size=14))
    text = body
    composed: tuple[Edit, ...] = ()
    for rule in ("first", "second", "third"):
        edits = draw(edits_of(len(text), rule))
        composed = compose(composed, text, edits, BODY_START)
        text = apply_edits(text, edits)
    return body, text, composed


@given(rounds())
def test_composed_edits_do_what_the_rounds_do(drawn: tuple[str, str, tuple[Edit, ...]]) -> None:
    body, text, edits = drawn
    assert apply_edits(body, edits, BODY_START) == text
    assert all(edit.start < edit.end for edit in edits)
    assert all(one.end <= other.start for one, other in pairwise(edits))


@given(rounds())
def test_every_range_between_edits_leads_to_its_source(drawn: tuple[str, str, tuple[Edit, ...]]) -> None:
    body, text, edits = drawn
    offsets = OffsetMap(edits, BODY_START)
    borders = [position for position in range(len(text) + 1) if offsets.uncut(position) == position]
    for start in borders:
        for end in (border for border in borders if border > start):
            first, last = offsets.source(start, end)
            source = body[first - BODY_START : last - BODY_START]
            assert apply_edits(source, offsets.edits(first, last), first) == text[start:end]
            assert not any(edit.start < border < edit.end for edit in edits for border in (first, last))


def test_a_border_inside_an_edit_is_refused() -> None:
    offsets = OffsetMap((Edit(1, 2, "电话", "blank-restored"),))
    assert offsets.source(1, 3) == (1, 2)
    assert offsets.uncut(2) == 1
    with pytest.raises(ValueError, match="2 to 3 is no range between edits"):
        offsets.source(2, 3)
    with pytest.raises(ValueError, match="3 to 3 is no range"):
        offsets.source(3, 3)


def test_a_range_is_widened_to_whole_edits() -> None:
    offsets = OffsetMap((Edit(1, 2, "电话", "blank-restored"), Edit(4, 5, "甲乙", "width")))
    assert offsets.widened(2, 6) == (1, 7)
    assert offsets.widened(1, 5) == (1, 5)


def test_what_is_deleted_at_a_border_belongs_to_neither_side() -> None:
    offsets = OffsetMap((Edit(2, 5, "", "menu"),))
    assert offsets.source(0, 2) == (0, 2)
    assert offsets.source(2, 4) == (5, 7)
    assert offsets.source(1, 3) == (1, 6)


def test_the_later_rule_names_what_it_covers() -> None:
    # "ab(x)cd" without "(x)" is "abcd"; then the whole line goes.
    first = (Edit(2, 5, "", "pinyin"),)
    assert compose(first, "abcd", [Edit(0, 4, "", "menu")]) == (Edit(0, 7, "", "menu"),)
    # Half of a replacement stays: both rules made the edit.
    first = (Edit(2, 5, "xy", "width"),)
    assert compose(first, "abxycd", [Edit(3, 6, "", "menu")]) == (Edit(2, 7, "x", "width+menu"),)


def test_lines_taken_out_keep_the_name_of_their_rule() -> None:
    # The middle line of three went first, then those around it.
    first = (Edit(2, 4, "", "menu"),)
    assert compose(first, "a\nc\n", [Edit(0, 4, "", "links")]) == (
        Edit(0, 2, "", "links"),
        Edit(2, 4, "", "menu"),
        Edit(4, 6, "", "links"),
    )
