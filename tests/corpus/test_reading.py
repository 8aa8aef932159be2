"""Reading a folder: what goes in, what is left out, and why."""

import os
from pathlib import Path

import pytest

from corpus.errors import CorpusError
from corpus.reading import read_folder
from corpus.records import Markup


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


def test_markdown_and_text_are_read_in_order_of_id(tmp_path: Path) -> None:
    write(tmp_path, "b/二.md", "---\nid: z\ntitle: 题\n---\n正文一")
    write(tmp_path, "一.txt", "\ufeff正文二\r\n")
    write(tmp_path, "note.pdf", "x")
    write(tmp_path, ".hidden.md", "x")
    write(tmp_path, ".git/x.md", "x")
    reading = read_folder(tmp_path)
    assert [(a.id, a.path, a.markup, a.title) for a in reading.articles] == [
        ("z", "b/二.md", Markup.MARKDOWN, "题"),
        ("一.txt", "一.txt", Markup.PLAIN, None),
    ]
    assert reading.articles[1].original == "正文二\r\n"
    assert reading.problems == ()


def test_bad_files_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    write(tmp_path, "good.md", "正文")
    write(tmp_path, "gbk.txt", "催收".encode("gb18030"))
    write(tmp_path, "empty.md", "---\ntitle: 只有题\n---\n \n")
    write(tmp_path, "twin.md", "---\nid: good.md\n---\n正文")
    (tmp_path / "folder.md").mkdir()
    reading = read_folder(tmp_path)
    assert [a.id for a in reading.articles] == ["good.md"]
    assert [str(problem) for problem in reading.problems] == [
        "empty.md: it has no text below its front matter; write some or remove the file",
        "gbk.txt: it is not UTF-8 (byte 0xb4 at offset 0); save it as UTF-8",
        "twin.md: its id 'good.md' is that of good.md too; give each article an id of its own",
    ]


def test_links_do_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    write(tmp_path, "secret.txt", "密")
    folder = tmp_path / "articles"
    write(folder, "good.md", "正文")
    os.symlink(tmp_path / "secret.txt", folder / "link.txt")
    os.symlink(folder / "good.md", folder / "inside.md")
    os.symlink(folder / "loop.md", folder / "loop.md")
    os.symlink(folder, folder / "self")
    os.mkfifo(folder / "pipe.txt")
    reading = read_folder(folder)
    assert [a.id for a in reading.articles] == ["good.md", "inside.md"]
    messages = {problem.path: problem.message for problem in reading.problems}
    assert "leads out of the folder" in messages["link.txt"]
    assert "not a regular file" in messages["pipe.txt"]
    assert "cannot be read" in messages["loop.md"]


def test_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    write(tmp_path, "good.md", "正文")
    with open(os.fsencode(tmp_path) + b"/\xb4\xdf.txt", "wb") as file:
        file.write(b"x")
    reading = read_folder(tmp_path)
    assert [article.id for article in reading.articles] == ["good.md"]
    (problem,) = reading.problems
    assert problem.path == "\\xb4\\xdf.txt"
    assert "lone surrogate" in problem.message


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("n" * 300, "there is no such folder"),
        ("missing", "there is no such folder"),
        ("file.md", "is a file, a folder was wanted"),
        ("empty", "holds no .md or .txt file"),
        ("bad", "gives no article .*not UTF-8"),
    ],
)
def test_no_articles_at_all(tmp_path: Path, name: str, message: str) -> None:
    write(tmp_path, "file.md", "正文")
    (tmp_path / "empty").mkdir()
    write(tmp_path, "bad/a.txt", b"\xff")
    with pytest.raises(CorpusError, match=message):
        read_folder(tmp_path / name)


def test_content_hash_follows_content_not_time(tmp_path: Path) -> None:
    path = write(tmp_path, "a.md", "正文")
    before = read_folder(tmp_path).articles[0].content_hash
    os.utime(path, (1, 1))
    assert read_folder(tmp_path).articles[0].content_hash == before
    write(tmp_path, "a.md", "---\ntags: [x]\n---\n正文")
    assert read_folder(tmp_path).articles[0].content_hash != before
