"""The page where a key is needed, and the documentation under its policy, in a real browser."""

from pathlib import Path

from service.keys import make_key
from tests.browser import real_browser
from tests.conftest import serve_process

PATIENCE_MS = 20_000


def test_the_page_asks_for_a_key_and_the_documentation_shows(tiny_index: Path, tmp_path: Path) -> None:
    key, holder = make_key("web")
    (tmp_path / "keys").write_text(holder.line, encoding="utf-8")
    with (
        serve_process(tiny_index, options=("--keys-file", str(tmp_path / "keys"))) as running,
        real_browser() as browser,
    ):
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(running.url)
        assert not page.locator("#key").is_visible()
        page.fill("#question", "上门要带证件吗")
        page.click("#search")
        page.locator("#key").wait_for(state="visible")
        assert "要有密钥才能提问" in page.locator("#results").inner_text()
        assert page.evaluate("document.activeElement.id") == "key"
        page.fill("#key", key)
        page.keyboard.press("Enter")
        page.locator("#results h2").first.wait_for()
        assert not page.locator("#key").is_visible()
        assert page.evaluate("document.cookie + JSON.stringify({...localStorage, ...sessionStorage})") == "{}"
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(f"{running.url}/docs")
        page.locator(".opblock-summary-path").first.wait_for()
        assert complaints == []
