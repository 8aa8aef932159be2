"""Keep originals and passages in SQLite, read by row."""

import json
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from corpus.records import Article, Passage
from embeddings.errors import REBUILD_HINT, SnapshotError
from embeddings.records import ArticleInfo, RowArray, StoredPassage

_SCHEMA = """
CREATE TABLE article (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, path TEXT NOT NULL,
    source TEXT, url TEXT, published TEXT, tags TEXT NOT NULL, original TEXT NOT NULL
) STRICT;
CREATE TABLE passage (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, article INTEGER NOT NULL REFERENCES article,
    start INTEGER NOT NULL, stop INTEGER NOT NULL, text TEXT NOT NULL, headings TEXT NOT NULL
) STRICT;
"""
_SELECT = """
SELECT row, passage.id, start, stop, text, headings,
       article.id, title, path, source, url, published, tags
FROM passage JOIN article ON article.number = passage.article WHERE row IN ({marks})
"""


def write_passages(path: Path, articles: Iterable[tuple[Article, Sequence[Passage]]]) -> None:
    """Write articles and their passages into a new file; rows count from 0 in the given order."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(_SCHEMA)
        row = 0
        for number, (article, passages) in enumerate(articles):
            connection.execute("INSERT INTO article VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", _article(number, article))
            for passage in passages:
                connection.execute("INSERT INTO passage VALUES (?, ?, ?, ?, ?, ?, ?)", _passage(row, number, passage))
                row += 1


def _article(number: int, article: Article) -> tuple[object, ...]:
    return (
        number,
        article.id,
        article.shown_title,
        article.path,
        article.source,
        article.url,
        article.published,
        _to_json(article.tags),
        article.original,
    )


def _passage(row: int, article: int, passage: Passage) -> tuple[object, ...]:
    headings = _to_json(passage.headings)
    return (row, passage.id, article, passage.start, passage.end, passage.text, headings)


def _to_json(texts: tuple[str, ...]) -> str:
    return json.dumps(texts, ensure_ascii=False)


class PassageStore:
    """Read passages from a file that `write_passages` wrote; safe to share between threads."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path) -> "PassageStore":
        """Open the file for reading; it must never change.

        Raises:
            SnapshotError: the file is missing or no such database.
        """
        try:
            uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
            connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("SELECT count(*) FROM passage").fetchone()
        except sqlite3.Error as error:
            raise SnapshotError(f"{path} holds no passages ({error}); {REBUILD_HINT}") from error
        return cls(connection)

    @property
    def count(self) -> int:
        """Return the number of passages."""
        with self._lock:
            return int(self._connection.execute("SELECT count(*) FROM passage").fetchone()[0])

    def article_ids(self) -> frozenset[str]:
        """Return the ids of all articles."""
        with self._lock:
            return frozenset(id_ for (id_,) in self._connection.execute("SELECT id FROM article"))

    def get(self, rows: RowArray) -> list[StoredPassage]:
        """Return the passages of these rows, in this order."""
        marks = ",".join("?" * len(rows))
        with self._lock:
            found = self._connection.execute(_SELECT.format(marks=marks), rows.tolist()).fetchall()
        passages = {record[0]: _stored(record) for record in found}
        return [passages[row] for row in rows.tolist()]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _stored(record: Sequence[str]) -> StoredPassage:
    _, id_, start, stop, text, headings, article_id, title, path, source, url, published, tags = record
    article = ArticleInfo(article_id, title, path, source, url, published, tuple(json.loads(tags)))
    return StoredPassage(id_, int(start), int(stop), text, tuple(json.loads(headings)), article)
