"""axe-core on every view, by day and by night."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page

from tests.conftest import Served
from tests.service.web.visiting import Window, ask, asked, first_mark, violations, visit

QUESTION = "他们能给我妈打电话吗"


def start(page: Page) -> None:
    page.locator("#examples a").first.wait_for()
    page.click("#shortcuts summary")
    page.fill("#question", "长" * 1100)


def results(page: Page) -> None:
    page.locator(".card").first.wait_for()
    page.click("#filters-toggle")
    page.locator("#filters fieldset details summary").click()
    page.check("#filters input[value=报警]")
    page.locator(".chip").wait_for()
    page.locator(".card").first.wait_for()


def answered(page: Page) -> None:
    page.locator(".card").first.wait_for()
    page.locator(".cite").first.click()
    page.locator("#status:not(.sr)").wait_for()


def no_answer(page: Page) -> None:
    page.locator(".no-answer").wait_for()


def reading(page: Page) -> None:
    first_mark(page)
    page.locator(".front summary").click()
    if not page.locator(".contents a").first.is_visible():
        page.locator(".contents summary").click()


def problem(page: Page) -> None:
    page.locator(".problem").wait_for()


VIEWS: dict[str, tuple[str, Callable[[Page], None]]] = {
    "start": ("", start),
    "results": (asked(QUESTION), results),
    "answered": (asked(QUESTION), answered),
    "no answer": (asked("火星上怎么种土豆"), no_answer),
    "reading": ("#q=x&article=contact-list-bombing&at=160-420", reading),
    "problem": ("#article=gone", problem),
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    ("window", "language"),
    [(Window(390, 844), "zh-Hans"), (Window(scheme="dark"), "zh-Hant"), (Window(), "en")],
    ids=["phone", "dark", "English"],
)
def test_axe_finds_nothing(served: Served, browser: Browser, view: str, window: Window, language: str) -> None:
    fragment, prepare = VIEWS[view]
    with visit(browser, served.url, fragment, window) as shown:
        shown.page.select_option("#language", language)
        prepare(shown.page)
        assert violations(shown.page) == []


def test_axe_sees_what_is_wrong(served: Served, browser: Browser) -> None:
    with visit(browser, served.url) as shown:
        shown.page.evaluate("document.querySelector('#ask > label').remove()")
        shown.page.evaluate("document.getElementById('question').removeAttribute('placeholder')")
        assert "label" in [one.split(":")[0] for one in violations(shown.page)]


def test_results_are_read_out(served: Served, browser: Browser) -> None:
    with visit(browser, served.url) as shown:
        page = shown.page
        # The line is emptied after some seconds: what it said is kept.
        page.evaluate("""() => {
            const line = document.querySelector('#status');
            window.said = [];
            new MutationObserver(() => window.said.push(line.textContent)).observe(line, { childList: true });
        }""")
        ask(page, QUESTION)
        page.locator(".card").first.wait_for()
        assert page.locator("#status").get_attribute("role") == "status"
        assert page.locator("#results h1").inner_text() in page.evaluate("() => window.said")
        assert page.locator("header, main, footer, [role=search]").count() >= 4
        assert page.locator("#results h1").evaluate("(title) => title === document.activeElement")


def test_a_service_with_keys_is_asked_for_one(served: Served, browser: Browser) -> None:
    with visit(browser, served.url) as shown:
        shown.page.route("**/search", lambda route: route.fulfill(status=401, json={"error": {"code": "unauthorized"}}))
        shown.page.fill("#question", QUESTION)
        shown.page.click("#search")
        shown.page.locator("#key").wait_for()
        assert violations(shown.page) == []
