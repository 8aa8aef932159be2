"""The articles that ship with the project keep their own rules."""

import re

import pytest

from corpus.reading import read_folder, shipped_articles
from corpus.records import Article
from corpus.structure import blocks

READING = read_folder(shipped_articles())
LINK = re.compile(r"\]\(([^)]+)\)")


def test_all_are_read() -> None:
    assert READING.problems == ()
    assert len(READING.articles) >= 12


@pytest.mark.parametrize("article", READING.articles, ids=lambda article: article.id)
def test_article(article: Article) -> None:
    body = article.original[article.body_start :]
    assert article.path == f"{article.id}.md"
    assert article.title
    assert article.source
    assert article.published
    assert article.tags
    assert 700 <= len(re.findall(r"[\u4e00-\u9fff]", body)) <= 2000
    assert len({block.headings for block in blocks(article)} - {()}) >= 4
    assert "资料截至" in body
    assert "不构成法律意见" in body
    for target in LINK.findall(body):
        assert (shipped_articles() / target).is_file(), target
