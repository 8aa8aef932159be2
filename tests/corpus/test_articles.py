"""The articles that ship with the project keep their own rules."""

import re

import pytest

from corpus.cleaning import clean
from corpus.reading import ArticleFolder, shipped_articles
from corpus.records import Article, Problem
from corpus.structure import blocks

READ = tuple(ArticleFolder(shipped_articles()).articles())
ARTICLES = tuple(item for item in READ if not isinstance(item, Problem))
LINK = re.compile(r"\]\(([^)]+)\)")


def test_all_are_read() -> None:
    assert READ == ARTICLES
    assert len(ARTICLES) >= 45


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.id)
def test_article(article: Article) -> None:
    body = article.original[article.body_start :]
    assert article.path == f"{article.id}.md"
    assert article.about.title
    assert article.about.source
    assert article.about.published
    assert article.about.tags
    assert 700 <= len(re.findall(r"[\u4e00-\u9fff]", body)) <= 2000
    assert len({block.headings for block in blocks(body, article.markup)} - {()}) >= 4
    assert "资料截至" in body
    assert "不构成法律意见" in body
    for target in LINK.findall(body):
        assert (shipped_articles() / target).is_file(), target


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.id)
def test_cleaning_takes_out_nothing_but_markdown(article: Article) -> None:
    assert {edit.rule for edit in clean(article).edits} <= {"markdown-link", "markdown-strong"}
