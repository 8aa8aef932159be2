"""Tell which links within a folder of articles lead nowhere."""

import html
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from corpus.cleaning import clean
from corpus.errors import CorpusError
from corpus.readers.formats import MARKDOWN_SUFFIXES
from corpus.reading import read_article
from corpus.records import Article, CleanArticle
from corpus.structure import marked_headings

_NO_WORD = re.compile(r"[\W_]+")
# The address within the edit that takes a link's end out. Matches "](a.md)", "](a.md#b "题")"; must not match "[".
_LINK_END = re.compile(r"\]\((?P<address>[^\s()]+)")
_SHOWN_CHARACTERS = 80


class LinkChecker:
    """Follow the links of a folder's articles; read what they lead to once."""

    def __init__(self, folder: Path) -> None:
        """Take the folder that the articles' paths count from."""
        self._folder = folder
        self._fragments: dict[Path, frozenset[str]] = {}

    def problems(self, cleaned: CleanArticle) -> Iterator[tuple[int, str]]:
        """Yield where in the original each bad link of a Markdown article stands, and what is wrong with it."""
        article = cleaned.article
        for edit in cleaned.edits:
            match = _LINK_END.match(article.original, edit.start, edit.end) if "markdown-link" in edit.rule else None
            problem = self._problem(html.unescape(match["address"]), article) if match else None
            if match and problem:
                yield edit.start, f"the link to {match['address'][:_SHOWN_CHARACTERS]} {problem}"

    def _problem(self, address: str, article: Article) -> str | None:
        """Return what is wrong with a link; None for a good one or one that leads elsewhere."""
        try:
            parts = urlsplit(address)
            return None if parts.scheme or parts.netloc else self._within(parts, article)
        except CorpusError as error:
            return f"leads to what cannot be read ({error}); mend it, or link elsewhere"
        except (OSError, ValueError, RuntimeError):
            # No address, no name that a file can have, or links that lead round in a circle.
            return "is no address that can be followed; correct it"

    def _within(self, parts: SplitResult, article: Article) -> str | None:
        start = self._folder / article.path
        target = start.parent / unquote(parts.path).lstrip("/") if parts.path else start
        # "/" would lead to the top of the editor's disk, or of a site that nobody has named.
        if parts.path.startswith("/") or not target.resolve().is_relative_to(self._folder.resolve()):
            return "leads out of the folder; link to an article in it"
        if not target.is_file():
            return "leads nowhere; correct it"
        fragments = self._fragments_of(target.resolve()) if parts.fragment else None
        if fragments is not None and _key(unquote(parts.fragment)) not in fragments:
            return "names no heading there; correct what follows #"
        return None

    def _fragments_of(self, target: Path) -> frozenset[str] | None:
        """Return what may follow "#" in a link to a file; None where it is not Markdown."""
        if target.suffix.lower() not in MARKDOWN_SUFFIXES:
            return None
        if target not in self._fragments:
            text = clean(read_article(target, target.name, self._folder)).text
            self._fragments[target] = frozenset(_fragments(text))
        return self._fragments[target]


def _fragments(text: str) -> Iterator[str]:
    """Yield the keys of a text's headings; a title that comes again is numbered, too, as sites number it."""
    times: Counter[str] = Counter()
    for heading in marked_headings(text):
        key = _key(heading.title)
        yield f"{key}{times[key]}" if times[key] else key
        times[key] += 1


def _key(title: str) -> str:
    """Return the letters and digits of a title or fragment: sites differ in what they make of all others."""
    return _NO_WORD.sub("", title).casefold()
