"""The question set that ships with the project names sections that exist."""

from corpus.reading import read_folder, shipped_articles
from corpus.structure import blocks
from embeddings.evaluation.question_sets import read_questions

QUESTIONS = read_questions(shipped_articles().parent / "questions" / "dev.jsonl")


def test_every_judgement_names_a_section() -> None:
    articles = read_folder(shipped_articles()).articles
    sections = {(article.id, block.headings) for article in articles for block in blocks(article)}
    judged = {(judgement.article, judgement.headings) for question in QUESTIONS for judgement in question.judgements}
    assert judged <= sections


def test_every_article_answers_something() -> None:
    answering = {j.article for question in QUESTIONS for j in question.judgements if j.grade == 2}
    assert answering == {article.id for article in read_folder(shipped_articles()).articles}
