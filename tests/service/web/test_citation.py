"""A citation that leads back to the place, and does not tell what was asked."""

import httpx2
from playwright.sync_api import Browser

from tests.conftest import Served
from tests.service.web.visiting import ask, first_mark, marked, visit

QUESTION = "上门要看哪些证件"


def test_a_citation_names_the_place_and_leads_there(served: Served, browser: Browser) -> None:
    first = httpx2.post(f"{served.url}/search", json={"query": QUESTION}, timeout=30).json()["results"][0]
    at = f"{first['start']}-{first['end']}"
    link = f"{served.url}/#article={first['article']['id']}&at={at}"
    wanted = (
        f"《{first['article']['title']}》“{' › '.join(first['headings'])}”"
        f"（{first['article']['source']}，截至 {first['article']['published']}，"
        f"原文第 {first['start']}–{first['end']} 字）{link}"
    )
    with visit(browser, served.url) as shown:
        page = shown.page
        ask(page, QUESTION)
        page.locator(".cite").first.click()
        page.get_by_text("引用已复制。").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == wanted
        page.locator("a.open").first.click()
        text = marked(page) if first_mark(page).is_visible() else ""
        page.locator("#reading .cite").click()
        page.get_by_text("引用已复制。").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == wanted
    with visit(browser, served.url, link.removeprefix(f"{served.url}/")) as other:
        first_mark(other.page)
        assert marked(other.page) == text != ""


def test_without_a_clipboard_the_older_way_or_by_hand(served: Served, browser: Browser) -> None:
    with visit(browser, served.url) as shown:
        page = shown.page
        ask(page, QUESTION)
        page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        page.locator(".cite").first.click()
        page.get_by_text("引用已复制。").wait_for()
        page.evaluate("document.execCommand = () => false")
        page.locator(".cite").nth(1).click()
        by_hand = page.locator(".by-hand")
        by_hand.wait_for()
        assert by_hand.input_value().startswith("《")
        assert by_hand.evaluate("(field) => field.selectionEnd - field.selectionStart === field.value.length")
        assert page.locator("body > textarea").count() == 0
