"""Blocks and the headings they stand under."""

import pytest

from corpus.records import BlockKind, Markup
from corpus.structure import blocks, marked_headings, section_texts


def spans(text: str, markup: Markup) -> list[tuple[str, tuple[str, ...]]]:
    return [(text[block.start : block.end], block.headings) for block in blocks(text, markup)]


def test_markdown() -> None:
    text = (
        "开头\n\n## 一 `码`\n第一段\n第二行\n\n- 甲\n- 乙\n\n"
        "### 细\n| a | b |\n| - | - |\n| 1 | 2 |\n\n***\n\n## 二\n> 引\n"
    )
    assert spans(text, Markup.MARKDOWN) == [
        ("开头", ()),
        ("第一段\n第二行", ("一 码",)),
        ("- 甲", ("一 码",)),
        ("- 乙", ("一 码",)),
        ("| a | b |\n| - | - |", ("一 码", "细")),
        ("| 1 | 2 |", ("一 码", "细")),
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


@pytest.mark.parametrize("line", ["小編導語", "结语：", "四、真实案例:他们来了", "案例一：小周逾期", "误区2:不还也行"])
def test_headings_of_web_articles(line: str) -> None:
    assert spans(f"{line}\n正文。", Markup.PLAIN) == [("正文。", (line.rstrip("：:"),))]


@pytest.mark.parametrize("line", ["1. 短信通知:平台会发短信", "案例一：小周逾期，还不上", "小编被催收了"])
def test_lines_that_are_no_headings(line: str) -> None:
    assert spans(f"{line}\n正文。", Markup.PLAIN) == [(line, ()), ("正文。", ())]


def kinds(text: str, markup: Markup) -> list[tuple[str, BlockKind, str | None]]:
    return [
        (text[block.start : block.end], block.kind, text[slice(*block.lead)] if block.lead else None)
        for block in blocks(text, markup)
    ]


def test_a_list_knows_the_line_that_leads_into_it() -> None:
    plain = "上门要合规。要带三样：\n- 工作证，原件\n2. 委托书，原件\n（3）录音，全程\n然后再谈。"
    lead = "要带三样："
    assert kinds(plain, Markup.PLAIN) == [
        ("上门要合规。", BlockKind.PARAGRAPH, None),
        ("要带三样：", BlockKind.PARAGRAPH, None),
        ("- 工作证，原件", BlockKind.ITEM, lead),
        ("2. 委托书，原件", BlockKind.ITEM, lead),
        ("（3）录音，全程", BlockKind.ITEM, lead),
        ("然后再谈。", BlockKind.PARAGRAPH, None),
    ]
    markdown = "要带：\n\n- 工作证\n\n  看照片\n  - 细看\n- 委托书\n"
    assert kinds(markdown, Markup.MARKDOWN) == [
        ("要带：", BlockKind.PARAGRAPH, None),
        ("- 工作证\n\n  看照片\n  - 细看", BlockKind.ITEM, "要带："),
        ("- 委托书", BlockKind.ITEM, "要带："),
    ]


def test_a_paragraph_without_a_colon_leads_nowhere() -> None:
    assert kinds("要带证件。\n- 工作证，原件", Markup.PLAIN)[1] == ("- 工作证，原件", BlockKind.ITEM, None)


def test_rows_know_the_head_of_their_table() -> None:
    text = "| 文件 | 次数 |\n| --- | --- |\n| 国标 | 三次 |\n| 指引 | 六次 |\n"
    head = "| 文件 | 次数 |"
    assert kinds(text, Markup.MARKDOWN) == [
        ("| 文件 | 次数 |\n| --- | --- |", BlockKind.ROW, None),
        ("| 国标 | 三次 |", BlockKind.ROW, head),
        ("| 指引 | 六次 |", BlockKind.ROW, head),
    ]


def test_rows_of_plain_text_know_their_head() -> None:
    text = "三份文件：\n文件\t次数\n国标\t三次\n指引\t六次\n正文。\n| 甲 | 乙 |\n| 1 | 2 |"
    assert kinds(text, Markup.PLAIN) == [
        ("三份文件：", BlockKind.PARAGRAPH, None),
        ("文件\t次数", BlockKind.ROW, "三份文件："),
        ("国标\t三次", BlockKind.ROW, "文件\t次数"),
        ("指引\t六次", BlockKind.ROW, "文件\t次数"),
        ("正文。", BlockKind.PARAGRAPH, None),
        ("| 甲 | 乙 |", BlockKind.ROW, None),
        ("| 1 | 2 |", BlockKind.ROW, "| 甲 | 乙 |"),
    ]


def test_a_numbered_paragraph_of_markdown_is_a_heading_below_the_marked_ones() -> None:
    text = "## 上门\n\n一、看证件\n\n先看工作证。\n\n二、谈还款\n\n再谈。\n"
    assert spans(text, Markup.MARKDOWN) == [
        ("先看工作证。", ("上门", "一、看证件")),
        ("再谈。", ("上门", "二、谈还款")),
    ]


@pytest.mark.parametrize("markup", Markup)
def test_a_question_stands_with_its_answer(markup: Markup) -> None:
    text = "引言。\n\n问：能录音吗？\n\n答：能。\n\n自己的通话可以。\n\nQ2：能拍照吗？\n\nA2：能。\n"
    assert kinds(text, markup) == [
        ("引言。", BlockKind.PARAGRAPH, None),
        ("问：能录音吗？\n\n答：能。\n\n自己的通话可以。", BlockKind.ANSWER, "问：能录音吗？"),
        ("Q2：能拍照吗？\n\nA2：能。", BlockKind.ANSWER, "Q2：能拍照吗？"),
    ]


def test_a_question_without_an_answer_takes_nothing_in() -> None:
    assert [text for text, _, _ in kinds("问：能录音吗？\n正文。", Markup.PLAIN)] == ["问：能录音吗？", "正文。"]


def test_a_question_and_its_answer_in_one_paragraph() -> None:
    text = "问：能录音吗？\n答：能。\n\n## 二\n正文。"
    assert kinds(text, Markup.MARKDOWN) == [
        ("问：能录音吗？\n答：能。", BlockKind.ANSWER, "问：能录音吗？"),
        ("正文。", BlockKind.PARAGRAPH, None),
    ]


def test_texts_of_sections() -> None:
    text = "开头。\n\n## 甲\n\n一。\n\n- 二\n- 三\n\n### 细\n\n四。\n\n## 乙\n\n五。"
    assert section_texts(text, Markup.MARKDOWN) == {
        (): "开头。",
        ("甲",): "一。\n- 二\n- 三",
        ("甲", "细"): "四。",
        ("乙",): "五。",
    }


def test_only_marked_headings_are_marked() -> None:
    text = "## 甲\n\n一、证件\n\n要看。\n\n```\n## 乙\n```\n\n### **丙**\n"
    assert [(heading.level, heading.title) for heading in marked_headings(text)] == [(2, "甲"), (3, "丙")]
    assert [text[heading.start] for heading in marked_headings(text)] == ["#", "#"]
