"""The original and the clean text side by side as a page."""

from html.parser import HTMLParser

from corpus.records import CleanArticle
from scripts.cleaning_page import page
from scripts.cleaning_view import count_rules
from tests.clean_articles import HOSTILE, cleaned


class Reader(HTMLParser):
    """Collect what a browser would see of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta", "wbr"}:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._open[-1] if self._open else "", []).append(data)

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)


def page_of(*articles: CleanArticle, show_all: bool = False) -> str:
    return page(articles, count_rules(articles), show_all=show_all)


def test_the_page_shows_every_edit() -> None:
    clean = cleaned("上门", ("(shàng)", "", "pinyin"), "要１", ("２", "2", "width"), "\n" * 9, title="上门")
    read = Reader(page_of(clean))
    edits_ = [(tag, attributes["title"]) for tag, attributes in read.elements if tag in {"del", "ins"}]
    assert edits_ == [("del", "pinyin"), ("del", "width"), ("ins", "width")]
    assert (read.texts["del"], read.texts["ins"]) == (["(shàng)", "２"], ["2"])
    assert read.texts["small"] == ["pinyin", "width"]
    assert read.texts["span"] == ["pinyin", "width"]  # the legend
    assert read.texts["td"] == ["1", "7", "0", "1", "1", "1", "2", "8", "1"]
    assert read.texts["summary"] == ["… 6 lines …"]
    assert read.texts["title"] == ["a.txt: 上门"]


def test_the_page_loads_and_runs_nothing() -> None:
    text = page_of(cleaned("上门", ("２", "2", "width")))
    assert (
        """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">"""
        in text
    )
    read = Reader(text)
    assert {tag for tag, _ in read.elements}.isdisjoint({"script", "img", "link", "iframe", "a", "form"})
    assert {name for _, attributes in read.elements for name in attributes}.isdisjoint({"src", "href", "onclick"})
    assert "url(" not in text
    assert "@import" not in text


def test_an_article_cannot_write_the_page() -> None:
    rule = '"><script>alert(1)</script>'
    clean = cleaned(HOSTILE, (HOSTILE, HOSTILE, rule), title=HOSTILE, path=HOSTILE)
    text = page_of(clean)
    read = Reader(text)
    assert read.count("script") == 0
    assert "<script" not in text
    assert all(character.isprintable() or character == "\n" for character in text)
    assert text.encode("utf-8")
    wanted = (
        r"\x1b[31m红\x1b]0;x\x07\x9b2J\r\u202e反\u2066\u200b\ud800[bold]粗[/bold]:smile:<script>alert('&"
        + '")</script>'
    )
    assert read.texts["del"] == read.texts["ins"] == [wanted]


def test_a_page_of_several_articles() -> None:
    text = page_of(cleaned("上门" + "\n" * 5), cleaned("电话", path="b.txt"), show_all=True)
    read = Reader(text)
    assert read.texts["h2"] == ["a.txt", "b.txt"]
    assert read.texts["title"] == ["2 articles"]
    assert ("details", {"open": None}) in read.elements
    assert "No rule changed anything." in text
