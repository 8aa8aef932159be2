"""Reading on the page: the whole original, with the passage marked where it stands."""

from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Browser, Page

from corpus.reading import ArticleList
from corpus.records import About, Article, Markup
from embeddings.encoders.model_folder import ModelFolder
from embeddings.store.builder import build
from embeddings.store.request import BuildRequest
from tests.conftest import Served, SilentReporter, serve_process
from tests.service.web.visiting import ask, complaints_of, first_mark, marked, open_first, original, visit, whole

QUESTION = "上门要看哪些证件"
# Characters that JavaScript counts as two, and whatever of Markdown the page shows as what it means.
ODD = """---
title: 😰怎么办
---

# 😰先别慌

开头😀😀，见[上门](visits.md "x")、[别处](https://example.org/a?b=1)和[没有](nothing.md)。**重点**在这里。

> 第一句话。
> 第二句话。

- 一件事
  接着说
* 两件事
1. 先拍照
2) 再报警

| 项目 | 期限 |
|:---|---|
| 记录 | 五年 |
| 空 | |
| 长 | 一 | 二

```
原样 | 保留
```

结尾没有换行😀"""


@pytest.fixture(scope="module")
def odd_served(tiny_model: ModelFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    index = tmp_path_factory.mktemp("odd") / "index"
    articles = [
        Article("odd", "a/odd.md", ODD, Markup.MARKDOWN, ODD.index("\n# ") + 1, About(title="😰怎么办")),
        Article("home/visits", "a/visits.md", "上门要带证件。\n", Markup.MARKDOWN, 0, About(title="上门")),
        Article("plain", "b.txt", "# 不是标题\n- 也不是列表\n\n|a|b|\n", Markup.PLAIN, 0, About(title="文本")),
        Article("windows", "w.md", "# 一\r\n\r\n催收。\r\n- 二\r\n", Markup.MARKDOWN, 0, About(title="换行")),
    ]
    build(BuildRequest(ArticleList(articles), tiny_model, index), SilentReporter())
    with serve_process(index) as running:
        yield running


def opened(page: Page, fragment: str) -> None:
    """Go to an article, and wait until it is drawn."""
    page.evaluate("(fragment) => { location.hash = fragment; }", fragment)
    page.wait_for_function(
        """(fragment) => document.body.dataset.view === 'reading' && document.querySelector('.original')
        && decodeURIComponent(location.hash) === decodeURIComponent(fragment)""",
        arg=fragment,
    )


def test_a_result_opens_where_it_stands_in_its_article(served: Served, browser: Browser) -> None:
    first = httpx2.post(f"{served.url}/search", json={"query": QUESTION}, timeout=30).json()["results"][0]
    text = original(served.url, first["article"]["id"])
    with visit(browser, served.url) as shown:
        page = shown.page
        ask(page, QUESTION)
        open_first(page)
        assert marked(page) == text[first["start"] : first["end"]]
        assert whole(page) == text
        assert page.locator("#reading h1").inner_text() == first["article"]["title"]
        # Seen, and where the focus is.
        assert first_mark(page).evaluate("(mark) => document.activeElement === mark")
        box = first_mark(page).bounding_box()
        assert box is not None
        assert 0 < box["y"] < 900
        assert complaints_of(shown) == []


def test_every_shipped_article_is_whole_in_the_page(served: Served, browser: Browser) -> None:
    ids = [one["id"] for one in httpx2.get(f"{served.url}/articles").json()["articles"]]
    assert len(ids) == 48
    with visit(browser, served.url) as shown:
        for id_ in ids:
            text = original(served.url, id_)
            opened(shown.page, f"#article={id_}&at=120-700")
            shown.page.wait_for_function(
                "(text) => [...document.querySelectorAll('.source')].map((one) => one.textContent).join('') === text",
                arg=text,
            )
            assert marked(shown.page) == text[120:700]
        assert complaints_of(shown) == []


def test_the_table_of_contents_and_the_neighbours_lead_through_the_article(served: Served, browser: Browser) -> None:
    answer = httpx2.get(f"{served.url}/articles/home-visits").json()
    passages, text = answer["passages"], answer["original"]
    with visit(browser, served.url, f"#article=home-visits&at={passages[2]['start']}-{passages[2]['end']}") as shown:
        page = shown.page
        first_mark(page)
        titles = page.locator(".contents a").all_inner_texts()
        assert titles == [headings[-1] for headings in answer["sections"]]
        assert page.locator(".contents a[aria-current]").all_inner_texts() == [passages[2]["headings"][-1]]
        for key, wanted in (("next", 3), ("previous", 2), ("previous", 1), ("previous", 0)):
            page.click(f".bar .{key}")
            page.wait_for_url(f"**at={passages[wanted]['start']}-{passages[wanted]['end']}")
            first_mark(page)
            assert marked(page) == text[passages[wanted]["start"] : passages[wanted]["end"]]
        assert page.locator(".bar a.previous").count() == 0
        page.locator(".contents a").last.click()
        last = next(one for one in passages if one["headings"] == answer["sections"][-1])
        page.wait_for_url(f"**at={last['start']}-{last['end']}")


def test_an_article_links_to_others(served: Served, browser: Browser) -> None:
    with visit(browser, served.url, "#q=上门&article=home-visits") as shown:
        page = shown.page
        link = page.locator(".original a", has_text="催收的时间与次数").first
        link.click()
        page.wait_for_url("**article=hours-and-frequency")
        page.locator("#reading h1").wait_for()
        assert page.evaluate("new URLSearchParams(location.hash.slice(1)).get('q')") == "上门"


def test_markdown_is_shown_as_what_it_means_and_nothing_is_lost(odd_served: Served, browser: Browser) -> None:
    with visit(browser, odd_served.url) as shown:
        page = shown.page
        opened(page, "#article=odd")
        assert whole(page) == ODD
        seen = page.locator(".original").inner_text()
        for hidden in ("visits.md", "**", "|:", "> ", "example.org", "title:"):
            assert hidden not in seen
        assert page.locator(".original h2").all_inner_texts() == ["😰先别慌"]
        assert page.locator(".original li").all_inner_texts() == [
            "一件事\n  接着说",
            "两件事",
            "1. 先拍照",
            "2) 再报警",
        ]
        assert page.locator(".original tr:visible").all_inner_texts() == [
            "项目\t期限",
            "记录\t五年",
            "空\t",
            "长\t一\t二",
        ]
        links = page.locator(".original a").evaluate_all("(all) => all.map((one) => [one.textContent, one.href])")
        assert links == [
            ["上门", f"{odd_served.url}/#article=home%2Fvisits"],
            ["别处", "https://example.org/a?b=1"],
        ]
        for id_ in ("plain", "windows", "home/visits"):
            opened(page, f"#article={id_}")
            assert whole(page) == original(odd_served.url, id_)


@pytest.mark.parametrize(
    "span",
    ["开头😀😀", "😀，见[上门](", "先别慌\n\n开头😀", "第一句话。\n> 第二", "期限 |\n|:---|---|\n| 记录", "换行😀"],
)
def test_positions_count_characters_not_units(odd_served: Served, browser: Browser, span: str) -> None:
    start = ODD.index(span)
    with visit(browser, odd_served.url, f"#article=odd&at={start}-{start + len(span)}") as shown:
        first_mark(shown.page)
        assert marked(shown.page) == span
        assert whole(shown.page) == ODD


def test_a_place_that_is_gone_shows_the_whole_article(odd_served: Served, browser: Browser) -> None:
    with visit(browser, odd_served.url, "#article=plain&at=5000-6000") as shown:
        shown.page.locator(".original").wait_for()
        assert "文章里没有这个位置" in str(shown.page.text_content("#status"))
        assert marked(shown.page) == ""


def test_an_article_that_is_gone_says_so(odd_served: Served, browser: Browser) -> None:
    with visit(browser, odd_served.url, "#article=withdrawn") as shown:
        shown.page.locator(".problem").wait_for()
        assert "现在的索引里没有这篇文章" in shown.page.locator(".problem").inner_text()
        shown.page.locator(".problem a").click()
        shown.page.locator("#welcome").wait_for()
