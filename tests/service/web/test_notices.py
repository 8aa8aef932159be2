"""What a service tells a page to show, where and how."""

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.conftest import Served
from tests.service.web.visiting import ask, asked, first_mark, visit

QUESTION = "他们能给我妈打电话吗"
URGENT = "请现在就拨打12356；情况紧急，请拨打110或120。编号1123560不是电话。"
QUIET = "这里只提供文章原文，不构成法律意见。"


def answers_with(page: Page, **fields: object) -> None:
    """Let the service's answers carry other fields."""

    def change(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, json={**response.json(), **fields})

    page.route("**/search", change)


def test_dangers_come_before_everything_and_can_be_dialled(served: Served, browser: Browser) -> None:
    with visit(browser, served.url) as shown:
        page = shown.page
        answers_with(page, dangers=["self_harm"], notices=[URGENT, QUIET])
        ask(page, QUESTION)
        urgent = page.locator("#urgent")
        assert urgent.inner_text() == URGENT
        assert urgent.get_attribute("role") == "alert"
        hrefs = urgent.locator("a").evaluate_all("(links) => links.map((link) => link.getAttribute('href'))")
        assert hrefs == ["tel:12356", "tel:110", "tel:120"]
        place, form = urgent.bounding_box(), page.locator("#ask").bounding_box()
        assert place is not None
        assert form is not None
        assert 0 <= place["y"] < form["y"]
        assert page.locator("#results .quiet").all_inner_texts() == [QUIET]
        page.locator("a.open").first.click()
        first_mark(page)
        assert page.locator("#urgent .urgent").is_visible()
        page.unroute_all()
        page.keyboard.press("/")
        ask(page, "征信上的逾期记录保留几年")
        page.locator(".card").first.wait_for()
        assert page.locator("#urgent .urgent").count() == 0


@pytest.mark.parametrize("fields", [{"dangers": [], "notices": [QUIET]}, {"dangers": [], "notices": []}])
def test_without_a_danger_nothing_frightens(served: Served, browser: Browser, fields: dict[str, object]) -> None:
    with visit(browser, served.url) as shown:
        answers_with(shown.page, **fields)
        ask(shown.page, QUESTION)
        shown.page.locator(".card").first.wait_for()
        assert shown.page.locator("#urgent .urgent").count() == 0
        assert shown.page.locator("#results .quiet").all_inner_texts() == fields["notices"]


def test_who_writes_of_suicide_is_shown_the_help_line_by_the_real_service(served: Served, browser: Browser) -> None:
    with visit(browser, served.url, asked("催收逼得我不想活了")) as shown:
        shown.page.locator("#results h1").wait_for()
        assert "12356" in shown.page.locator("#urgent").inner_text()


def test_the_lines_stand_in_the_footer_of_every_view(served: Served, browser: Browser) -> None:
    for fragment in ("", asked(QUESTION), "#article=home-visits"):
        with visit(browser, served.url, fragment) as shown:
            footer = shown.page.locator("footer")
            assert footer.locator("a[href='tel:110']").is_visible()
            assert footer.locator("a[href='tel:12356']").is_visible()
            assert "不构成法律意见" in footer.inner_text()
