"""Links that are shared, going back, and what no server may learn."""

from urllib.parse import quote

from playwright.sync_api import Browser, Route

from tests.conftest import Served
from tests.service.web.visiting import ask, first_mark, hosts_of, marked, open_first, requests_of, visit

QUESTION = "他们能给我妈打电话吗"


def test_a_link_opens_the_same_place_for_somebody_else(served: Served, browser: Browser) -> None:
    with visit(browser, served.url) as shown:
        ask(shown.page, QUESTION)
        first_titles = shown.page.locator(".card h2").all_inner_texts()
        results_link = shown.page.url
        open_first(shown.page)
        article_link, text = shown.page.url, marked(shown.page)
    with visit(browser, served.url, results_link.removeprefix(f"{served.url}/")) as other:
        other.page.locator(".card").first.wait_for()
        assert other.page.input_value("#question") == QUESTION
        assert other.page.locator(".card h2").all_inner_texts() == first_titles
    with visit(browser, served.url, article_link.removeprefix(f"{served.url}/")) as other:
        first_mark(other.page)
        assert marked(other.page) == text != ""
        other.page.click(".bar .back")
        other.page.locator(".card").first.wait_for()
        assert other.page.locator(".card h2").all_inner_texts() == first_titles


def test_back_goes_from_the_article_to_the_result_to_the_start(served: Served, browser: Browser) -> None:
    with visit(browser, served.url) as shown:
        page = shown.page
        ask(page, QUESTION)
        page.locator("a.open").nth(2).click()
        first_mark(page)
        searches = len([one for one in requests_of(shown) if one.endswith("/search")])
        page.go_back()
        page.locator(".card").first.wait_for()
        # At the result that was opened, and without asking anew.
        assert page.evaluate("[...document.querySelectorAll('a.open')].indexOf(document.activeElement)") == 2
        assert len([one for one in requests_of(shown) if one.endswith("/search")]) == searches == 1
        page.go_back()
        page.locator("#welcome").wait_for()
        assert page.input_value("#question") == ""
        page.go_forward()
        page.locator(".card").first.wait_for()
        assert page.input_value("#question") == QUESTION


def test_no_address_that_is_sent_holds_the_question(served: Served, browser: Browser) -> None:
    with visit(browser, served.url) as shown:
        page = shown.page
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        ask(page, QUESTION)
        open_first(page)
        page.reload()
        first_mark(page)
        page.click(".bar .back")
        page.locator(".card").first.wait_for()
        sent = [address.split("#")[0] for address in requests_of(shown)]
        assert len(sent) > 20
        assert not [address for address in sent if QUESTION in address or quote(QUESTION) in address]
        assert hosts_of(shown) == {served.url.removeprefix("http://")}
        kept = page.evaluate("document.cookie + JSON.stringify({...localStorage, ...sessionStorage})")
        assert kept == "{}"


def test_a_new_question_takes_the_old_ones_place(served: Served, browser: Browser) -> None:
    with visit(browser, served.url) as shown:
        page = shown.page
        # The first answer is late: it must not cover the second one.
        held: list[str] = []

        def hold(route: Route) -> None:
            held.append(route.request.method)

        page.route("**/search", hold, times=1)
        page.fill("#question", QUESTION)
        page.click("#search")
        page.wait_for_function("() => document.getElementById('search').getAttribute('aria-disabled') === 'true'")
        page.fill("#question", "征信上的逾期记录保留几年")
        page.keyboard.press("Enter")
        page.locator(".card").first.wait_for()
        assert held == ["POST"]
        assert "征信" in page.locator("#results").inner_text()
        assert page.get_attribute("#search", "aria-disabled") == "false"
