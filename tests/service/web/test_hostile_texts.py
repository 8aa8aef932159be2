"""Articles, questions and links that try to write the page."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page

from corpus.reading import ArticleList
from corpus.records import About, Article, Markup
from embeddings.encoders.model_folder import ModelFolder
from embeddings.store.builder import build
from embeddings.store.request import BuildRequest
from tests.conftest import Served, SilentReporter, serve_process
from tests.service.web.visiting import (
    Window,
    ask,
    complaints_of,
    first_mark,
    hosts_of,
    marked,
    original,
    overflow,
    visit,
    whole,
)

# Right-to-left override; the end of an isolate, which would end ours; Arabic, which turns by itself.
RLO, PDI = "\u202e", "\u2069"
MARKUP = (
    '<script>alert("坏")</script><img src=x onerror=alert(1)><style>*{display:none}</style>&lt;b&gt;</bdi></article>'
)
LINE = f"上门要带证件{RLO}甲乙丙{PDI}{PDI}丁戊{MARKUP}"
LINK = "[点我](javascript:alert(2))和[图](data:text/html,x)![x](https://example.org/x.png)"
ARABIC = "\u0645\u0631\u062d\u0628\u0627"


@pytest.fixture(scope="module")
def hostile(tiny_model: ModelFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    index = tmp_path_factory.mktemp("hostile") / "index"
    about = About(
        title=f"标题{RLO}反{MARKUP}",
        source=f"来源{RLO}{MARKUP}{ARABIC}",
        author=f"作者{RLO}",
        url="javascript:alert(3)",
        published="2026-01-02",
        tags=(f"标签{RLO}{MARKUP}", "x" * 300),
    )
    text = f"## 小节{RLO}{MARKUP}\n\n{LINE}。{LINK}\n\n| {MARKUP} | 乙 |\n|---|---|\n| 丙{RLO} | {'长' * 400} |\n"
    text += f"\n{'W' * 500}\n"
    articles = [
        Article(f"bad/../{RLO}#?&<b>", f"x{RLO}<b>.md", text, Markup.MARKDOWN, 0, about),
        Article("good", "good.md", "催收电话一天不超过三次。\n", Markup.MARKDOWN, 0, About(title="电话")),
    ]
    build(BuildRequest(ArticleList(articles), tiny_model, index), SilentReporter())
    with serve_process(index) as running:
        yield running


def left_edges(page: Page, selector: str, characters: str) -> list[float]:
    """Return where characters begin on the screen, from the left."""
    found = page.locator(selector).first.evaluate(
        """(holder, characters) => [...characters].map((character) => {
            const walker = document.createTreeWalker(holder, NodeFilter.SHOW_TEXT);
            while (walker.nextNode()) {
                const at = walker.currentNode.data.indexOf(character);
                if (at < 0) continue;
                const range = document.createRange();
                range.setStart(walker.currentNode, at);
                range.setEnd(walker.currentNode, at + 1);
                return range.getBoundingClientRect().left;
            }
        })""",
        characters,
    )
    return [float(edge) for edge in found]


def test_a_hostile_article_stays_text_in_every_view(hostile: Served, browser: Browser) -> None:
    with visit(browser, hostile.url) as shown:
        page = shown.page
        ask(page, "上门要带证件吗")
        for _ in range(2):
            assert page.locator("main :is(script, img, style, iframe)").count() == 0
            links = page.locator("main a").evaluate_all("(all) => all.map((one) => one.protocol)")
            assert set(links) <= {"http:", "tel:"}
            assert MARKUP in page.locator("main").inner_text().replace("\n", "")
            if page.evaluate("document.body.dataset.view") == "results":
                page.click("#filters-toggle")
                page.locator("#filters input").first.wait_for()
                page.locator("a.open", has_text="标题").first.click()
                first_mark(page)
        assert complaints_of(shown) == []
        assert hosts_of(shown) == {hostile.url.removeprefix("http://")}


def test_the_original_is_whole_and_the_marked_text_exact(hostile: Served, browser: Browser) -> None:
    with visit(browser, hostile.url) as shown:
        ask(shown.page, "上门要带证件吗")
        shown.page.locator("a.open", has_text="标题").first.click()
        first_mark(shown.page)
        text = original(hostile.url, f"bad/../{RLO}#?&<b>")
        assert whole(shown.page) == text
        at = shown.page.evaluate("new URLSearchParams(location.hash.slice(1)).get('at')")
        start, end = map(int, str(at).split("-"))
        assert marked(shown.page) == text[start:end]


@pytest.mark.parametrize("width", [360, 1280])
def test_an_override_turns_nothing_around(hostile: Served, browser: Browser, width: int) -> None:
    with visit(browser, hostile.url, window=Window(width=width)) as shown:
        page = shown.page
        ask(page, "上门要带证件吗")
        assert overflow(page) == 0
        page.locator("a.open", has_text="标题").first.click()
        first_mark(page)
        assert overflow(page) == 0
        edges = left_edges(page, ".original p", "甲乙丙")
        assert edges == sorted(edges)
        title = left_edges(page, "#reading h1", "标题反")
        assert title == sorted(title)
        # Named where it stands, and not in the window's title, where nothing can be named.
        name = page.locator(".original p .control").first.evaluate("(one) => getComputedStyle(one, '::before').content")
        assert "U+202E" in name.replace('" "', "") or name == '"[" attr(data-code) "]"'
        assert RLO not in page.title()


def test_a_question_is_text_too(hostile: Served, browser: Browser) -> None:
    question = f"{MARKUP}{RLO}上门"
    with visit(browser, hostile.url, f"#q={quote(question)}&tag={quote(MARKUP)}&source=%3Cb%3E") as shown:
        shown.page.locator("#results h1").wait_for()
        assert shown.page.input_value("#question") == question
        assert shown.page.locator(".chip").first.text_content() == f"去掉筛选：{MARKUP} ✕"
        assert complaints_of(shown) == []


@pytest.mark.parametrize(
    "fragment",
    [
        "#",
        "#q=",
        "#%",
        "#q=%ff",
        "#at=9-1&article=good",
        "#article=",
        "#n=1e9&q=x",
        "#constructor=1&__proto__=2",
        "#main",
    ],
)
def test_a_broken_link_shows_something_whole(hostile: Served, browser: Browser, fragment: str) -> None:
    with visit(browser, hostile.url, fragment) as shown:
        shown.page.locator("main h1:visible").first.wait_for()
        assert [note for note in complaints_of(shown) if not note.startswith("console: Failed to load")] == []
