"""What was written of articles and passages is read again."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpus.records import About, Article, Edit, Markup, Passage
from embeddings.errors import SnapshotError
from embeddings.filters import Filters
from embeddings.records import ArticleInfo, StoredArticle, StoredPassage
from embeddings.store.passage_store import PassageStore, PassageWriter

EDITS = (Edit(5, 7, "", "blanks"), Edit(8, 9, '"，', "characters+titles"))
ARTICLE = Article(
    id="a/1",
    path="a.jsonl",
    original="上门 □□ 要\n证件",
    markup=Markup.PLAIN,
    about=About("题", "源", "作者", "https://example.org/", "2026-01-02", ("上门", "证件")),
    file_hash="f" * 64,
)
INFO = ArticleInfo("a/1", "题", "a.jsonl", "源", "作者", "https://example.org/", "2026-01-02", ("上门", "证件"))


def passage(number: int, article: str = "a/1", edits: tuple[Edit, ...] = ()) -> Passage:
    return Passage(f"p{number}", article, number, number + 9, f"文{number}", ("一", "二"), "not stored", edits)


def stored(tmp_path: Path, *articles: tuple[Article, Sequence[Passage]], firsts: Sequence[int] = ()) -> PassageStore:
    with PassageWriter.create(tmp_path / "p.sqlite") as writer:
        for article, passages in articles:
            writer.add(article, passages)
        writer.mark_duplicates(np.array(firsts, dtype=np.int64))
    return PassageStore.open(tmp_path / "p.sqlite")


def test_a_passage_is_read_with_its_article_and_edits(tmp_path: Path) -> None:
    store = stored(tmp_path, (ARTICLE, [passage(0), passage(1, edits=EDITS)]))
    assert store.count == 2
    assert store.get(np.array([1, 0])) == [
        StoredPassage("p1", 1, 10, "文1", ("一", "二"), INFO, EDITS),
        StoredPassage("p0", 0, 9, "文0", ("一", "二"), INFO, ()),
    ]


def test_edits_are_kept_short(tmp_path: Path) -> None:
    stored(tmp_path, (ARTICLE, [passage(0), passage(1, edits=EDITS)])).close()
    found = sqlite3.connect(tmp_path / "p.sqlite").execute("SELECT edits FROM passage ORDER BY row").fetchall()
    assert found == [("[]",), ('[[5,7,"","blanks"],[8,9,"\\"，","characters+titles"]]',)]


def test_an_article_is_read_by_its_id(tmp_path: Path) -> None:
    untitled = Article("b", "b.txt", "文", Markup.PLAIN)
    store = stored(tmp_path, (ARTICLE, [passage(0)]), (untitled, [passage(1, "b")]))
    assert store.article_ids() == {"a/1", "b"}
    assert store.article("a/1") == StoredArticle(INFO, "上门 □□ 要\n证件", "f" * 64)
    assert store.article("b") == StoredArticle(ArticleInfo("b", "b.txt", "b.txt", None, None, None, None, ()), "文", "")
    for unknown in ("", "c", "a/1 ", "A/1", "a%", "\x00"):
        assert store.article(unknown) is None


def test_an_articles_sections_and_texts(tmp_path: Path) -> None:
    other = Article("b", "b.txt", "文", Markup.PLAIN)
    headed = [
        replace(passage(number), headings=headings) for number, headings in enumerate([("二",), ("一",), ("二",)])
    ]
    store = stored(tmp_path, (ARTICLE, headed), (other, [passage(3, "b")]))
    assert store.sections_of("a/1") == [("二",), ("一",)]
    assert store.texts("a/1") == ["文0", "文1", "文2"]
    assert store.texts("b") == ["文3"]
    assert store.texts() == ["文0", "文1", "文2", "文3"]
    assert store.originals() == ["上门 □□ 要\n证件", "文"]
    assert store.sections_of("c") == []


def test_a_passage_is_read_with_those_beside_it_in_its_article(tmp_path: Path) -> None:
    other = Article("b", "b.txt", "文", Markup.PLAIN)
    store = stored(tmp_path, (ARTICLE, [passage(0), passage(1), passage(2)]), (other, [passage(3, "b")]))
    near = {}
    for number in range(4):
        found = store.neighbourhood(f"p{number}")
        assert found is not None
        assert found.passage == store.get(np.array([number]))[0]
        near[number] = [one and one.id for one in (found.before, found.after)]
    assert near == {0: [None, "p1"], 1: ["p0", "p2"], 2: ["p1", None], 3: [None, None]}
    assert [store.neighbourhood(id_) for id_ in ("", "P0", "p", "p%")] == [None] * 4


def test_articles_and_places_are_listed_in_order(tmp_path: Path) -> None:
    other = Article("b", "b.txt", "文", Markup.PLAIN)
    store = stored(tmp_path, (ARTICLE, [passage(0), passage(1)]), (other, []))
    assert store.article_count() == 2
    assert [one.id for one in store.articles(0, 10)] == ["a/1", "b"]
    assert store.articles(0, 1) == [INFO]
    assert [one.id for one in store.articles(1, 1)] == ["b"]
    assert store.articles(2, 1) == []
    wanted = [(one.id, one.start, one.end, one.headings) for one in store.get(np.array([0, 1]))]
    assert [(one.id, one.start, one.end, one.headings) for one in store.places_of("a/1")] == wanted
    assert store.places_of("b") == store.places_of("c") == []


def test_each_row_knows_the_place_of_its_id(tmp_path: Path) -> None:
    store = stored(tmp_path, (ARTICLE, [passage(number) for number in (10, 2, 1)]))
    # p1, p10, p2
    assert store.id_places.tolist() == [1, 2, 0]


def test_groups_of_duplicates_bear_the_id_of_their_first(tmp_path: Path) -> None:
    store = stored(tmp_path, (ARTICLE, [passage(row) for row in range(6)]), firsts=[-1, 1, -1, 3, 1, 3])
    assert store.groups == {1: "p1", 3: "p3", 4: "p1", 5: "p3"}
    assert [store.groups.get(row) for row in (-1, 0, 5, 6)] == [None, None, "p3", None]
    assert len(store.groups) == 4
    members = store.members(["p3", "p1"])
    assert {group: [one.id for one in passages] for group, passages in members.items()} == {
        "p3": ["p3", "p5"],
        "p1": ["p1", "p4"],
    }
    assert members["p3"][1] == store.get(np.array([5]))[0]
    assert store.members([]) == {}


def test_more_rows_than_a_statement_takes(tmp_path: Path) -> None:
    store = stored(
        tmp_path, (ARTICLE, [passage(row) for row in range(2_000)]), firsts=[row % 2 for row in range(2_000)]
    )
    rows = np.arange(1_999, -1, -1)
    assert [one.id for one in store.get(rows)] == [f"p{row}" for row in rows]
    assert store.groups == {row: f"p{row % 2}" for row in range(2_000)}
    assert [len(group) for group in store.members(["p0", "p1"]).values()] == [1_000, 1_000]


def test_a_full_disk_is_an_error_of_the_disk(tmp_path: Path) -> None:
    def write() -> None:
        with PassageWriter.create(tmp_path / "p.sqlite") as writer:
            writer._connection.execute("PRAGMA max_page_count = 12")
            writer.add(ARTICLE, [passage(row) for row in range(10_000)])

    with pytest.raises(OSError, match=r"p\.sqlite: database or disk is full"):
        write()


def test_a_file_of_the_first_format(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "p.sqlite").execute("CREATE TABLE other (x)")
    with pytest.raises(SnapshotError, match=r"holds no passages .*build it anew"):
        PassageStore.open(tmp_path / "p.sqlite")


def test_rows_of_the_articles_that_match(tmp_path: Path) -> None:
    articles = [
        Article(f"a{number}", "a.jsonl", "文", Markup.PLAIN, about=About(tags=tags, published=published))
        for number, (tags, published) in enumerate(
            [(("上門",), "2026-01-02"), ((), "2026-01-03"), ((), None), (("上门", "APP"), None)]
        )
    ]
    numbers: list[list[int]] = [[0, 1, 2], [3], [], [4, 5]]
    store = stored(
        tmp_path,
        *(
            (article, [passage(number, article.id) for number in some])
            for article, some in zip(articles, numbers, strict=True)
        ),
    )
    for filters, wanted in (
        (Filters(), [0, 1, 2, 3, 4, 5]),
        (Filters(tags=("上门",)), [0, 1, 2, 4, 5]),
        (Filters(tags=("上门",), published_to="2026-12-31"), [0, 1, 2]),
        (Filters(articles=("a3", "a1", "a2")), [3, 4, 5]),
        (Filters(articles=("a2",)), []),
        (Filters(tags=('"); DROP TABLE passage; --',)), []),
    ):
        rows = store.rows_where(filters)
        assert rows.tolist() == wanted
        assert rows.dtype == np.int64
    assert store.count == 6


def test_a_store_without_passages(tmp_path: Path) -> None:
    store = stored(tmp_path)
    assert store.count == 0
    assert store.groups == {}
    assert store.rows_where(Filters()).tolist() == []


def test_an_articles_passages_are_found_by_an_index(tmp_path: Path) -> None:
    stored(tmp_path).close()
    plan = "EXPLAIN QUERY PLAN SELECT row, article FROM passage ORDER BY article, row"
    ((*_, found),) = sqlite3.connect(tmp_path / "p.sqlite").execute(plan).fetchall()
    assert found == "SCAN passage USING COVERING INDEX passage_article"
