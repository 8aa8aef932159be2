"""Blocks and the headings they stand under."""

import pytest

from corpus.records import Markup
from corpus.structure import blocks
from tests.conftest import article


def spans(text: str, markup: Markup) -> list[tuple[str, tuple[str, ...]]]:
    return [(text[block.start : block.end], block.headings) for block in blocks(article("a", text, markup=markup))]


def test_markdown() -> None:
    text = (
        "开头\n\n## 一 `码`\n第一段\n第二行\n\n- 甲\n- 乙\n\n"
        "### 细\n| a | b |\n| - | - |\n| 1 | 2 |\n\n***\n\n## 二\n> 引\n"
    )
    assert spans(text, Markup.MARKDOWN) == [
        ("开头", ()),
        ("第一段\n第二行", ("一 码",)),
        ("- 甲\n- 乙", ("一 码",)),
        ("| a | b |\n| - | - |\n| 1 | 2 |", ("一 码", "细")),
        ("> 引", ("二",)),
    ]


def test_a_heading_with_nothing_below_it_is_text() -> None:
    text = "## 可以录音吗？可以\n\n## 二\n正文\n\n## 三\n### 四\n"
    assert spans(text, Markup.MARKDOWN) == [
        ("## 可以录音吗？可以", ()),
        ("正文", ("二",)),
        ("### 四", ("三",)),
    ]


def test_markdown_that_looks_like_something_else_stays_text() -> None:
    text = "上门要带委托书。\n---\n\n[注]: 本条依据2026年规定\n"
    assert spans(text, Markup.MARKDOWN) == [("上门要带委托书。", ()), ("[注]: 本条依据2026年规定", ())]


def test_a_short_numbered_list_is_no_row_of_headings() -> None:
    text = "上门时要带的证件：\n1、身份证\n2、工作证\n3、授权委托书\n没有证件可以拒绝。"
    assert spans(text, Markup.PLAIN) == [(line, ()) for line in text.split("\n")]
    assert spans("一、身份证\n二、工作证", Markup.PLAIN) == [("一、身份证", ()), ("二、工作证", ())]


def test_markdown_with_windows_lines_and_code_fence() -> None:
    text = "# 题\r\n正文\r\n\r\n```\r\n# 不是标题\r\n```\r\n"
    assert spans(text, Markup.MARKDOWN) == [("正文", ("题",)), ("```\r\n# 不是标题\r\n```", ("题",))]


def test_plain_text_with_numbered_headings() -> None:
    text = (
        "引言\n一、概念\n1.1 定义\n它是贷款。\n1. 短信通知:平台会发送短信。\n二、流程:\n流程如下\n（一）电话\n先打电话"
    )
    assert spans(text, Markup.PLAIN) == [
        ("引言", ()),
        ("它是贷款。", ("一、概念", "1.1 定义")),
        ("1. 短信通知:平台会发送短信。", ("一、概念", "1.1 定义")),
        ("流程如下", ("二、流程",)),
        ("先打电话", ("二、流程", "（一）电话")),
    ]


@pytest.mark.parametrize("line", ["2025年逾期的人很多", "一、" + "长" * 40, "三天后，还款", "1. 还款。"])
def test_not_a_heading(line: str) -> None:
    assert spans(line, Markup.PLAIN) == [(line, ())]
