"""The page by keyboard only."""

from playwright.sync_api import Browser, Page

from tests.conftest import Served
from tests.service.web.visiting import Window, asked, first_mark, visit

QUESTION = "一天最多能打几次电话"


def focused(page: Page) -> int:
    """Return which result has the focus, -1 for none."""
    return int(page.evaluate("[...document.querySelectorAll('a.open')].indexOf(document.activeElement)"))


def test_asking_reading_and_going_back(served: Served, browser: Browser) -> None:
    with visit(browser, served.url) as shown:
        page, keys = shown.page, shown.page.keyboard
        keys.type(QUESTION)
        keys.press("Enter")
        page.locator(".card").first.wait_for()
        assert page.evaluate("document.activeElement.tagName") == "H1"
        for key, wanted in (("ArrowDown", 0), ("ArrowDown", 1), ("ArrowDown", 2), ("ArrowUp", 1)):
            keys.press(key)
            assert focused(page) == wanted
        keys.press("Enter")
        mark = first_mark(page)
        assert mark.evaluate("(mark) => mark === document.activeElement")
        keys.press("Escape")
        page.locator(".card").first.wait_for()
        assert focused(page) == 1
        keys.press("Escape")
        assert page.evaluate("document.activeElement.id") == "question"
        assert page.input_value("#question") == QUESTION


def test_the_slash_leads_to_the_question_and_can_be_switched_off(served: Served, browser: Browser) -> None:
    with visit(browser, served.url, asked(QUESTION)) as shown:
        page, keys = shown.page, shown.page.keyboard
        page.locator(".card").first.wait_for()
        keys.press("/")
        assert page.evaluate("document.activeElement.id") == "question"
        keys.press("End")
        keys.type("/天")
        assert page.input_value("#question") == f"{QUESTION}/天"
        page.click("#shortcuts summary")
        page.uncheck("#slash")
        keys.press("/")
        assert page.evaluate("document.activeElement.id") == "slash"
        page.reload()
        page.locator(".card").first.wait_for()
        keys.press("/")
        assert page.evaluate("document.activeElement.id") != "question"


def test_the_slash_leads_out_of_an_article(served: Served, browser: Browser) -> None:
    with visit(browser, served.url, f"{asked(QUESTION)}&article=home-visits") as shown:
        shown.page.locator(".original").wait_for()
        shown.page.keyboard.press("/")
        shown.page.wait_for_function("() => document.activeElement.id === 'question'")
        shown.page.locator(".card").first.wait_for()
        assert shown.page.evaluate("document.activeElement.id") == "question"


def test_enter_chooses_a_word_while_one_is_composed(served: Served, browser: Browser) -> None:
    with visit(browser, served.url) as shown:
        page = shown.page
        page.fill("#question", "shangmen")
        page.evaluate(
            """document.getElementById('question').dispatchEvent(
                new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true }))"""
        )
        page.keyboard.press("Shift+Enter")
        assert page.input_value("#question") == "shangmen\n"
        assert page.evaluate("location.hash") == ""


def test_the_skip_link_leads_past_the_head(served: Served, browser: Browser) -> None:
    with visit(browser, served.url, asked(QUESTION)) as shown:
        page = shown.page
        page.locator(".card").first.wait_for()
        link = page.locator(".skip")
        link.focus()
        box = link.bounding_box()
        assert box is not None
        assert box["y"] >= 0
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        assert page.locator(".card").first.is_visible()


def test_everything_that_acts_is_reached_and_seen_by_tab(served: Served, browser: Browser) -> None:
    with visit(browser, served.url, asked(QUESTION), Window(width=390)) as shown:
        page = shown.page
        page.locator(".card").first.wait_for()
        page.evaluate("document.activeElement.blur()")
        wanted = page.evaluate(
            """[...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
            .filter((one) => one.checkVisibility() && one.tabIndex >= 0).length"""
        )
        reached = set()
        # Once through the body, where the page begins anew.
        for _ in range(wanted + 1):
            page.keyboard.press("Tab")
            shown_focus = page.evaluate(
                """(() => {
                    const one = document.activeElement;
                    if (one === document.body) return null;
                    window.seen ??= [];
                    if (!window.seen.includes(one)) window.seen.push(one);
                    const style = getComputedStyle(one);
                    return [window.seen.indexOf(one), style.outlineStyle !== 'none' && style.outlineWidth !== '0px'];
                })()"""
            )
            if shown_focus is not None:
                reached.add(shown_focus[0])
                assert shown_focus[1]
        assert len(reached) == wanted > 30
