"""Front matter: the fields, where the body begins, and what is wrong with a bad one."""

import pytest

from corpus.errors import CorpusError
from corpus.front_matter import FrontMatter, read_front_matter
from corpus.records import About


def test_all_fields() -> None:
    fields = "id: a\ntitle: 上门\nsource: 编\nauthor: 甲\nurl: https://example.org/1"
    text = f"---\n{fields}\npublished: 2026-03-01\ntags: [上门, 2026]\n---\n正文"
    front = read_front_matter(text)
    assert front == FrontMatter(
        body_start=text.index("正文"),
        id="a",
        about=About("上门", "编", "甲", "https://example.org/1", "2026-03-01", ("上门", "2026")),
    )


@pytest.mark.parametrize("text", ["正文\n---\nid: a\n---\n", "--- 不是\n正文", "", "----\nid: a\n----\n"])
def test_none(text: str) -> None:
    assert read_front_matter(text) == FrontMatter()


def test_values_are_the_texts_that_stand_there() -> None:
    front = read_front_matter("---\nid: 010\ntitle: 12:30\nsource: null\nurl: ~\ntags: [yes, 1_000]\n---\n正文")
    assert (front.id, front.about.title, front.about.source, front.about.url, front.about.tags) == (
        "010",
        "12:30",
        None,
        None,
        ("yes", "1_000"),
    )
    assert read_front_matter("---\npublished: 2026-03-01 08:00:00\n---\n正文").about.published == "2026-03-01"


def test_empty_block_and_unknown_keys() -> None:
    assert read_front_matter("---\n---\n正文").body_start == 8
    assert read_front_matter("---\neditor: 某\n---\n正文").about.title is None


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("title: [a", r"line \d: the front matter is not YAML"),
        ("- a\n- b", "is a list, a mapping was wanted"),
        ("title: {a: b}", "title in the front matter is a dict, a text was wanted"),
        ("title: [a, b]", "title in the front matter is a list, a text was wanted"),
        ('title: "\\ud83d"', "title in the front matter '.*ud83d' holds half a character"),
        ("a: &x [1]\nb: *x", r"not YAML \(aliases are not read\)"),
        ("published: 去年", "published in the front matter is '去年', a date was wanted"),
        ("published: 2026-13-01", "a date was wanted"),
        ("tags: 上门", "tags in the front matter is not a list"),
        ("x: " + "a" * 20_001, "at most 20000 are read"),
        ("title: !!python/object/apply:os.system [id]", "title in the front matter is a list"),
        ("[" * 5000, "not YAML"),
    ],
)
def test_bad(block: str, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        read_front_matter(f"---\n{block}\n---\n正文")
