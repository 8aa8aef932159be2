"""The page behind a proxy that cuts a path off."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
from playwright.sync_api import Browser

from tests.conftest import serve_process
from tests.service.web.test_service_down import kept_by_worker, worker_rules
from tests.service.web.visiting import ask, complaints_of, first_mark, requests_of, visit

ROOT_PATH = "/tools/zhaiwen"


@contextmanager
def proxy(service: str) -> Iterator[str]:
    """Pass what comes to ROOT_PATH on to the service, without that path."""

    class Passing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.pass_on(None)

        def do_POST(self) -> None:
            self.pass_on(self.rfile.read(int(self.headers["Content-Length"])))

        def pass_on(self, body: bytes | None) -> None:
            if not self.path.startswith(f"{ROOT_PATH}/"):
                self.send_error(404)
                return
            kept = {name: value for name, value in self.headers.items() if name.lower() in {"content-type", "accept"}}
            address = service + self.path.removeprefix(ROOT_PATH)
            answer = httpx2.request(self.command, address, content=body, headers=kept, timeout=30)
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                # What httpx has undone already.
                if name not in {
                    "content-encoding",
                    "content-length",
                    "transfer-encoding",
                    "connection",
                    "date",
                    "server",
                }:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{ROOT_PATH}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_everything_works_under_a_path(tiny_index: Path, browser: Browser) -> None:
    options = ("--root-path", ROOT_PATH)
    with (
        serve_process(tiny_index, options=options) as running,
        proxy(running.url) as url,
        visit(browser, url) as shown,
    ):
        page = shown.page
        worker_rules(page)
        ask(page, "上门要带证件吗")
        page.locator("a.open").first.click()
        first_mark(page)
        page.click("#reading .back")
        page.click("#filters-toggle")
        page.locator("#filters input[type=date]").first.wait_for()
        assert all(address.startswith(f"{url}/") for address in requests_of(shown))
        assert all(address.startswith(f"{url}/") for address in kept_by_worker(page))
        assert len(kept_by_worker(page)) > 20
        assert complaints_of(shown) == []
