"""Read HTML pages with trafilatura: the article's text as Markdown, and what the page says of it."""

from configparser import ConfigParser
from copy import deepcopy

from trafilatura import extract
from trafilatura.metadata import extract_metadata
from trafilatura.settings import use_config
from trafilatura.xpaths import BODY_XPATH

from corpus.errors import CorpusError
from corpus.readers.contract import Content
from corpus.readers.encodings import decode_html
from corpus.readers.html_tree import (
    Tree,
    join_twins,
    keep_everything,
    make_article,
    own_characters,
    parse,
    put_into_paragraphs,
)
from corpus.records import About, Markup

# An extraction with less than this of what the page shows has taken a part of it for the whole. The rest of
# a page is mostly links, which are not counted.
_MIN_SHARE = 0.5
# A longer title, name or address is a paragraph that was taken for one.
_MAX_FIELD = 300


def read_web_page(data: bytes) -> Content:
    """Return the article of an HTML page; nothing is fetched.

    Raises:
        CorpusError: it is no text, is nested too deeply or too large to extract, or holds no article.
    """
    text = decode_html(data)
    if not text.strip():
        raise CorpusError("it is empty; save the page again or remove the file")
    tree = parse(text)
    # Only what the page declares: a date in the text may be that of a law.
    found = extract_metadata(deepcopy(tree), date_config={"original_date": True, "extensive_search": False})
    markdown = _markdown(tree)
    if not markdown:
        raise CorpusError("no text of an article was found on the page; save the article as text or remove the file")
    about = About(
        title=_short(found.title),
        source=_short(found.sitename),
        author=_short(found.author or _declared_author(tree)),
        url=_short(found.url),
        published=found.date or None,
    )
    return Content(markdown, Markup.MARKDOWN, about=about)


def _markdown(tree: Tree) -> str:
    put_into_paragraphs(tree)
    shown = own_characters(tree)
    frame = next((found[0] for expression in BODY_XPATH if (found := expression(tree))), None)
    if frame is None:
        # Where trafilatura knows no frame of an article, it gathers paragraphs without their headings.
        make_article(tree)
    else:
        join_twins(frame)
    markdown = _extract(tree)
    if len("".join(markdown.split())) >= _MIN_SHARE * shown:
        return markdown
    keep_everything(tree)
    return max(markdown, _extract(tree), key=len)


def _extract(tree: Tree) -> str:
    # `fast`: the other extractors that trafilatura compares with are made for long English paragraphs.
    markdown = extract(
        deepcopy(tree),
        output_format="markdown",
        fast=True,
        favor_recall=True,
        include_comments=False,
        config=_config(),
    )
    return (markdown or "").strip()


def _config() -> ConfigParser:
    config = use_config()
    # Made for long English pages; a Chinese answer may have ten characters.
    for size in ("MIN_EXTRACTED_SIZE", "MIN_OUTPUT_SIZE", "MIN_FILE_SIZE"):
        config.set("DEFAULT", size, "1")
    return config


def _short(text: str | None) -> str | None:
    return text if text and len(text) <= _MAX_FIELD else None


def _declared_author(tree: Tree) -> str | None:
    """Return the author in the page's head; trafilatura takes a name without a space for no name."""
    for meta in tree.iterfind(".//head/meta[@content]"):
        if (meta.get("name") or meta.get("property") or "").lower() in ("author", "article:author"):
            name = " ".join(meta.get("content").split())
            if name and not name.startswith("http"):
                return str(name)
    return None
