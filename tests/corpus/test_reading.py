"""Reading a folder: what goes in, what is left out, and why."""

import hashlib
import os
import socket
import sys
import threading
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import CorpusError
from corpus.readers.contract import MAX_ARTICLE_BYTES
from corpus.readers.files import shown_name
from corpus.readers.jsonl import JsonlFields
from corpus.reading import ArticleFolder, ArticleList, JsonlFile, beir_corpus, open_source, read_file
from corpus.records import Article, ArticleSource, FileHash, Markup, Problem


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


def split(source: ArticleSource) -> tuple[list[Article], list[str]]:
    items = list(source.articles())
    return (
        [item for item in items if isinstance(item, Article)],
        [str(item) for item in items if isinstance(item, Problem)],
    )


def problems(folder: Path) -> dict[str, str]:
    write(folder, "good.md", "正文")
    items = list(ArticleFolder(folder).articles())
    assert "good.md" in [item.id for item in items if isinstance(item, Article)]
    return {item.path: item.message for item in items if isinstance(item, Problem)}


def test_every_kind_of_file_is_read_in_order_of_the_paths(tmp_path: Path) -> None:
    write(tmp_path, "b/二.md", "---\nid: z\ntitle: 题\nauthor: 甲\n---\n正文一")
    write(tmp_path, "b-c.txt", "\ufeff正文二\r\n")
    write(tmp_path, "b/c/a.HTM", "<p>正文三")
    write(tmp_path, "a.jsonl", '{"text": "正文四"}\n{"text": "正文五", "id": "y"}')
    write(tmp_path, "c.markdown", "正文六".encode("gb18030"))
    write(tmp_path, "picture.jpg", "x")
    write(tmp_path, ".hidden.md", "x")
    write(tmp_path, ".git/x.md", "x")
    articles, wrong = split(ArticleFolder(tmp_path))
    assert wrong == []
    assert [(a.id, a.path, a.markup, a.about.title, a.about.author, a.original[a.body_start :]) for a in articles] == [
        ("a.jsonl:1", "a.jsonl", Markup.PLAIN, None, None, "正文四"),
        ("y", "a.jsonl", Markup.PLAIN, None, None, "正文五"),
        ("b-c.txt", "b-c.txt", Markup.PLAIN, None, None, "正文二\r\n"),
        ("b/c/a.HTM", "b/c/a.HTM", Markup.MARKDOWN, None, None, "正文三"),
        ("z", "b/二.md", Markup.MARKDOWN, "题", "甲", "正文一"),
        ("c.markdown", "c.markdown", Markup.MARKDOWN, None, None, "正文六"),
    ]


def test_hashes_are_those_of_the_bytes_in_the_same_order(tmp_path: Path) -> None:
    contents = {"a.jsonl": b"{}", "b-c.txt": b"", "b/a.md": b"\xff", "b.md": "正文".encode()}
    for name, content in contents.items():
        write(tmp_path, name, content)
    os.symlink(tmp_path / "loop.md", tmp_path / "loop.md")
    assert list(ArticleFolder(tmp_path).file_hashes()) == [
        *(
            FileHash(name, hashlib.sha256(contents[name]).hexdigest())
            for name in ("a.jsonl", "b-c.txt", "b.md", "b/a.md")
        ),
        FileHash("loop.md", ""),
    ]
    articles, _ = split(ArticleFolder(tmp_path))
    assert [(a.path, a.file_hash) for a in articles] == [("b.md", hashlib.sha256("正文".encode()).hexdigest())]


def test_what_changed_only_its_time_has_not_changed(tmp_path: Path) -> None:
    path = write(tmp_path, "a.md", "正文")
    source = ArticleFolder(tmp_path)
    before = (list(source.file_hashes()), list(source.articles()))
    os.utime(path, (1, 1))
    assert (list(source.file_hashes()), list(source.articles())) == before
    write(tmp_path, "a.md", "正文。")
    assert list(source.file_hashes()) != before[0]


@given(st.sets(st.text(alphabet="ab-.é", min_size=1, max_size=3).filter(lambda part: part[0] != "."), max_size=6))
def test_order_is_that_of_the_sorted_paths(tmp_path_factory: pytest.TempPathFactory, parts: set[str]) -> None:
    folder = tmp_path_factory.mktemp("order")
    names = sorted(f"{a}/{b}.md" for a in parts for b in parts) + [f"{a}-.md" for a in parts]
    for name in names:
        write(folder, name, "x")
    assert [path for path, _ in ArticleFolder(folder).file_hashes()] == sorted(set(names))


def test_bad_files_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    write(tmp_path, "good.md", "正文")
    write(tmp_path, "broken.txt", "催收员".encode()[:-1])
    write(tmp_path, "empty.md", "---\ntitle: 只有题\n---\n \n")
    write(tmp_path, "lines.jsonl", '{"id": "good.md", "text": "x"}\n{\n')
    write(tmp_path, "twin.md", "---\nid: good.md\n---\n正文")
    write(tmp_path, "word.docx", "x")
    write(tmp_path, "page.html", "<div>" * 1000)
    (tmp_path / "folder.md").mkdir()
    write(tmp_path, "folder.md/inside.md", "正文")
    articles, wrong = split(ArticleFolder(tmp_path))
    assert [a.id for a in articles] == ["good.md"]
    twin = "its id 'good.md' is that of good.md too; give each article an id of its own"
    assert wrong == [
        "broken.txt: it is UTF-8 with a broken character (byte 0xe5 at offset 6); mend it and save it as UTF-8",
        "empty.md: it has no text below its front matter; write some or remove the file",
        "folder.md: it is a folder with the name of a file, and is not entered; rename it",
        f"lines.jsonl:1: {twin}",
        "lines.jsonl:2: it is not JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1)); "
        "write one JSON object a line",
        "page.html: its elements are nested more than 200 deep; save only the article, or as text",
        f"twin.md: {twin}",
        "word.docx: it is not a DOCX document (File is not a zip file); save it as .docx again",
    ]


def test_links_do_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    write(tmp_path, "secret.txt", "密")
    write(tmp_path, "secret.jsonl", '{"text": "密"}')
    folder = tmp_path / "articles"
    write(folder, "good.md", "正文")
    os.symlink(tmp_path / "secret.txt", folder / "link.txt")
    os.symlink(tmp_path / "secret.jsonl", folder / "link.jsonl")
    os.symlink(folder / "good.md", folder / "inside.md")
    os.symlink(folder / "loop.md", folder / "loop.md")
    os.symlink(folder / "nowhere", folder / "broken.md")
    os.symlink(folder, folder / "self")
    out = "it is a link that leads out of the folder; put the file itself there"
    assert problems(folder) == {
        "broken.md": "it cannot be read (No such file or directory); check the file and its permissions",
        "link.jsonl": out,
        "link.txt": out,
        "loop.md": problems(folder)["loop.md"],
        "self": "it is a link to a folder, and such are not entered; put the folder itself there",
    }
    assert problems(folder)["loop.md"].startswith("it cannot be read (")
    assert [item.id for item in ArticleFolder(folder).articles() if isinstance(item, Article)] == [
        "good.md",
        "inside.md",
    ]


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    os.mkfifo(tmp_path / "pipe.jsonl")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.md"))
        begun = time.monotonic()
        refused = "it is not a regular file; remove it from the folder"
        assert problems(tmp_path) == dict.fromkeys(("pipe.jsonl", "pipe.txt", "socket.md"), refused)
        assert [sha256 for _, sha256 in ArticleFolder(tmp_path).file_hashes()].count("") == 3
        assert time.monotonic() - begun < 5


def test_a_file_that_vanishes_after_it_was_listed(tmp_path: Path) -> None:
    for name in ("a.md", "b.md", "c.jsonl", "d.md"):
        write(tmp_path, name, "正文")
    items = ArticleFolder(tmp_path).articles()
    assert isinstance(next(items), Article)
    (tmp_path / "b.md").unlink()
    (tmp_path / "c.jsonl").unlink()
    vanished = "it cannot be read (No such file or directory); check the file and its permissions"
    assert [next(items), next(items)] == [Problem("b.md", vanished), Problem("c.jsonl", vanished)]
    assert [item.id for item in items if isinstance(item, Article)] == ["d.md"]


def test_what_may_not_be_read(tmp_path: Path) -> None:
    closed = write(tmp_path, "a.md", "正文")
    closed.chmod(0)
    if os.access(closed, os.R_OK):
        pytest.skip("this user may read everything")
    (tmp_path / "closed").mkdir(mode=0)
    assert problems(tmp_path) == {
        "a.md": "it cannot be read (Permission denied); check the file and its permissions",
        "closed": "the folder cannot be read (Permission denied)",
    }


def test_names_that_cannot_be_shown(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/\xb4\xdf.txt", "wb") as file:
        file.write(b"x")
    write(tmp_path, "\u202e\n.md", b"\xff")
    found = problems(tmp_path)
    assert list(found) == ["\\u202e\\n.md", "\\xb4\\xdf.txt"]
    assert "lone surrogate" in found["\\xb4\\xdf.txt"]
    assert shown_name("二.md") == "二.md"


def test_a_large_file_is_refused_and_not_held(tmp_path: Path) -> None:
    for suffix in ("md", "html", "pdf"):
        with (tmp_path / f"a.{suffix}").open("wb") as file:
            file.truncate(50_000_000)
    write(tmp_path, "fits.txt", b"x" * MAX_ARTICLE_BYTES)
    tracemalloc.start()
    try:
        large = "it has 50,000,000 bytes, an article at most 10,000,000; split it into several files"
        assert problems(tmp_path) == {"a.html": large, "a.md": large, "a.pdf": large}
        list(ArticleFolder(tmp_path).file_hashes())
        assert tracemalloc.get_traced_memory()[1] < 5 * MAX_ARTICLE_BYTES
    finally:
        tracemalloc.stop()


def test_a_large_jsonl_file_is_read_line_by_line(tmp_path: Path) -> None:
    line = '{"text": "' + "催收。" * 1000 + '"}\n'
    write(tmp_path, "a.jsonl", line * (50_000_000 // len(line.encode())))
    tracemalloc.start()
    try:
        assert sum(1 for _ in ArticleFolder(tmp_path).articles()) == 50_000_000 // len(line.encode())
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_nul_bytes_and_direction_marks_are_left_to_cleaning(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", "催\0收\u202e员")
    articles, _ = split(ArticleFolder(tmp_path))
    assert articles[0].original == "催\0收\u202e员"


def test_a_missing_package_is_named_with_the_line_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "a.docx", "x")
    monkeypatch.delitem(sys.modules, "corpus.readers.word", raising=False)
    monkeypatch.setitem(sys.modules, "docx", None)
    assert problems(tmp_path) == {
        "a.docx": "to read .docx files the package docx is wanted; run: pip install '.[documents]'"
    }


def test_what_a_library_raises_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def burst(data: bytes) -> None:
        raise KeyError(f"{len(data)} bytes\x1b[31m")

    monkeypatch.setattr("corpus.readers.web_page.read_web_page", burst)
    write(tmp_path, "a.html", "x")
    assert problems(tmp_path) == {
        "a.html": "it cannot be read as .html (KeyError: '1 bytes\\x1b[31m'); mend or remove it"
    }


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("n" * 300, "there is no such folder; name a folder of articles"),
        ("missing", "there is no such folder; name a folder of articles"),
        ("file.md", "is a file, a folder was wanted; name the folder that the article lies in"),
        ("empty", r"gives no article \(it holds no such file\); put articles into it \(\.docx, \.htm, "),
        (
            "bad",
            r"gives no article \(a\.txt: it is neither UTF-8 .*; b\.txt: .*; c\.txt: [^;]*; save it as UTF-8\); put",
        ),
    ],
)
def test_no_articles_at_all(tmp_path: Path, name: str, message: str) -> None:
    write(tmp_path, "file.md", "正文")
    (tmp_path / "empty").mkdir()
    for bad in "abcd":
        write(tmp_path, f"bad/{bad}.txt", b"\xff")
    with pytest.raises(CorpusError, match=message):
        list(ArticleFolder(tmp_path / name).articles())


def test_a_jsonl_file_by_itself(tmp_path: Path) -> None:
    path = write(
        tmp_path, "corpus.jsonl", '{"_id": "d2", "title": "题", "text": "二"}\n{"_id": "d1", "title": "", "text": "一"}'
    )
    articles, wrong = split(beir_corpus(path))
    assert [(a.id, a.path, a.about.title, a.original) for a in articles] == [
        ("d2", "corpus.jsonl", "题", "二"),
        ("d1", "corpus.jsonl", None, "一"),
    ]
    assert wrong == []
    assert list(beir_corpus(path).file_hashes()) == [
        FileHash("corpus.jsonl", hashlib.sha256(path.read_bytes()).hexdigest())
    ]
    assert split(open_source(path, JsonlFields(id="_id"))) == (articles, [])
    assert [item.id for item in read_file(path) if isinstance(item, Article)] == ["corpus.jsonl:1", "corpus.jsonl:2"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "\n",
            r"gives no article \(corpus\.jsonl: it holds no line .*\); write lines such as {\"_id\": \"…\", \"text\"",
        ),
        ("{", r"gives no article \(corpus\.jsonl:1: it is not JSON"),
        (None, "there is no such file; name a file with one JSON object a line"),
    ],
)
def test_a_jsonl_file_without_articles(tmp_path: Path, content: str | None, message: str) -> None:
    if content is not None:
        write(tmp_path, "corpus.jsonl", content)
    with pytest.raises(CorpusError, match=message):
        list(beir_corpus(tmp_path / "corpus.jsonl").articles())


def test_a_folder_is_no_jsonl_file(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="is a folder, a JSONL file was wanted; name a file in it"):
        JsonlFile(tmp_path)
    assert isinstance(open_source(tmp_path), ArticleFolder)


def test_an_id_that_comes_twice_in_a_jsonl_file(tmp_path: Path) -> None:
    path = write(tmp_path, "corpus.jsonl", '{"id": "a", "text": "x"}\n{"id": "a", "text": "y"}')
    assert split(JsonlFile(path))[1] == [
        "corpus.jsonl:2: its id 'a' is that of corpus.jsonl too; give each article an id of its own"
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "b.md",
            Article("b.md", "b.md", "正文", Markup.MARKDOWN, file_hash=hashlib.sha256("正文".encode()).hexdigest()),
        ),
        (
            "x.jpg",
            Problem(
                "x.jpg",
                "files ending in '.jpg' are not read; the kinds are .docx, .htm, .html, .jsonl, "
                ".markdown, .md, .pdf, .txt",
            ),
        ),
        (
            "no.md",
            Problem("no.md", "it cannot be read (No such file or directory); check the file and its permissions"),
        ),
    ],
)
def test_one_file_by_itself(tmp_path: Path, name: str, expected: Article | Problem) -> None:
    write(tmp_path, "a/real.md", "正文")
    write(tmp_path, "x.jpg", "x")
    # A person who names a link means what it leads to.
    os.symlink(tmp_path / "a/real.md", tmp_path / "b.md")
    assert list(read_file(tmp_path / name)) == [expected]


def test_articles_in_memory() -> None:
    articles = [Article(id_, f"{id_}.md", "正文", Markup.PLAIN) for id_ in ("b", "a")]
    source = ArticleList(articles)
    assert list(source.articles()) == articles
    assert list(source.file_hashes()) == [FileHash(article.id, article.content_hash) for article in articles]


def test_reading_stops_for_nobody(tmp_path: Path) -> None:
    """A folder in which another process writes at the same time is read without an error."""
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            write(tmp_path, "sub/b.md", "正文")
            (tmp_path / "sub/b.md").unlink()
            (tmp_path / "sub").rmdir()

    write(tmp_path, "a.md", "正文")
    writer = threading.Thread(target=churn)
    writer.start()
    try:
        for _ in range(200):
            paths = {item.path for item in ArticleFolder(tmp_path).articles()}
            assert "a.md" in paths
            assert paths <= {"a.md", "sub/b.md", "sub"}
    finally:
        stop.set()
        writer.join()
