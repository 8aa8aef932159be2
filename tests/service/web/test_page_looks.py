"""The page on small and large windows, in the dark, with large text, on paper, and in other languages."""

import pytest
from playwright.sync_api import Browser, Page

from tests.conftest import Served
from tests.service.web.visiting import Window, asked, complaints_of, first_mark, overflow, visit

QUESTION = "他们能给我妈打电话吗"
NO_ANSWER = "火星上怎么种土豆"
PLACE = "#q=x&article=home-visits&at=669-863"
# Each view, and what shows that it is there.
VIEWS = {
    "": "#examples a",
    asked(QUESTION): ".card",
    asked(NO_ANSWER): ".no-answer",
    PLACE: ".original",
    "#article=contact-list-bombing": ".original table",
    "#article=gone": ".problem",
}


@pytest.mark.parametrize("fragment", VIEWS)
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_is_wider_than_the_window_even_in_large_text(
    served: Served, browser: Browser, fragment: str, width: int
) -> None:
    with visit(browser, served.url, fragment, Window(width=width, height=800)) as shown:
        page = shown.page
        page.locator(VIEWS[fragment]).first.wait_for()
        if page.locator("#filters-toggle").is_visible():
            page.click("#filters-toggle")
        assert overflow(page) == 0
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert overflow(page) == 0
        page.select_option("#language", "en")
        assert overflow(page) == 0
        # Nothing that is said is cut off.
        cut = page.evaluate(
            """[...document.querySelectorAll('h1, h2, p, li, button, a')].filter((one) => one.checkVisibility()
            && !one.closest('.sr') && getComputedStyle(one).overflowX === 'hidden'
            && one.scrollWidth > one.clientWidth).length"""
        )
        assert cut == 0


def ground(page: Page) -> list[int]:
    """Return the colour of the page's ground."""
    text = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    return [int(part) for part in str(text).removeprefix("rgb(").removesuffix(")").split(",")]


def test_dark_follows_the_system_and_can_be_chosen(served: Served, browser: Browser) -> None:
    with visit(browser, served.url, window=Window(scheme="dark")) as shown:
        page = shown.page
        assert max(ground(page)) < 60
        page.select_option("#theme", "light")
        assert min(ground(page)) > 200
        page.reload()
        assert min(ground(page)) > 200
        assert page.evaluate("Object.keys(localStorage)") == ["zhaiwen.theme"]
        page.select_option("#theme", "")
        assert max(ground(page)) < 60
        assert page.evaluate("Object.keys(localStorage)") == []
    with visit(browser, served.url, window=Window(scheme="light")) as shown:
        assert min(ground(shown.page)) > 200
        shown.page.select_option("#theme", "dark")
        assert max(ground(shown.page)) < 60


def test_on_paper_stands_the_text_and_not_the_page(served: Served, browser: Browser) -> None:
    with visit(browser, served.url, PLACE) as shown:
        page = shown.page
        first_mark(page)
        page.emulate_media(media="print", color_scheme="dark")
        assert page.locator(".bar, .contents, .actions, .choices, #ask").filter(visible=True).count() == 0
        assert page.locator(".original mark").filter(visible=True).count() > 0
        assert page.locator("#reading h1").is_visible()
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
        assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
        assert page.pdf().startswith(b"%PDF")
    with visit(browser, served.url, asked(QUESTION)) as shown:
        page = shown.page
        page.locator(".card").first.wait_for()
        page.emulate_media(media="print")
        # What was asked stands above what was found.
        assert page.locator("#question").is_visible()
        assert page.locator(".card .text").first.is_visible()
        assert page.locator("#search, .more, .actions").filter(visible=True).count() == 0


@pytest.mark.parametrize(
    ("language", "heading", "button"),
    [("zh-Hant", "找到 5 段可能回答你的原文", "複製引用"), ("en", "Passages that may answer: 5", "Copy citation")],
)
def test_the_language_of_the_page_changes_and_articles_stay(
    served: Served, browser: Browser, language: str, heading: str, button: str
) -> None:
    with visit(browser, served.url, asked(QUESTION)) as shown:
        page = shown.page
        page.locator(".card").first.wait_for()
        texts = page.locator(".card .text").all_text_contents()
        page.select_option("#language", language)
        assert page.locator("#results h1").inner_text() == heading
        assert page.locator(".cite").first.inner_text() == button
        assert page.locator(".card .text").all_text_contents() == texts
        assert page.get_attribute("html", "lang") == language
        assert page.locator(".card .text").first.get_attribute("lang") == "zh"
        page.reload()
        page.locator(".card").first.wait_for()
        assert page.locator("#results h1").inner_text() == heading
        assert page.input_value("#question") == QUESTION
        assert page.evaluate("Object.keys(localStorage)") == ["zhaiwen.language"]
        page.select_option("#language", "zh-Hans")
        assert page.evaluate("Object.keys(localStorage)") == []
        assert complaints_of(shown) == []


def test_nothing_moves_for_who_does_not_want_that(served: Served, browser: Browser) -> None:
    with visit(browser, served.url, asked(QUESTION)) as shown:
        shown.page.emulate_media(reduced_motion="reduce")
        shown.page.locator(".card").first.wait_for()
        moving = shown.page.evaluate(
            """[...document.querySelectorAll('*')].filter((one) => {
                const style = getComputedStyle(one);
                return style.transitionDuration !== '0s' || style.animationName !== 'none'
                    || style.scrollBehavior === 'smooth';
            }).length"""
        )
        assert moving == 0
