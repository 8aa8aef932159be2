"""The corpus file of a BEIR folder."""

from pathlib import Path

import pytest

from corpus.errors import CorpusError
from corpus.jsonl import read_beir_corpus
from tests.conftest import write_lines


def test_documents_become_articles(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "corpus.jsonl", {"_id": "d2", "title": "题", "text": "二"}, {"_id": "d1", "title": "", "text": "一"}
    )
    articles = read_beir_corpus(path)
    assert [(a.id, a.title, a.original) for a in articles] == [("d1", None, "一"), ("d2", "题", "二")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "corpus.jsonl:1: not a document"),
        ('{"_id": "a", "text": "x"}\n[]', "corpus.jsonl:2: not a document"),
        ('{"_id": 1, "text": "x"}', "must be texts"),
        ('{"_id": "a", "text": "x"}\n{"_id": "a", "text": "y"}', ":2: the id 'a' appears twice"),
        ("\n", "holds no document"),
        ('{"_id": "a", "text": "\\ud83d"}', ":1: the text .* holds half a character"),
        ('{"_id": "a", "title": 3, "text": "x"}', "must be texts"),
        ("[" * 100_000, ":1: not a document"),
    ],
)
def test_bad_lines(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "corpus.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(CorpusError, match=message):
        read_beir_corpus(tmp_path / "corpus.jsonl")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="there is no such file"):
        read_beir_corpus(tmp_path / "corpus.jsonl")
