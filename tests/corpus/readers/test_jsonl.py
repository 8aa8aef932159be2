"""JSONL: one article a line; a bad line is named and the rest goes on."""

import hashlib
import json
from pathlib import Path

import pytest

from corpus.errors import CorpusError
from corpus.readers import jsonl
from corpus.readers.jsonl import DEFAULT_FIELDS, JsonlFields, Located, read_lines
from corpus.records import About, Article, Markup, Problem


def read(folder: Path, content: str | bytes, names: JsonlFields = DEFAULT_FIELDS) -> list[Located]:
    path = folder / "a.jsonl"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_lines(path, "x/a.jsonl", names))


def test_all_fields(tmp_path: Path) -> None:
    record = {
        "id": "上门",
        "text": "正文\r\n二\u2028三",
        "title": " 题 ",
        "source": "编",
        "author": "甲",
        "url": "https://example.org/1",
        "published": "2026-03-01T08:00:00",
        "tags": ["上门", "证件"],
        "other": {"any": 1},
    }
    line = json.dumps(record, ensure_ascii=False)
    assert read(tmp_path, f'\ufeff{line}\r\n\n{{"text": "二", "title": null, "tags": []}}') == [
        Located(
            "x/a.jsonl:1",
            Article(
                id="上门",
                path="x/a.jsonl",
                original="正文\r\n二\u2028三",
                markup=Markup.PLAIN,
                about=About("题", "编", "甲", "https://example.org/1", "2026-03-01", ("上门", "证件")),
                file_hash=hashlib.sha256(line.encode()).hexdigest(),
            ),
        ),
        Located(
            "x/a.jsonl:3",
            Article(
                id="x/a.jsonl:3",
                path="x/a.jsonl",
                original="二",
                markup=Markup.PLAIN,
                file_hash=hashlib.sha256('{"text": "二", "title": null, "tags": []}'.encode()).hexdigest(),
            ),
        ),
    ]


def test_fields_of_other_names(tmp_path: Path) -> None:
    names = JsonlFields.parse("id=_id, text=content,published = date")
    assert names == JsonlFields(id="_id", text="content", published="date")
    ((_, article),) = read(tmp_path, '{"_id": "a", "content": "正文", "date": "2026-03-01", "title": "题"}', names)
    assert isinstance(article, Article)
    assert (article.id, article.original, article.about) == ("a", "正文", About(title="题", published="2026-03-01"))


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("", "the field '' is not a pair; write pairs such as id=_id,text=content"),
        ("id", "the field 'id' is not a pair"),
        ("id=", "the field 'id=' is not a pair"),
        (
            "body=text",
            "an article has no part 'body'; its parts are id, text, title, source, author, url, published, tags",
        ),
        ("id=a,id=b", "the part 'id' is named twice; name it once"),
    ],
)
def test_wrong_options(option: str, message: str) -> None:
    with pytest.raises(CorpusError, match=f"^{message}"):
        JsonlFields.parse(option)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", "it is not JSON (Expecting property name"),
        (b"[" * 1_000_000, "it is not JSON (maximum recursion depth exceeded"),
        (b"[]", 'it is a JSON list, an object was wanted; write {"text": "…"}'),
        (b"{}", "it has no text in the field 'text'; its fields are none"),
        (b'{"title": "x", "body": "y"}', "it has no text in the field 'text'; its fields are 'title', 'body'"),
        (b'{"text": " "}', "it has no text in the field 'text'"),
        (b'{"text": 3}', "it has no text in the field 'text'"),
        (b'{"text": "x", "id": 1}', "the field 'id' is a int, a text was wanted; put it in quotes"),
        (b'{"text": "\\ud83d"}', "the text '\\\\ud83d' holds half a character"),
        (b'{"text": "x", "title": "\\ud83d"}', "the field 'title' '\\\\ud83d' holds half a character"),
        (b'{"text": "x", "published": "2026"}', "the field 'published' is '2026', a date was wanted"),
        (b'{"text": "x", "tags": "y"}', 'the field \'tags\' is not a list of texts; write it as ["上门", "证件"]'),
        (
            '{"text": "催收"}'.encode("gb18030"),
            "it is not UTF-8 (byte 0xb4 at offset 10 of the line); save it as UTF-8",
        ),
        (b'{"text": ' + b"1" * 5000 + b"}", "it is not JSON (Exceeds the limit"),
    ],
)
def test_a_bad_line_is_named_and_the_rest_goes_on(tmp_path: Path, line: bytes, message: str) -> None:
    (place, problem), (_, article) = read(tmp_path, line + b'\n{"text": "y"}\n')
    assert isinstance(problem, Problem)
    assert place == problem.path == "x/a.jsonl:1"
    assert problem.message.startswith(message)
    assert isinstance(article, Article)
    assert article.id == "x/a.jsonl:2"


def test_a_line_that_is_too_long_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "MAX_ARTICLE_BYTES", 20)
    fits = b'{"text": "' + b"x" * 7 + b'"}\n'
    assert len(fits) == 20
    read_ = read(tmp_path, fits + fits[:10] + b"x" * 100 + fits[10:] + fits.rstrip() + b"\n" + b"x" * 100)
    assert [(place, isinstance(item, Article)) for place, item in read_] == [
        ("x/a.jsonl:1", True),
        ("x/a.jsonl:2", False),
        ("x/a.jsonl:3", True),
        ("x/a.jsonl:4", False),
    ]
    assert str(read_[1].item) == "x/a.jsonl:2: the line has more than 20 bytes; split the article"


def test_a_line_of_a_megabyte(tmp_path: Path) -> None:
    text = "催收。" * 400_000
    ((_, article),) = read(tmp_path, json.dumps({"text": text}, ensure_ascii=False))
    assert isinstance(article, Article)
    assert article.original == text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\n \n", "it holds no line with an article; write one JSON object a line"),
        ('{"text": "x"}'.encode("utf-16"), "it is UTF-16, JSONL must be UTF-8; save it as UTF-8"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole(tmp_path: Path, content: bytes, message: str) -> None:
    assert read(tmp_path, content) == [Located("x/a.jsonl", Problem("x/a.jsonl", message))]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    ((place, problem),) = read_lines(tmp_path / "a.jsonl", "a.jsonl", DEFAULT_FIELDS)
    assert place == "a.jsonl"
    assert "it cannot be read (No such file or directory)" in str(problem)


def test_an_id_that_no_address_can_hold(tmp_path: Path) -> None:
    ((place, problem),) = read(tmp_path, '{"id": "a\\nb", "text": "正文"}')
    assert (place, str(problem)) == (
        "x/a.jsonl:1",
        "x/a.jsonl:1: the field 'id' is 'a\\nb', printable characters were wanted; give it another",
    )
