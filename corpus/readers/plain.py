"""Read Markdown and plain text, with their front matter."""

from functools import partial

from corpus.errors import CorpusError
from corpus.front_matter import read_front_matter
from corpus.readers.contract import Content
from corpus.readers.encodings import decode
from corpus.records import Markup


def _read(data: bytes, markup: Markup) -> Content:
    # A mark that stands before the front matter would hide it.
    text = decode(data).removeprefix("\ufeff")
    front = read_front_matter(text)
    if not text[front.body_start :].strip():
        raise CorpusError("it has no text below its front matter; write some or remove the file")
    return Content(text, markup, front.body_start, front.id, front.about)


read_markdown = partial(_read, markup=Markup.MARKDOWN)
read_text = partial(_read, markup=Markup.PLAIN)
