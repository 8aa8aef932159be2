"""Define what every reader takes and gives."""

from collections.abc import Callable
from dataclasses import dataclass

from corpus.records import SAYS_NOTHING, About, Markup

# An article of 10 MB is some three million characters, longer than the longest novels; such a file
# is a dump or a mistake, and each step after reading holds several copies of it.
MAX_ARTICLE_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class Content:
    """Hold what a reader found in the bytes of one article.

    `text` is the whole text, the body to search begins at `body_start`; `id` is None where the
    source names none.
    """

    text: str
    markup: Markup
    body_start: int = 0
    id: str | None = None
    about: About = SAYS_NOTHING


# Takes a file's bytes, at most MAX_ARTICLE_BYTES of them; raises CorpusError where it can make nothing of them.
Reader = Callable[[bytes], Content]
