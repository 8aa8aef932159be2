"""Visit the page of a running service, and note what a page must not do."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, urlsplit

import httpx2
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page

from tests.browser import Opened, noted

PATIENCE_MS = 15_000
# A rule that is off by default: 24 pixels, WCAG 2.2.
OPTIONS = {"rules": {"target-size": {"enabled": True}}}


@dataclass(frozen=True, slots=True)
class Window:
    """Say how the page is looked at."""

    width: int = 1280
    height: int = 900
    scheme: Literal["light", "dark"] = "light"


@contextmanager
def visit(browser: Browser, url: str, fragment: str = "", window: Window | None = None) -> Iterator[Opened]:
    """Open the page in a context of its own, as another person would, until the body ends."""
    window = window or Window()
    context = browser.new_context(
        viewport={"width": window.width, "height": window.height},
        color_scheme=window.scheme,
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(PATIENCE_MS)
    shown = noted(context.new_page())
    shown.page.goto(f"{url}/{fragment}")
    try:
        yield shown
    finally:
        context.close()


def ask(page: Page, question: str) -> None:
    """Ask, and wait for what comes of it."""
    page.fill("#question", question)
    page.click("#search")
    page.locator("#results:not(:has([aria-busy=true])) h1").wait_for()


def asked(question: str) -> str:
    """Return the fragment of a question."""
    return f"#q={quote(question)}"


def open_first(page: Page) -> None:
    """Open the first result, and wait for the article."""
    page.locator("a.open").first.click()
    page.locator(".original").wait_for()


def first_mark(page: Page) -> Locator:
    """Wait for what is marked in an article, and return the first of it that is seen."""
    seen = page.locator(".original mark").filter(visible=True).first
    seen.wait_for()
    return seen


def marked(page: Page) -> str:
    """Return what is marked in the article."""
    return str(page.evaluate("[...document.querySelectorAll('.original mark')].map((one) => one.textContent).join('')"))


def whole(page: Page) -> str:
    """Return the article as it stands in the page, hidden signs of Markdown included."""
    return str(
        page.evaluate("[...document.querySelectorAll('.original .source')].map((one) => one.textContent).join('')")
    )


def original(url: str, article: str) -> str:
    """Return an article's original, as the service has it."""
    return str(httpx2.get(f"{url}/articles/{quote(article, safe='')}", timeout=30).json()["original"])


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def requests_of(shown: Opened) -> list[str]:
    """Return the addresses that were asked for, those of the page's own icon left out."""
    told = [note.removeprefix("request: ") for note in shown.noted if note.startswith("request: ")]
    return [address for address in told if not address.startswith("data:")]


def complaints_of(shown: Opened) -> list[str]:
    """Return dialogs, errors and words on the console."""
    return [note for note in shown.noted if not note.startswith("request: ")]


def hosts_of(shown: Opened) -> set[str]:
    """Return where requests went."""
    return {urlsplit(address).netloc for address in requests_of(shown)}


def violations(page: Page) -> list[str]:
    """Return what axe-core complains of, and where."""
    found: dict[str, Any] = Axe().run(page, options=OPTIONS).response
    return [f"{one['id']}: {json.dumps([node['html'] for node in one['nodes']])}" for one in found["violations"]]
