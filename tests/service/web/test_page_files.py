"""The page's files themselves: what they weigh, and that they agree with each other."""

import gzip
import json
import re
from html.parser import HTMLParser

import httpx2
from playwright.sync_api import Browser

from tests.conftest import ROOT, Served
from tests.service.web.visiting import visit

WEB = ROOT / "service" / "web"
MOST_BYTES = 60 * 1024
LANGUAGES = ("zh-hans", "zh-hant", "en")
# Of another page, or not loaded by the page itself.
APART = ("status.", "worker.js")


def page_files() -> set[str]:
    names = {path.relative_to(WEB).as_posix() for path in WEB.rglob("*") if path.is_file()}
    return {name for name in names if not name.startswith(APART)} - {"index.html"}


class Reader(HTMLParser):
    """Collect elements and the texts of those that say which text they show."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._key: str | None = None
        self.feed((WEB / "index.html").read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._key = dict(attrs).get("data-text")

    def handle_data(self, data: str) -> None:
        if self._key is not None:
            self.texts[self._key] = data
            self._key = None


def test_the_page_weighs_less_than_60_kb() -> None:
    names = {*page_files(), "index.html"}
    sizes = {name: len(gzip.compress((WEB / name).read_bytes(), 6)) for name in names}
    assert len(sizes) > 20
    assert sum(sizes.values()) < MOST_BYTES, sizes


def test_no_file_is_long_and_none_is_made_by_a_tool() -> None:
    lines = {name: (WEB / name).read_text(encoding="utf-8").count("\n") for name in page_files()}
    assert max(lines.values()) < 400, lines
    longest = max(len(line) for name in page_files() for line in (WEB / name).read_text(encoding="utf-8").split("\n"))
    assert longest < 250


def test_the_page_names_every_file_so_that_none_waits_for_another() -> None:
    named = {
        value.removeprefix("web/")
        for _, attributes in Reader().elements
        for value in (attributes.get("href"), attributes.get("src"))
        if value is not None and value.startswith("web/")
    }
    assert named == page_files()


def test_nothing_stands_inline_and_every_address_is_relative() -> None:
    for tag, attributes in Reader().elements:
        assert tag not in {"style", "base"}
        assert tag != "script" or attributes.get("src")
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
    addresses = [
        value for _, attributes in Reader().elements for value in (attributes.get("href"), attributes.get("src"))
    ]
    assert not [one for one in addresses if one and not one.startswith(("web/", "#", "data:", "status"))]
    for name in page_files():
        text = (WEB / name).read_text(encoding="utf-8")
        assert not re.findall(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|@import|url\(", text), name
        assert not re.findall(r"""["'`(]/(?:web|search|articles|healthz)""", text), name


def test_every_language_says_everything(served: Served, browser: Browser) -> None:
    with visit(browser, served.url) as shown:
        load = "(name) => import(new URL(`web/texts/${name}.js`, location)).then((made) => made.default)"
        texts = {name: shown.page.evaluate(load, name) for name in LANGUAGES}
    wanted = {key: kinds(value) for key, value in texts["zh-hans"].items()}
    for name in LANGUAGES:
        assert {key: kinds(value) for key, value in texts[name].items()} == wanted, name
        assert all(texts[name].values())
    # What is shown before the script runs is what it then says.
    for key, text in Reader().texts.items():
        assert text == texts["zh-hans"][key]
    # Each is used, and each that is used is there.
    code = "".join((WEB / name).read_text(encoding="utf-8") for name in page_files() if not name.startswith("texts/"))
    code += (WEB / "index.html").read_text(encoding="utf-8")
    made = {key for key in wanted if key.startswith(("error_", "score_"))}
    assert {key for key in wanted if not re.search(rf'["\']{key}["\']', code)} <= made
    for key in re.findall(r'say\("(\w+)"', code):
        assert key in wanted


def kinds(value: object) -> object:
    """Return the names of what is put into a text, or how many texts a list has."""
    return sorted(re.findall(r"\{(\w+)\}", value)) if isinstance(value, str) else len(json.loads(json.dumps(value)))


def test_traditional_texts_are_traditional() -> None:
    text = (WEB / "texts" / "zh-hant.js").read_text(encoding="utf-8")
    assert not set(text) & set("问题这个来说时间们语会请标签结开关网页为应还对发让没过记录种样读给话")


def test_files_are_sent_small_and_answers_as_they_are(served: Served) -> None:
    taken = {"Accept-Encoding": "gzip"}
    with httpx2.stream("GET", f"{served.url}/web/base.css", headers=taken) as response:
        assert response.headers["content-encoding"] == "gzip"
        sent = b"".join(response.iter_raw())
    assert gzip.decompress(sent) == (WEB / "base.css").read_bytes()
    plain = httpx2.get(f"{served.url}/web/base.css", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == (WEB / "base.css").read_bytes()
    answer = httpx2.post(f"{served.url}/search", json={"query": "上门"}, headers=taken, timeout=30)
    assert "content-encoding" not in answer.headers


def test_the_policy_is_strict(served: Served) -> None:
    for address in ("/", "/worker.js", "/web/app.js"):
        response = httpx2.get(f"{served.url}{address}")
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "*" not in policy
    assert httpx2.get(f"{served.url}/worker.js").headers["content-type"].startswith("text/javascript")
