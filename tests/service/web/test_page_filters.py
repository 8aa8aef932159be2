"""Choosing articles on the page: by tag, source and day."""

import httpx2
from playwright.sync_api import Browser

from tests.conftest import Served
from tests.service.web.visiting import ask, asked, complaints_of, overflow, visit

QUESTION = "催收上门怎么办"


def test_a_tag_narrows_the_results_and_stands_in_the_link(served: Served, browser: Browser) -> None:
    body = {"query": QUESTION, "filters": {"tags": ["报警"]}}
    wanted = [one["passage_id"] for one in httpx2.post(f"{served.url}/search", json=body, timeout=30).json()["results"]]
    listed = httpx2.get(f"{served.url}/articles?limit=1").json()
    with visit(browser, served.url) as shown:
        page = shown.page
        ask(page, QUESTION)
        toggle = page.locator("#filters-toggle")
        assert toggle.get_attribute("aria-expanded") == "false"
        toggle.click()
        # The most frequent first, the others folded away.
        names = (
            page.locator("#filters fieldset >> nth=0")
            .locator("input")
            .evaluate_all("(all) => all.map((one) => one.value)")
        )
        assert names == [tag["name"] for tag in listed["tags"]]
        assert page.locator("#filters input[name=tag]:visible").count() == 12
        page.check("#filters input[value=报警]")
        page.wait_for_function(
            "(wanted) => [...document.querySelectorAll('.card')].map((one) => one.dataset.passage).join() === wanted",
            arg=",".join(wanted),
        )
        # Who chooses goes on choosing.
        assert page.evaluate("document.activeElement.value") == "报警"
        assert toggle.inner_text() == "筛选（1 项）"
        link = page.url
        page.click(".chip")
        page.wait_for_function("() => !location.hash.includes('tag')")
        page.locator(".card").first.wait_for()
        assert not page.is_checked("#filters input[value=报警]")
        assert complaints_of(shown) == []
    with visit(browser, served.url, link.removeprefix(f"{served.url}/")) as other:
        other.page.locator(".card").first.wait_for()
        passages = other.page.locator(".card").evaluate_all("(all) => all.map((one) => one.dataset.passage)")
        assert passages == wanted


def test_a_tag_of_a_result_is_a_filter(served: Served, browser: Browser) -> None:
    with visit(browser, served.url, asked(QUESTION)) as shown:
        page = shown.page
        tag = page.locator(".tags a").first
        name = tag.inner_text()
        tag.click()
        page.locator(".chip").wait_for()
        page.locator(".card").first.wait_for()
        tags = page.locator(".card .tags").all_inner_texts()
        assert len(tags) > 0
        assert all(name in one for one in tags)


def test_days_and_sources(served: Served, browser: Browser) -> None:
    with visit(browser, served.url, asked(QUESTION)) as shown:
        page = shown.page
        page.locator(".card").first.wait_for()
        page.click("#filters-toggle")
        page.check("#filters input[value=债问编写]")
        page.locator(".chip").wait_for()
        page.fill("#filters input[name=from]", "2026-11-22")
        page.locator(".chip").nth(1).wait_for()
        page.locator(".card").first.wait_for()
        days = page.locator(".card time").evaluate_all("(all) => all.map((one) => one.dateTime)")
        assert days
        assert min(days) >= "2026-11-22"
        page.fill("#filters input[name=from]", "2030-01-01")
        page.get_by_role("heading", name="没有找到任何原文").wait_for()
        page.click(".clear")
        page.locator(".card").first.wait_for()
        assert page.locator(".chip").count() == 0
        assert page.evaluate("document.activeElement.id") == "filters-toggle"
        assert "from" not in page.url


def test_filters_chosen_before_asking_are_heeded(served: Served, browser: Browser) -> None:
    with visit(browser, served.url) as shown:
        page = shown.page
        page.fill("#question", QUESTION)
        page.click("#filters-toggle")
        page.check("#filters input[value=报警]")
        assert page.input_value("#question") == QUESTION
        page.click("#search")
        page.locator(".card").first.wait_for()
        assert all("报警" in tags for tags in page.locator(".card .tags").all_inner_texts())
        page.locator("#filters fieldset details summary").click()
        assert overflow(page) == 0
