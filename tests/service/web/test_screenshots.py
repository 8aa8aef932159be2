"""Pictures of the page, for README.md: `make screenshots` writes them into docs/screenshots."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.conftest import ROOT, Served
from tests.service.web.visiting import Window, asked, first_mark, visit

FOLDER = ROOT / "docs" / "screenshots"
MOST_BYTES = 150_000
PHONE = Window(390, 844)
DESKTOP = Window(1120, 700)
STORY = "催收打电话说明天上门，我一个人带着孩子，很怕。他们来了我能不开门吗？要给我看什么证件？"


def start(page: Page) -> None:
    page.locator("#examples a").first.wait_for()


def results(page: Page) -> None:
    page.locator(".card").first.wait_for()
    # Without the focus, which is no part of how it looks at rest.
    page.evaluate("document.activeElement.blur()")


def reading(page: Page) -> None:
    first_mark(page)


def no_answer(page: Page) -> None:
    page.locator(".no-answer").wait_for()


PICTURES: dict[str, tuple[Window, str, Callable[[Page], None]]] = {
    "phone-start": (PHONE, "", start),
    "phone": (PHONE, asked(STORY), results),
    "desktop": (DESKTOP, asked("微粒贷逾期会上门吗"), results),
    "dark": (Window(390, 844, "dark"), asked("说不还就抓我坐牢，是真的吗"), results),
    "reading": (DESKTOP, f"{asked('上门要看哪些证件')}&article=home-visits&at=669-863", reading),
    "no-answer": (PHONE, asked("火星上怎么种土豆"), no_answer),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_made_and_small(served: Served, browser: Browser, tmp_path: Path, name: str) -> None:
    window, fragment, prepare = PICTURES[name]
    folder = Path(os.environ.get("ZHAIWEN_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    with visit(browser, served.url, fragment, window) as shown:
        prepare(shown.page)
        picture = shown.page.screenshot(path=folder / f"{name}.png", animations="disabled", caret="hide")
    assert picture.startswith(b"\x89PNG")
    assert 5_000 < len(picture) < MOST_BYTES


def test_the_pictures_in_the_readme_are_there() -> None:
    shown = {path.stem for path in FOLDER.glob("*.png")}
    assert shown == set(PICTURES)
    assert all(path.stat().st_size < MOST_BYTES for path in FOLDER.glob("*.png"))
    for readme in ("README.md", "README.zh-CN.md"):
        text = (ROOT / readme).read_text(encoding="utf-8")
        assert all(f"docs/screenshots/{name}.png" in text for name in PICTURES), readme
