"""Take over the passages of articles that have not changed since a snapshot was built."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from corpus.records import About, Article, Edit, Passage

_ARTICLE = "SELECT number, title, source, author, url, published, tags FROM article WHERE id = ?"
_PASSAGES = "SELECT id, start, stop, text, headings, indexed, edits FROM passage WHERE article = ? ORDER BY row"


class BaseTexts:
    """Give the passages of articles as a snapshot has them; for one that is known to be whole.

    Args:
        connection: to the snapshot's passages; None stands for a snapshot that gives nothing.
        hashes: the content hashes of its articles by id, as they were read.
    """

    def __init__(self, connection: sqlite3.Connection | None, hashes: Mapping[str, str]) -> None:
        self._connection = connection
        self._hashes = hashes

    @classmethod
    @contextmanager
    def open(cls, path: Path | None, hashes: Mapping[str, str]) -> Iterator["BaseTexts"]:
        """Give the passages of a file, nothing where none is named."""
        if path is None:
            yield cls(None, {})
            return
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            yield cls(connection, hashes)

    def passages_of(self, article: Article) -> tuple[Article, tuple[Passage, ...]] | None:
        """Return an article with what cleaning found that it says of itself, and its passages.

        None where the snapshot does not hold it as it is.
        """
        if self._connection is None or self._hashes.get(article.id) != article.content_hash:
            return None
        ((number, *about),) = self._connection.execute(_ARTICLE, [article.id]).fetchall()
        passages = tuple(_passage(article.id, record) for record in self._connection.execute(_PASSAGES, [number]))
        return replace(article, about=_about(*about)), passages


def _about(title: str, *others: str | None) -> About:
    source, author, url, published, tags = others
    return About(title, source, author, url, published, tuple(json.loads(tags or "[]")))


def _passage(article: str, record: tuple[str, ...]) -> Passage:
    id_, start, end, text, headings, indexed, edits = record
    return Passage(
        id=id_,
        article_id=article,
        start=int(start),
        end=int(end),
        text=text,
        headings=tuple(json.loads(headings)),
        indexed=indexed,
        edits=tuple(Edit(*edit) for edit in json.loads(edits)),
    )
