"""The original and the clean text side by side on a terminal, in one column elsewhere."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from corpus.records import CleanArticle
from scripts.cleaning_terminal import TerminalView
from scripts.cleaning_view import count_rules
from tests.clean_articles import HOSTILE, HOSTILE_SHOWN, clean_articles, cleaned

SGR = re.compile(r"\x1b\[[\d;]*m")


def shown(
    *articles: CleanArticle, width: int = 30, terminal: bool = True, color: bool = True, show_all: bool = False
) -> str:
    """Return what is printed, escape sequences included."""
    written = io.StringIO()
    environment = {} if color else {"NO_COLOR": "1"}
    console = Console(
        file=written, width=width, force_terminal=terminal, color_system="standard" if terminal else None,
        highlight=False, markup=False, emoji=False, _environ=environment,
    )  # fmt: skip
    view = TerminalView.for_console(console, [count.rule for count in count_rules(articles)])
    for article in articles:
        view.show(article, show_all=show_all)
    return written.getvalue()


def test_side_by_side_with_marks() -> None:
    clean = cleaned(
        "上门催收要带证件\n",
        ("首页\n", "", "menu"),
        "电话１", ("２", "2", "width"), "次",
        title="上门",
    )  # fmt: skip
    assert SGR.sub("", shown(clean, color=False)).splitlines() == [
        "a.txt: 上门",
        "1 上门催收要带 │ 上门催收要带",
        "  证件         │ 证件",
        "2 [-首页⏎-]<me │ ",
        "  nu>          │ ",
        "3 电话１[-２-] │ 电话１{+2+}",
        "  <width>次    │ 次",
        "",
    ]


def test_in_colours() -> None:
    clean = cleaned("一\n二", ("(èr)", "", "pinyin"), "三", ("３", "3", "width"))
    assert shown(clean, width=80).splitlines()[1:3] == [
        "\x1b[2m1 \x1b[0m\x1b[2m一                                   \x1b[0m\x1b[2m │ \x1b[0m\x1b[2m一\x1b[0m",
        "\x1b[2m2 \x1b[0m二\x1b[9;31m(èr)\x1b[0m\x1b[3;31m<pinyin>\x1b[0m三\x1b[9;34m３\x1b[0m\x1b[3;34m<width>\x1b[0m"
        "            \x1b[2m │ \x1b[0m二三\x1b[1;34m3\x1b[0m",
    ]


@given(clean_articles, st.integers(10, 60))
def test_columns_are_aligned(clean: CleanArticle, width: int) -> None:
    lines = SGR.sub("", shown(clean, width=width, show_all=True)).splitlines()[1:-1]
    assert len({cell_len(line.partition("│")[0]) for line in lines}) <= 1


def test_unedited_lines_are_folded_unless_all_are_wanted() -> None:
    clean = cleaned("上门\n" * 20)
    assert SGR.sub("", shown(clean)).splitlines() == ["a.txt", "… 20 lines …", ""]
    assert SGR.sub("", shown(clean, show_all=True)).count("上门 ") == 20


def test_one_column_where_there_is_no_terminal() -> None:
    clean = cleaned("一", ("\n\n", "", "join"), "二\n", ("３", "3", "width"), "四" * 50, title="上门")
    assert shown(clean, terminal=False).splitlines() == [
        "a.txt: 上门",
        "1: 一[-⏎⏎-]<join>二",
        f"4: [-３-]{{+3+}}<width>{'四' * 50}",
        "",
    ]


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("color", [True, False])
def test_an_article_cannot_command_the_terminal(terminal: bool, color: bool) -> None:
    clean = cleaned(HOSTILE, (HOSTILE, HOSTILE, "width"), title=HOSTILE, path=HOSTILE)
    written = shown(clean, width=400, terminal=terminal, color=color)
    left = SGR.sub("", written) if terminal else written
    assert all(character.isprintable() or character == "\n" for character in left)
    assert HOSTILE_SHOWN in left
    if terminal:
        assert "\x1b[31m红" not in written
        assert not color or "\x1b[9;31m" in written
        assert color or not re.search(r"\x1b\[[\d;]*3\d", written)
