"""What the two texts have to do with each other, before anything is drawn."""

from collections.abc import Sequence

import pytest
from hypothesis import given

from corpus.records import About, Article, CleanArticle, Markup
from scripts.cleaning_view import (
    RuleCount,
    Segment,
    count_rules,
    edited_text,
    heading,
    rows,
    segments,
    stretches,
    total,
)
from tests.clean_articles import FRONT, Piece, clean_articles, cleaned


def test_segments_of_an_article() -> None:
    clean = cleaned("上门", ("(shàng)", "", "pinyin"), "要１", ("２", "2", "width"), front=FRONT)
    assert list(segments(clean)) == [
        Segment("上门", "上门"),
        Segment("(shàng)", "", "pinyin"),
        Segment("要１", "要１"),
        Segment("２", "2", "width"),
    ]


@given(clean_articles)
def test_segments_give_both_texts(clean: CleanArticle) -> None:
    parts = list(segments(clean))
    body = clean.article.original[clean.article.body_start :]
    assert "".join(part.original for part in parts) == body
    assert "".join(part.clean for part in parts) == clean.text
    assert [part.rule for part in parts if part.rule] == [edit.rule for edit in clean.edits]
    assert all(part.original == part.clean for part in parts if part.rule is None)


@given(clean_articles)
def test_rows_hold_whole_lines_of_both_texts(clean: CleanArticle) -> None:
    all_rows = list(rows(clean))
    original, text = clean.article.original[: clean.article.body_start], ""
    for row in all_rows:
        assert row.number == original.count("\n") + 1
        assert not original or original[-1] in "\n\r"
        assert not text or text[-1] == "\n"
        original += "".join(part.original for part in row.segments)
        text += "".join(part.clean for part in row.segments)
        assert not any("\n" in part.original[:-1] for part in row.segments if part.rule is None)
    assert (original, text) == (clean.article.original, clean.text)


@pytest.mark.parametrize(
    ("pieces", "wanted"),
    [
        (["一\n二\n"], [(1, "一\n", "一\n"), (2, "二\n", "二\n")]),
        # A deleted line is a row of its own, also where the line break was deleted with it.
        (["一\n", ("菜单\n", "", "menu"), "二"], [(1, "一\n", "一\n"), (2, "菜单\n", ""), (3, "二", "二")]),
        (["一\n", ("菜单", "", "menu"), "\n二"], [(1, "一\n", "一\n"), (2, "菜单\n", "\n"), (3, "二", "二")]),
        # Lines that were joined stand in one row.
        (["一", ("\n", "", "join"), "二\n三"], [(1, "一\n二\n", "一二\n"), (3, "三", "三")]),
        # A line that was cut stands in one row.
        (["一", ("  ", "\n", "cut"), "二\n三"], [(1, "一  二\n", "一\n二\n"), (2, "三", "三")]),
        # Replaced line ends do not tie all lines together.
        (["一", ("\r\n", "\n", "end"), "二"], [(1, "一\r\n", "一\n"), (2, "二", "二")]),
        (["一", ("\r", "\n", "end"), "二"], [(1, "一\r", "一\n"), (1, "二", "二")]),
        (["一", ("\r", "", "end"), "\n二"], [(1, "一\r\n", "一\n"), (2, "二", "二")]),
        ([], []),
    ],
)
def test_rows(pieces: Sequence[Piece], wanted: list[tuple[int, str, str]]) -> None:
    assert [
        (row.number, "".join(part.original for part in row.segments), "".join(part.clean for part in row.segments))
        for row in rows(cleaned(*pieces))
    ] == wanted


def test_lines_are_counted_in_the_file() -> None:
    assert [row.number for row in rows(cleaned("一\n二", front=FRONT))] == [4, 5]


def test_stretches_hide_what_is_far_from_an_edit() -> None:
    lines = [f"{number}\n" for number in range(1, 21)]
    all_rows = tuple(rows(cleaned(*lines[:9], ("10", "X", "width"), "\n", *lines[10:])))
    assert [(s.rows[0].number, len(s.rows), s.is_hidden) for s in stretches(all_rows, context=2)] == [
        (1, 7, True),
        (8, 5, False),
        (13, 8, True),
    ]


def test_a_lone_line_is_not_hidden() -> None:
    clean = cleaned(("一", "X", "width"), "\n2\n3\n4\n", ("五", "X", "width"))
    assert [stretch.is_hidden for stretch in stretches(rows(clean), context=1)] == [False, False, False]
    assert [stretch.is_hidden for stretch in stretches(rows(clean), context=0)] == [False, True, False]


def test_counts() -> None:
    articles = (
        cleaned(("菜单", "", "menu"), "上门", ("２", "2", "width")),
        cleaned(("…", "...", "width"), ("b", "", "ad")),
    )
    counts = count_rules(articles)
    assert counts == (RuleCount("width", 2, 1 + 1, 1 + 3), RuleCount("ad", 1, 1, 0), RuleCount("menu", 1, 2, 0))
    assert total(counts) == RuleCount("all", 4, 5, 4)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (" ", "␣"),
        ("版权所有 2026  Co ", "版权所有 2026␣␣Co␣"),
        ("　\xa0", r"\u3000\xa0"),
        ("\u3164\ufe0f", r"\u3164\ufe0f"),
        ("一\n\n二\r\n", "一⏎\n⏎\n二\\r⏎"),
    ],
)
def test_what_an_edit_took_can_be_seen(text: str, wanted: str) -> None:
    assert edited_text(text) == wanted


def test_heading() -> None:
    article = Article("visits", "a.md", "上门", Markup.PLAIN, about=About(title="上\x1b门"))
    assert heading(article) == r"a.md: 上\x1b门 (id visits)"
    assert heading(cleaned("上门").article) == "a.txt"
