"""The question set that ships with the project names sections that exist."""

from corpus.cleaning import clean
from corpus.reading import ArticleFolder, shipped_articles
from corpus.records import Problem
from corpus.structure import blocks
from embeddings.evaluation.question_sets import read_questions

ARTICLES = [item for item in ArticleFolder(shipped_articles()).articles() if not isinstance(item, Problem)]
QUESTIONS = read_questions(shipped_articles().parent / "questions" / "dev.jsonl")


def test_every_judgement_names_a_section() -> None:
    sections = {
        (article.id, block.headings) for article in ARTICLES for block in blocks(clean(article).text, article.markup)
    }
    judged = {(judgement.article, judgement.headings) for question in QUESTIONS for judgement in question.judgements}
    assert judged <= sections


def test_every_article_answers_something() -> None:
    answering = {j.article for question in QUESTIONS for j in question.judgements if j.grade == 2}
    assert answering == {article.id for article in ARTICLES}
