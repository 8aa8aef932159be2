"""The question sets that ship with the project name sections that exist, and quote what stands there."""

import json
from collections import Counter, defaultdict

import pytest

from corpus.cleaning import clean
from corpus.reading import ArticleFolder, shipped_articles
from corpus.records import Problem
from corpus.structure import blocks
from embeddings.evaluation.question_sets import read_questions

ARTICLES = [item for item in ArticleFolder(shipped_articles()).articles() if not isinstance(item, Problem)]
FOLDER = shipped_articles().parent / "questions"
SETS = ("dev", "test")
LEAST_SHARE_OF_A_KIND = 0.08


@pytest.fixture(scope="module")
def sections() -> dict[tuple[str, tuple[str, ...]], str]:
    texts: dict[tuple[str, tuple[str, ...]], str] = defaultdict(str)
    for article in ARTICLES:
        text = clean(article).text
        for block in blocks(text, article.markup):
            texts[article.id, block.headings] += text[block.start : block.end] + "\n"
    return texts


@pytest.mark.parametrize("name", SETS)
def test_every_judgement_names_a_section(name: str, sections: dict[tuple[str, tuple[str, ...]], str]) -> None:
    questions = read_questions(FOLDER / f"{name}.jsonl")
    judged = {judgement.section for question in questions for judgement in question.judgements}
    assert judged <= sections.keys()


@pytest.mark.parametrize("name", SETS)
def test_every_answer_stands_in_its_section(name: str, sections: dict[tuple[str, tuple[str, ...]], str]) -> None:
    for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        for judgement in json.loads(line)["judgements"]:
            if judgement["grade"] == 2:
                assert judgement["answer"] in sections[judgement["article"], tuple(judgement["headings"])]


@pytest.mark.parametrize("name", SETS)
def test_no_kind_is_rare(name: str) -> None:
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    kinds = Counter(json.loads(line)["kind"] for line in lines)
    assert len(kinds) == 10
    assert min(kinds.values()) >= LEAST_SHARE_OF_A_KIND * len(lines)


@pytest.mark.parametrize("name", SETS)
def test_every_article_answers_something(name: str) -> None:
    questions = read_questions(FOLDER / f"{name}.jsonl")
    answering = {j.section.article for question in questions for j in question.judgements if j.grade == 2}
    assert answering == {article.id for article in ARTICLES}


def test_ids_are_unique_over_all_sets() -> None:
    ids = [
        json.loads(line)["id"]
        for path in FOLDER.glob("*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert len(ids) == len(set(ids)) > 0
