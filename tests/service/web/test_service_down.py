"""The page while the service is down, and when it comes back in another version."""

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.conftest import ROOT, serve_process
from tests.service.web.visiting import ask, asked, complaints_of, visit

QUESTION = "上门要带证件吗"
WEB = ROOT / "service" / "web"


@pytest.fixture
def port() -> int:
    """Return a port that is free, to come back on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def worker_rules(page: Page) -> None:
    """Wait until the worker has the page's files."""
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")


def kept_by_worker(page: Page) -> list[str]:
    """Return the addresses that are kept, in whatever cache."""
    return [
        str(one)
        for one in page.evaluate(
            """async () => (await Promise.all((await caches.keys()).map(
                async (name) => (await (await caches.open(name)).keys()).map((one) => one.url)))).flat()"""
        )
    ]


@contextmanager
def left_alone(index: Path, browser: Browser, port: int, fragment: str = "") -> Iterator[Page]:
    """Open the page, then end the service behind it."""
    with ExitStack() as stack:
        with serve_process(index, port) as running:
            page = stack.enter_context(visit(browser, running.url, fragment)).page
            worker_rules(page)
        yield page


def test_a_question_is_kept_while_the_service_is_down(tiny_index: Path, browser: Browser, port: int) -> None:
    with left_alone(tiny_index, browser, port) as page:
        page.fill("#question", QUESTION)
        page.click("#search")
        panel = page.locator(".problem")
        panel.wait_for()
        assert "连不上服务" in panel.inner_text()
        assert "你的问题还在上面" in panel.inner_text()
        assert page.input_value("#question") == QUESTION
        with serve_process(tiny_index, port):
            panel.locator("button").click()
            page.locator(".card").first.wait_for()
        assert page.locator(".problem").count() == 0


def test_a_reload_while_the_service_is_down_shows_the_page(tiny_index: Path, browser: Browser, port: int) -> None:
    with left_alone(tiny_index, browser, port, asked(QUESTION)) as page:
        page.reload()
        page.locator(".problem").wait_for()
        assert "连不上服务" in page.locator(".problem").inner_text()
        page.locator(".offline").wait_for()
        assert page.input_value("#question") == QUESTION
        assert page.evaluate("getComputedStyle(document.body).maxWidth") != "none"
        with serve_process(tiny_index, port):
            # Without being asked, the page sees that the service is back.
            page.locator(".online").wait_for()
            page.locator(".problem button").click()
            page.locator(".card").first.wait_for()


def test_the_worker_keeps_the_pages_own_files_and_nothing_else(tiny_index: Path, browser: Browser) -> None:
    with serve_process(tiny_index) as running, visit(browser, running.url, asked(QUESTION)) as shown:
        page = shown.page
        worker_rules(page)
        page.reload()
        page.locator("a.open").first.click()
        page.locator(".original").wait_for()
        page.reload()
        page.locator(".original").wait_for()
        files = {path.relative_to(WEB).as_posix() for path in WEB.rglob("*") if path.is_file()}
        files -= {name for name in files if name.startswith("status.") or name in {"index.html", "worker.js"}}
        assert set(kept_by_worker(page)) == {f"{running.url}/", *(f"{running.url}/web/{name}" for name in files)}
        assert complaints_of(shown) == []


class _NoStore(SimpleHTTPRequestHandler):
    """Give files as the service does: not to be kept."""

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def file_server(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_NoStore, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_new_version_is_shown_at_once_and_kept(tmp_path: Path, browser: Browser) -> None:
    shutil.copytree(WEB, tmp_path / "web")
    for name in ("index.html", "worker.js"):
        shutil.copy(WEB / name, tmp_path / name)
    with file_server(tmp_path) as url, visit(browser, url) as shown:
        page = shown.page
        worker_rules(page)
        texts = tmp_path / "web" / "texts" / "zh-hans.js"
        texts.write_text(texts.read_text(encoding="utf-8").replace("把遇到的事", "新的一版"), encoding="utf-8")
        page.reload()
        assert page.locator("#welcome h1").inner_text().startswith("新的一版")
        # A file that is gone is not served from what was kept.
        (tmp_path / "web" / "score.js").unlink()
        status = page.evaluate("fetch('web/score.js').then((response) => response.status)")
        assert status == 404
        page.context.set_offline(True)
        page.reload()
        assert page.locator("#welcome h1").inner_text().startswith("新的一版")


def test_a_proxys_page_is_no_answer(tiny_index: Path, browser: Browser) -> None:
    with serve_process(tiny_index) as running, visit(browser, running.url) as shown:
        page = shown.page
        page.route("**/search", lambda route: route.fulfill(status=502, body="<h1>Bad Gateway</h1>"))
        ask(page, QUESTION)
        assert "连不上服务" in page.locator(".problem").inner_text()
        page.unroute_all()
        busy = {"error": {"code": "busy", "message": "", "hint": ""}}
        page.route("**/search", lambda route: route.fulfill(status=503, json=busy, headers={"Retry-After": "7"}))
        page.click("#search")
        page.locator(".problem", has_text="请过 7 秒再试").wait_for()
        assert "现在问的人太多了。" in page.locator(".problem").inner_text()
        page.unroute_all()
        page.route("**/search", lambda route: route.fulfill(status=418, json={"error": {"code": "odd"}}))
        page.click("#search")
        page.locator(".problem", has_text="服务出了问题").wait_for()
        assert page.input_value("#question") == QUESTION
