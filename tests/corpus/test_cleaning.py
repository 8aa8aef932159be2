"""Cleaning as a whole: what it may do to any text, and what it makes of pages of known dirt."""

import re
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.chunking import ChunkSizes, chunk
from corpus.cleaning import RULES, clean
from corpus.offsets import apply_edits
from corpus.records import About, Article, CleanArticle, Markup, Passage
from corpus.script import HAN
from tests.corpus.dirty import TITLE, clean_texts, dirty_texts

SIZES = st.sampled_from([ChunkSizes(64, 96), ChunkSizes(32, 48), ChunkSizes(128, 256)])
MARKUPS = st.sampled_from(Markup)
_HAN = re.compile(f"[{HAN}]")
# What rules may name an edit; "width+menu" is one that two rules made.
RULE_NAMES = {
    *("compatible-character", "html-tag", "html-entity", "width", "invisible", "control", "pinyin", "hard-wrap"),
    *("markdown-image", "markdown-link", "markdown-strong", "menu", "copyright", "icp", "contact", "disclaimer"),
    *("comments", "links", "editor", "head-note", "blank-restored", "blank-marked", "title-repeat", "outline"),
}


def article(text: str, markup: Markup = Markup.PLAIN, title: str | None = TITLE, body_start: int = 0) -> Article:
    return Article("a", "a.txt", text, markup, body_start, About(title=title))


def count_characters(texts: Sequence[str]) -> list[int]:
    return [len(text) + 2 for text in texts]


def passages_of(cleaned: CleanArticle, sizes: ChunkSizes) -> tuple[Passage, ...]:
    return chunk(cleaned, sizes, count_characters)


@given(dirty_texts(), MARKUPS, SIZES, st.integers(0, 3))
def test_every_passage_leads_to_its_source(text: str, markup: Markup, sizes: ChunkSizes, body_start: int) -> None:
    original = "#" * body_start + text
    cleaned = clean(article(original, markup, body_start=body_start))
    assert apply_edits(text, cleaned.edits, body_start) == cleaned.text
    for passage in passages_of(cleaned, sizes):
        source = original[passage.start : passage.end]
        assert apply_edits(source, passage.edits, passage.start) == passage.text
        borders = (passage.start, passage.end)
        assert not any(edit.start < border < edit.end for edit in cleaned.edits for border in borders)
        assert passage.edits == tuple(e for e in cleaned.edits if passage.start <= e.start and e.end <= passage.end)


@given(dirty_texts(), MARKUPS)
def test_edits_are_in_order_and_named_by_rules(text: str, markup: Markup) -> None:
    edits = clean(article(text, markup)).edits
    assert all(edit.start < edit.end for edit in edits)
    assert all(one.end <= other.start for one, other in pairwise(edits))
    assert {name for edit in edits for name in edit.rule.split("+")} <= RULE_NAMES
    assert all(text[edit.start : edit.end] != edit.replacement for edit in edits)


@given(dirty_texts(), MARKUPS, SIZES)
def test_no_han_character_is_lost_but_by_a_rule(text: str, markup: Markup, sizes: ChunkSizes) -> None:
    cleaned = clean(article(text, markup))
    touched = {position for edit in cleaned.edits for position in range(edit.start, edit.end)}
    kept = [c for position, c in enumerate(text) if position not in touched and _HAN.match(c)]
    put_in = [c for edit in cleaned.edits for c in edit.replacement if _HAN.match(c)]
    assert sorted(_HAN.findall(cleaned.text)) == sorted(kept + put_in)
    # And what is in the clean text is in a passage, or in the headings above one.
    passages = passages_of(cleaned, sizes)
    found = "".join(passage.text + "".join(passage.headings) for passage in passages)
    assert set(_HAN.findall(cleaned.text)) <= set(_HAN.findall(found))


@given(clean_texts(), MARKUPS)
def test_clean_text_stays_as_it_is(text: str, markup: Markup) -> None:
    assert clean(article(text, markup)) == CleanArticle(article(text, markup), text, ())


@given(st.text(max_size=200), MARKUPS)
def test_any_text_is_cleaned(text: str, markup: Markup) -> None:
    cleaned = clean(article(text, markup))
    assert apply_edits(text, cleaned.edits) == cleaned.text


def test_each_rule_shows_what_it_changes_and_what_stays() -> None:
    for rule in RULES:
        assert rule.__doc__ is not None
        assert rule.__doc__.count('"') >= 4, rule
        assert "stay" in rule.__doc__, rule


SCRAPED = """2025網貸 > > 正文
20253/8
来源:某某财经

微粒貸会打电话催收吗:催收方式与應(yìng)對(duì)

字体:

一、催收的方式

二、家人的電(diàn)话

三、投诉

微粒貸会打 催收，也会發(fā)短信。催收人员会通过 、短信等方式联系你，Ａ级客户除外。

一、催收的方式:

微粒貸会打 催收的原因有三条(见App)。

微粒貸会打电话催收吗:催收方式与應(yìng)對(duì)

二、家人的電(diàn)话:

他们不能通过 找你母亲要钱&nbsp;(App)。

三、投诉:

先找机构。

大家还看了:

精彩评论

头像 小李-实习 2025-04-06
我接到过三次。
【纠错】 【责任编辑:小周】

Copyright © 2000 - 2028 All Rights Reserved.

鲁ICP备00000000号-1 .
"""


def test_a_scraped_page() -> None:
    cleaned = clean(article(SCRAPED, title=None))
    assert cleaned.article.about.title == "微粒貸会打电话催收吗:催收方式与應對"
    assert cleaned.article.about.source == "某某财经"
    lines = [line for line in cleaned.text.split("\n") if line]
    assert lines == [
        "微粒貸会打电话催收，也会發短信。催收人员会通过□、短信等方式联系你，A级客户除外。",
        "一、催收的方式:",
        "微粒貸会打电话催收的原因有三条(见App)。",
        "二、家人的電话:",
        "他们不能通过□找你母亲要钱 (App)。",
        "三、投诉:",
        "先找机构。",
    ]


def test_what_the_source_says_of_itself_is_kept() -> None:
    about = About(title="另一个题目", published="2020-01-01")
    named = Article("a", "a.md", "逾期会上门吗\n2024-11-08\n正文。", Markup.PLAIN, about=about)
    cleaned = clean(named)
    assert (cleaned.article.about.title, cleaned.article.about.published) == ("另一个题目", "2020-01-01")
    assert cleaned.text == "逾期会上门吗\n正文。"


@pytest.mark.parametrize("size", [200_000])
def test_hostile_text_takes_time_that_grows_with_its_length_only(size: int) -> None:
    """A pattern that goes back over the text takes minutes for one of these; together they take seconds."""
    for piece in (
        "[",
        "**a",
        "&#",
        "<a ",
        "问：",
        "、、",
        "字(ǎ",
        "打 ",
        "头像 ",
        "![",
        "1. :",
        "，",
        "最新文章\n",
        "a\u0301",
        "> ",
    ):
        text = piece * (size // len(piece))
        for markup in Markup:
            cleaned = clean(article(text, markup))
            assert apply_edits(text, cleaned.edits) == cleaned.text
            assert all(passage.text for passage in chunk(cleaned, ChunkSizes(), count_characters))
