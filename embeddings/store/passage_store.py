"""Keep originals and passages in SQLite, written one article at a time and read by row."""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.records import Article, Edit, Passage
from embeddings.errors import REBUILD_HINT, SnapshotError
from embeddings.filters import ArticleFacets, ArticleFacts, Filters
from embeddings.folding import ALONE
from embeddings.records import (
    NO_FILTERS,
    ArticleInfo,
    IdArray,
    Neighbourhood,
    PassagePlace,
    RowArray,
    StoredArticle,
    StoredPassage,
)

# `edits` is a list of [start, end, replacement, rule]; `duplicates` is the id of the first passage
# of the group of near-duplicates that a passage is in, NULL where it is in none.
_SCHEMA = """
CREATE TABLE article (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, path TEXT NOT NULL,
    source TEXT, author TEXT, url TEXT, published TEXT, tags TEXT NOT NULL,
    original TEXT NOT NULL, file_hash TEXT NOT NULL
) STRICT;
CREATE TABLE passage (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, article INTEGER NOT NULL REFERENCES article,
    start INTEGER NOT NULL, stop INTEGER NOT NULL, text TEXT NOT NULL, headings TEXT NOT NULL,
    edits TEXT NOT NULL, indexed TEXT NOT NULL, duplicates TEXT
) STRICT;
CREATE INDEX passage_article ON passage (article);
CREATE INDEX passage_duplicates ON passage (duplicates) WHERE duplicates IS NOT NULL;
"""
_INFO = "article.id, title, path, source, author, url, published, tags"
_SELECT = f"""
SELECT row, duplicates, passage.id, start, stop, text, headings, edits, {_INFO}
FROM passage JOIN article ON article.number = passage.article WHERE
"""  # noqa: S608 -- constants
# SQLite takes 32,766 values in a statement; older ones 999.
_VALUES_AT_ONCE = 900


class PassageWriter:
    """Write articles and their passages into a new file; rows count from 0 in the given order."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._articles = 0
        self._rows = 0

    @classmethod
    @contextmanager
    def create(cls, path: Path) -> Iterator["PassageWriter"]:
        """Give a writer into a new file, which is complete at the end.

        Raises:
            OSError: the file cannot be written.
        """
        try:
            with closing(sqlite3.connect(path)) as connection, connection:
                connection.executescript(_SCHEMA)
                yield cls(connection)
        except sqlite3.OperationalError as error:
            raise OSError(f"{path.name}: {error}") from error

    def add(self, article: Article, passages: Sequence[Passage]) -> None:
        """Write an article and its passages."""
        marks = ", ".join("?" * 11)
        self._connection.execute(f"INSERT INTO article VALUES ({marks})", _article(self._articles, article))  # noqa: S608
        records = (_passage(row, self._articles, passage) for row, passage in enumerate(passages, start=self._rows))
        self._connection.executemany("INSERT INTO passage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)", records)
        self._articles += 1
        self._rows += len(passages)

    def mark_duplicates(self, firsts: RowArray) -> None:
        """Write which passages are copies of one another.

        Args:
            firsts: for each row the first row of its group, -1 where it is in none.
        """
        rows = np.flatnonzero(firsts >= 0)
        self._connection.executemany(
            "UPDATE passage SET duplicates = (SELECT id FROM passage AS first WHERE first.row = ?) WHERE row = ?",
            ((int(firsts[row]), int(row)) for row in rows),
        )


def _article(number: int, article: Article) -> tuple[object, ...]:
    return (
        number,
        article.id,
        article.shown_title,
        article.path,
        article.about.source,
        article.about.author,
        article.about.url,
        article.about.published,
        _to_json(article.about.tags),
        article.original,
        article.file_hash,
    )


def _passage(row: int, article: int, passage: Passage) -> tuple[object, ...]:
    edits = _to_json([(edit.start, edit.end, edit.replacement, edit.rule) for edit in passage.edits])
    headings = _to_json(passage.headings)
    return (row, passage.id, article, passage.start, passage.end, passage.text, headings, edits, passage.indexed)


def _to_json(values: Sequence[object]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


class PassageStore:
    """Read passages from a file that a `PassageWriter` wrote; safe to share between threads."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        facts = connection.execute("SELECT id, source, published, tags FROM article ORDER BY number")
        self.facets = ArticleFacets(
            ArticleFacts(id_, source, published, tuple(json.loads(tags))) for id_, source, published, tags in facts
        )
        # For each row the number of its article. In this order the index alone is read, not the texts.
        pairs = connection.execute("SELECT row, article FROM passage ORDER BY article, row")
        found = np.fromiter(pairs, dtype=np.dtype((np.int32, 2)))
        self._articles = np.empty(len(found), dtype=np.int32)
        self._articles[found[:, 0]] = found[:, 1]
        marked = connection.execute("SELECT row, duplicates FROM passage WHERE duplicates IS NOT NULL")
        by_id = np.fromiter(
            (row for (row,) in connection.execute("SELECT row FROM passage ORDER BY id")), dtype=np.int32
        )
        # For each row the place of its id among all ids, in their order.
        self.id_places: NDArray[np.int32] = np.empty_like(by_id)
        self.id_places[by_id] = np.arange(len(by_id), dtype=np.int32)
        # Read for every candidate of a search.
        self.groups = Groups(marked, len(found))

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
            return cls(connection)
        except sqlite3.Error as error:
            raise SnapshotError(f"{path} holds no passages ({error}); {REBUILD_HINT}") from error

    @property
    def count(self) -> int:
        """Return the number of passages."""
        return len(self._articles)

    def rows_where(self, filters: Filters) -> RowArray:
        """Return the rows of all passages whose articles match, ascending; all rows where no field is given."""
        return np.flatnonzero(self.facets.matching(filters)[self._articles])

    def articles_of(self, rows: RowArray) -> NDArray[np.int32]:
        """Return for each of these rows the number of its article."""
        return self._articles[rows]

    def article_ids(self) -> frozenset[str]:
        """Return the ids of all articles."""
        return frozenset(id_ for (id_,) in self._all("SELECT id FROM article", []))

    def article_count(self) -> int:
        """Return the number of articles."""
        ((count,),) = self._all("SELECT count(*) FROM article", [])
        return int(count)

    def articles(self, offset: int, limit: int) -> list[ArticleInfo]:
        """Return some articles, in the order in which they were read."""
        page = self._all(f"SELECT {_INFO} FROM article ORDER BY number LIMIT ? OFFSET ?", [limit, offset])  # noqa: S608
        return [_info(record) for record in page]

    def places_of(self, article: str) -> list[PassagePlace]:
        """Return where an article's passages stand, in their order."""
        found = self._of(article, "passage.id, start, stop, headings")
        return [PassagePlace(id_, int(at), int(stop), tuple(json.loads(path))) for id_, at, stop, path in found]

    def sections_of(self, article: str) -> list[tuple[str, ...]]:
        """Return the headings of an article's passages, in their order, each once."""
        found = self._of(article, "headings")
        return [tuple(json.loads(headings)) for headings in dict.fromkeys(headings for (headings,) in found)]

    def neighbourhood(self, id_: str) -> Neighbourhood | None:
        """Return the passage of this id with those beside it in its article, None where there is none."""
        found = self._all("SELECT row FROM passage WHERE id = ?", [id_])
        if not found:
            return None
        row = int(found[0][0])
        rows = [one for one in (row - 1, row, row + 1) if 0 <= one < self.count]
        near = [one for one in rows if self._articles[one] == self._articles[row]]
        passages = dict(zip(near, self.get(np.array(near, dtype=np.int64)), strict=True))
        return Neighbourhood(passages[row], passages.get(row - 1), passages.get(row + 1))

    def texts(self, article: str | None = None) -> list[str]:
        """Return the texts of an article's passages, or of all, in their order."""
        found = self._all("SELECT text FROM passage ORDER BY row", []) if article is None else self._of(article, "text")
        return [text for (text,) in found]

    def originals(self) -> list[str]:
        """Return the original texts of all articles."""
        return [text for (text,) in self._all("SELECT original FROM article", [])]

    def _of(self, article: str, column: str) -> list[Sequence[str]]:
        wanted = "passage JOIN article ON article.number = passage.article WHERE article.id = ? ORDER BY row"
        return self._all(f"SELECT {column} FROM {wanted}", [article])  # noqa: S608 -- our own columns

    def article(self, id_: str) -> StoredArticle | None:
        """Return the article of this id, None where there is none."""
        found = self._all(f"SELECT original, file_hash, {_INFO} FROM article WHERE id = ?", [id_])  # noqa: S608
        return next((StoredArticle(_info(info), original, file_hash) for original, file_hash, *info in found), None)

    def get(self, rows: RowArray) -> list[StoredPassage]:
        """Return the passages of these rows, in this order."""
        found = self._in(f"{_SELECT} row IN", rows.tolist())
        passages = {record[0]: _stored(record) for record in found}
        return [passages[row] for row in rows.tolist()]

    def indexed(self, rows: RowArray) -> list[str]:
        """Return what is encoded and matched of these rows, in this order."""
        records = self._in("SELECT row, indexed FROM passage WHERE row IN", rows.tolist())
        found = {int(row): text for row, text in records}
        return [found[row] for row in rows.tolist()]

    def empty_rows(self) -> RowArray:
        """Return the rows whose passages show nothing."""
        found = self._all("SELECT row FROM passage WHERE trim(text, ' ' || char(9, 10, 13, 12288)) = ''", [])
        return np.array([row for (row,) in found], dtype=np.int64)

    def members(self, groups: Sequence[str], filters: Filters = NO_FILTERS) -> dict[str, tuple[StoredPassage, ...]]:
        """Return the passages of each of these groups whose articles match, in order of row."""
        found: dict[str, list[StoredPassage]] = {group: [] for group in groups}
        matching = self.facets.matching(filters) if groups else ()
        for record in sorted(self._in(f"{_SELECT} duplicates IN", groups), key=lambda record: record[0]):
            if matching[self._articles[int(record[0])]]:
                found[record[1]].append(_stored(record))
        return {group: tuple(passages) for group, passages in found.items()}

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _in(self, statement: str, values: Sequence[object]) -> list[Sequence[str]]:
        found: list[Sequence[str]] = []
        for start in range(0, len(values), _VALUES_AT_ONCE):
            some = values[start : start + _VALUES_AT_ONCE]
            found += self._all(f"{statement} ({','.join('?' * len(some))})", some)
        return found

    def _all(self, statement: str, values: Sequence[object]) -> list[Sequence[str]]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()


class Groups(Mapping[int, str]):
    """Hold the group of near-duplicates of each row that is in one: 4 bytes a row, and each group's id once.

    Args:
        marked: rows with the id of their group.
        count: how many rows there are.
    """

    def __init__(self, marked: Iterable[tuple[int, str]], count: int) -> None:
        self._numbers = np.full(count, ALONE, dtype=np.int32)
        numbers: dict[str, int] = {}
        for row, group in marked:
            self._numbers[row] = numbers.setdefault(group, len(numbers))
        self._ids: list[str] = list(numbers)

    def __getitem__(self, row: int) -> str:
        if not 0 <= row < len(self._numbers) or self._numbers[row] < 0:
            raise KeyError(row)
        return self._ids[int(self._numbers[row])]

    def numbers(self, rows: RowArray) -> IdArray:
        """Return the number of each row's group, `ALONE` where it is in none."""
        return np.asarray(self._numbers[rows])

    def __iter__(self) -> Iterator[int]:
        return iter(np.flatnonzero(self._numbers >= 0).tolist())

    def __len__(self) -> int:
        return int(np.count_nonzero(self._numbers >= 0))


def _stored(record: Sequence[str]) -> StoredPassage:
    _, _, id_, start, stop, text, headings, edits, *info = record
    return StoredPassage(
        id=id_,
        start=int(start),
        end=int(stop),
        text=text,
        headings=tuple(json.loads(headings)),
        article=_info(info),
        edits=tuple(Edit(*edit) for edit in json.loads(edits)),
    )


def _info(record: Sequence[str]) -> ArticleInfo:
    id_, title, path, source, author, url, published, tags = record
    return ArticleInfo(id_, title, path, source, author, url, published, tuple(json.loads(tags)))
