"""The operators' corner in a real browser: what is served, and how it does."""

import re
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page

from service.keys import make_key
from tests.browser import Opened
from tests.conftest import Served, serve_process
from tests.service.web.visiting import Window, overflow, violations, visit

# Two looks, five seconds apart, are needed before anything is drawn.
PATIENCE_MS = 30_000


def ask_some(url: str, number: int) -> None:
    for place in range(number):
        httpx2.post(f"{url}/search", json={"query": f"上门要带什么{place}"}, timeout=30).raise_for_status()


def drawn(page: Page) -> None:
    page.locator("#charts svg").first.wait_for(timeout=PATIENCE_MS)


def said(shown: Opened) -> list[str]:
    """Return what the browser had to complain of: all that was noted but requests."""
    return [note for note in shown.noted if not note.startswith("request:")]


def test_it_shows_what_is_served_and_how_fast(browser: Browser, served: Served) -> None:
    with visit(browser, served.url, "status") as shown:
        page = shown.page
        page.locator("#index dd").first.wait_for()
        ask_some(served.url, 5)
        drawn(page)
        index = httpx2.get(f"{served.url}/index").json()
        facts = page.inner_text("#index dl")
        assert index["snapshot"] in facts
        assert "multilingual-e5-small-q4（int8，384 维）" in facts
        assert f"48 篇文章，{index['passages']} 段" in facts
        assert re.search(r"上线检查\s+通过", facts)
        captions = shown.texts("figcaption")
        assert len(captions) == 4
        assert re.fullmatch(r"回答用时 p50 / p95 [0-9.]+ ms / [0-9.]+ ms", captions[0])
        assert re.fullmatch(r"内存 [0-9]{2,} MB", captions[3])
        assert page.locator("#charts path.line").evaluate_all("lines => lines.map(line => line.getAttribute('d'))")[0]
        stages = shown.texts("#stages tbody tr")
        assert [row.split()[0] for row in stages] == ["排队", "编码", "检索", "整个请求"]
        assert all(re.search(r"[0-9.]+ ms [0-9.]+ ms$", row) for row in stages)
        page.click("summary")
        assert len(shown.texts("#minutes tbody tr")) >= 1
        assert said(shown) == []
        assert not [note for note in shown.noted if note.startswith("request:") and served.url not in note]


@pytest.mark.parametrize(
    "window", [Window(360, 740), Window(360, 740, "dark"), Window(1280, 900)], ids=["phone", "dark", "desktop"]
)
def test_it_has_no_barriers_and_fits(browser: Browser, served: Served, window: Window) -> None:
    with visit(browser, served.url, "status", window) as shown:
        ask_some(served.url, 2)
        drawn(shown.page)
        shown.page.click("summary")
        assert violations(shown.page) == []
        assert overflow(shown.page) == 0
        shown.page.select_option("#language", "en")
        assert shown.page.inner_text("h1") == "Status"
        assert overflow(shown.page) == 0


def test_it_asks_for_a_key_where_one_is_needed(browser: Browser, tiny_index: Path, tmp_path: Path) -> None:
    key, holder = make_key("operator")
    (tmp_path / "keys").write_text(holder.line, encoding="utf-8")
    with (
        serve_process(tiny_index, options=("--keys-file", str(tmp_path / "keys"))) as running,
        visit(browser, running.url, "status") as shown,
    ):
        page = shown.page
        page.locator("#key").wait_for()
        assert page.inner_text("#trouble") == "要有密钥才能查看。"
        assert not page.locator("#index").is_visible()
        page.fill("#key", key)
        page.keyboard.press("Enter")
        page.locator("#index dd").first.wait_for()
        assert page.inner_text("#trouble") == ""
        assert page.evaluate("document.cookie + JSON.stringify({...localStorage, ...sessionStorage})") == "{}"


def test_it_says_when_the_service_is_gone(browser: Browser, served: Served) -> None:
    with visit(browser, served.url, "status") as shown:
        page = shown.page
        page.locator("#index dd").first.wait_for()
        page.context.set_offline(True)
        page.wait_for_function(
            "() => document.querySelector('#trouble').textContent.includes('连不上服务')", timeout=PATIENCE_MS
        )
        assert page.locator("#index dd").first.is_visible()
        page.context.set_offline(False)
        page.wait_for_function("() => document.querySelector('#trouble').textContent === ''", timeout=PATIENCE_MS)


def test_texts_of_the_index_are_text(browser: Browser, served: Served) -> None:
    index = httpx2.get(f"{served.url}/index").json()
    hostile = "<img src=x onerror=alert(1)>\u202eABC"
    index["build"] |= {"forced": hostile, "refusals": [hostile], "left_out": 2}
    with visit(browser, served.url, "nothing") as shown:
        page = shown.page
        page.route("**/index", lambda route: route.fulfill(json=index))
        shown.noted.clear()
        page.goto(f"{served.url}/status")
        page.locator("dd.bad").first.wait_for()
        assert page.locator("#index img").count() == 0
        bad = shown.texts("dd.bad")
        assert bad[0].startswith("未通过，强制上线：<img src=x onerror=alert(1)>")
        assert bad[2] == "2 个文件或文章"
        assert said(shown) == []
