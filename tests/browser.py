"""Open a page in a real browser, and note whatever a page without network and strangers' code must not do."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def real_browser() -> Iterator[Browser]:
    """Run the installed Chromium without a window; skip the tests where there is none."""
    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(f"none of {', '.join(_NAMES)} is installed, and the page is tried in a real browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Opened:
    """Hold an open page, and what it did beyond showing itself: dialogs, requests, errors, words on the console."""

    page: Page
    noted: list[str] = field(default_factory=list)

    def texts(self, selector: str) -> list[str]:
        """Return the text of each element that is seen, blanks folded."""
        seen = self.page.locator(selector).filter(visible=True)
        return [" ".join(text.split()) for text in seen.all_inner_texts()]


def noted(page: Page) -> Opened:
    """Note from now on what a page does."""
    shown = Opened(page)

    def dismiss(dialog: Dialog) -> None:
        shown.noted.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.on("console", lambda message: shown.noted.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: shown.noted.append(f"error: {error}"))
    page.on("request", lambda request: shown.noted.append(f"request: {request.url}"))
    return shown


@contextmanager
def opened(
    browser: Browser,
    file: Path,
    *,
    width: int = 1280,
    scheme: Literal["light", "dark"] = "light",
    scripts: bool = True,
) -> Iterator[Opened]:
    """Open a file at a window's width until the body ends."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, java_script_enabled=scripts
    )
    # A page that hangs should not hold the tests up for half a minute.
    context.set_default_timeout(5_000)
    shown = noted(context.new_page())
    page = shown.page
    page.goto(file.as_uri())
    # The page's own address, and the empty icon that keeps a browser from asking for one.
    shown.noted[:] = [note for note in shown.noted if note not in {f"request: {file.as_uri()}", "request: data:,"}]
    try:
        yield shown
    finally:
        context.close()
