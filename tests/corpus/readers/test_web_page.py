"""HTML pages: the whole article in order, what the page says of itself, and what is refused."""

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import CorpusError
from corpus.readers.html_tree import MAX_DEPTH, MAX_ELEMENTS
from corpus.readers.web_page import read_web_page
from corpus.records import About, Markup

# Far above what was measured on a slow machine (3 s), far below what a quadratic step would take.
SECONDS = 30


def text_of(body: str, head: str = "") -> str:
    return read_web_page(f"<html><head>{head}</head><body>{body}</body></html>".encode()).text


def test_an_article_with_all_its_structure() -> None:
    body = """<nav><a href="/">首页</a></nav><article><h1>上门要证件</h1><h2>一、证件</h2><p>要看证件。</p>
      <ul><li>身份证<ul><li>正面</li><li>反面</li></ul></li><li>委托书</li></ul><ol><li>先看</li><li>再记</li></ol>
      <h2>二、费用</h2><table><tr><th>项目</th><th>金额</th></tr><tr><td>利|息</td><td>100元<br>起</td></tr></table>
      <p>自<time>2026年3月1日</time>起<a href="/law">施行</a>，不得<b>骚扰</b>他人。</p></article>
      <footer>版权所有</footer>"""
    expected = """# 上门要证件

## 一、证件

要看证件。

- 身份证
  - 正面
  - 反面
- 委托书

1. 先看
2. 再记

## 二、费用

| 项目 | 金额 |
|---|---|
| 利\\|息 | 100元 起 |

自2026年3月1日起施行，不得**骚扰**他人。"""
    assert "\n".join(line.rstrip() for line in text_of(body).splitlines()) == expected


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>催收员上门要出示证件。</p>", "催收员上门要出示证件。"),
        ("<div>第一句。<br>第二句。</div><div>第三句。</div>", "第一句。\n\n第二句。\n\n第三句。"),
        ("第一句。<br>第二句。<br><br>第三句。", "第一句。\n\n第二句。\n\n第三句。"),
        ("<div>甲<p>乙</p>丙<span>丁</span><div>戊</div>己</div>", "甲\n\n乙\n\n丙丁\n\n戊\n\n己"),
        ("<table><tr><td><h2>题</h2><p>甲</p><p>乙</p></td></tr></table>", "## 题\n\n甲\n\n乙"),
        ("<center><font><h3>题</h3>甲<br>乙</font></center>", "### 题\n\n甲\n\n乙"),
        ("<figure><img src=a.png><figcaption>图一</figcaption></figure><p>甲</p>", "图一\n\n甲"),
        ("<div class=content><p>甲</p></div><div class=content><p>乙</p></div>", "甲\n\n乙"),
        ("<p>甲\0乙&#xD800;</p>", "甲乙\ufffd"),
        ("<p>\u202e甲</p>", "甲"),
        ("<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><p>甲&b;</p>", "\\]>\n\n甲&b;"),
    ],
)
def test_short_pages_are_taken_whole(body: str, text: str) -> None:
    assert text_of(body).replace("\u202e", "") == text


def test_what_the_page_says_of_itself() -> None:
    head = """<title>上门要证件 - 某网</title><meta name="author" content="张三">
      <meta property="og:site_name" content="某网"><link rel="canonical" href="https://example.org/a/1">
      <meta property="article:published_time" content="2026-03-01T08:00:00+08:00">"""
    content = read_web_page(f"<html><head>{head}</head><body><p>2021年1月1日起施行。</p></body></html>".encode())
    about = content.about
    assert (about.title, about.author, about.source, about.url, about.published) == (
        "上门要证件",
        "张三",
        "某网",
        "https://example.org/a/1",
        "2026-03-01",
    )
    assert (content.markup, content.body_start, content.text) == (Markup.MARKDOWN, 0, "2021年1月1日起施行。")


def test_a_page_that_says_nothing_of_itself() -> None:
    content = read_web_page("<p>2021年1月1日起施行。</p>".encode())
    assert content.about == About()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "it is empty"),
        (b"<!-- -->", "holds no element of a page"),
        (b"<html><body><script>x()</script><p> </p></body></html>", "no text of an article was found"),
        (b"<div>" * (MAX_DEPTH + 1) + b"x", f"nested more than {MAX_DEPTH} deep"),
        (b"<div>" * 2_000_000, f"nested more than {MAX_DEPTH} deep"),
        (b"<p>x</p>" * (MAX_ELEMENTS + 1), f"more than {MAX_ELEMENTS:,} elements"),
    ],
)
def test_what_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        read_web_page(data)


@pytest.mark.parametrize(
    "body",
    [
        "<div>乙" * 190,
        "<ul><li>乙" * 90,
        "<table><tr><td>乙" * 45,
        "<blockquote>乙" * 190,
        "<b>乙" * 190,
        "<span>乙<p>丙</p>" * 90,
        f"<p title='{'x' * 9_000_000}'>乙</p>",
        "<a href=x>乙</a>丙" * 10_000,
        "<table><tr><td colspan=1000000 rowspan=1000000>乙</td></tr></table>",
        "<" * 2_000_000,
        "<!--" * 2_000_000,
        f"<p>{' ' * 9_000_000}</p>",
    ],
    ids=lambda body: f"{body[:12]}-{len(body)}",
)
def test_hostile_pages_are_read_in_time(body: str) -> None:
    begun = time.monotonic()
    assert "甲句。" in text_of(f"<p>甲句。</p>{body}", f"<title>{'a - ' * 100_000}</title>")
    assert time.monotonic() - begun < SECONDS


@st.composite
def pages(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Draw a page of nested blocks, and its sentences in order; each is another."""
    counter = itertools.count()
    sentences: list[str] = []

    def sentence() -> str:
        sentences.append(f"第{next(counter):03d}句讲催收。")
        return sentences[-1]

    def filled(template: str) -> str:
        return "".join(sentence() if part == "S" else part for part in template.split("|"))

    inline = ("|S|", "<b>|S|</b>", "|S|<a href=x>|S|</a>|S|", "<font>|S|</font>|S|", "|S|<i>|S|</i>")
    item = (*inline, "<p>|S|</p><p>|S|</p>", "|S|<br>|S|", "<div>|S|</div>|S|", "<ul><li>|S|</li></ul>")

    def block(depth: int) -> str:
        kind = draw(st.sampled_from(("p", "div", "br", "h2", "ul", "ol", "table", "quote", "mixed", "section")))
        if kind in ("p", "div"):
            return f"<{kind}>{filled(draw(st.sampled_from(inline)))}</{kind}>"
        if kind in ("ul", "ol"):
            items = draw(st.lists(st.sampled_from(item), min_size=1, max_size=3))
            return f"<{kind}>" + "".join(f"<li>{filled(one)}</li>" for one in items) + f"</{kind}>"
        if kind == "table":
            rows = draw(st.lists(st.tuples(st.sampled_from(item), st.sampled_from(item)), min_size=1, max_size=3))
            cells = ("".join(f"<td>{filled(cell)}</td>" for cell in row) for row in rows)
            return "<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>"
        if kind == "section" and depth < 2:
            return f"<section>{block(depth + 1)}{block(depth + 1)}</section>"
        return filled(
            {
                "h2": "<h2>|S|</h2><p>|S|</p>",
                "quote": "<blockquote>|S|<p>|S|</p></blockquote>",
                "mixed": "<div>|S|<p>|S|</p><b>|S|</b><div>|S|</div>|S|</div>",
            }.get(kind, "|S|<br>|S|<br><br>|S|")
        )

    body = "".join(block(0) for _ in range(draw(st.integers(1, 6))))
    frame = draw(
        st.sampled_from(
            (
                "{}",
                "<article>{}</article>",
                "<div id=content>{}</div>",
                "<table><tr><td>{}</td></tr></table>",
                "<form>{}</form>",
            )
        )
    )
    return frame.format(body), sentences


@given(pages())
def test_every_sentence_is_extracted_once_and_in_order(page: tuple[str, list[str]]) -> None:
    body, sentences = page
    text = text_of(body)
    assert [text.count(sentence) for sentence in sentences] == [1] * len(sentences)
    assert sorted(sentences, key=text.index) == sentences
