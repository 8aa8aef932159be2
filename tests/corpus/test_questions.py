"""The question sets that ship with the project are whole: sections, quotes, kinds, pools, figures."""

import json
import re
import subprocess
import sys
from collections import Counter
from itertools import product
from typing import Any

import pytest

from corpus.cleaning import clean
from corpus.reading import ArticleFolder, shipped_articles
from corpus.records import Danger, Problem
from corpus.script import to_simplified
from corpus.structure import section_texts
from embeddings.evaluation.overlap import character_pairs
from embeddings.evaluation.pooling import read_pools
from embeddings.evaluation.question_sets import read_questions
from embeddings.evaluation.records import Found, Section
from embeddings.records import Mode
from tests.conftest import ROOT

ARTICLES = [item for item in ArticleFolder(shipped_articles()).articles() if not isinstance(item, Problem)]
FOLDER = shipped_articles().parent / "questions"
SIZES = {"dev": 300, "test": 200, "unanswerable-dev": 120, "unanswerable-test": 200}
JUDGED = ("dev", "test")
UNANSWERABLE = ("unanswerable-dev", "unanswerable-test")
LEAST_SHARE_OF_A_KIND = 0.08
DEPTH = 5
MOST_OVERLAP = 0.25
LEAST_DANGER_QUESTIONS = 120


def records(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def sections() -> dict[Section, str]:
    return {
        Section(article.id, headings): text
        for article in ARTICLES
        for headings, text in section_texts(clean(article).text, article.markup).items()
    }


@pytest.mark.parametrize("name", SIZES)
def test_sizes(name: str) -> None:
    assert len(records(name)) >= SIZES[name]


@pytest.mark.parametrize("name", JUDGED)
def test_every_judgement_names_a_section(name: str, sections: dict[Section, str]) -> None:
    questions = read_questions(FOLDER / f"{name}.jsonl")
    judged = {judgement.section for question in questions for judgement in question.judgements}
    assert judged <= sections.keys()
    twice = [
        question.id
        for question in questions
        if len({j.section for j in question.judgements}) < len(question.judgements)
    ]
    assert twice == []


@pytest.mark.parametrize("name", JUDGED)
def test_every_answer_stands_in_its_section(name: str, sections: dict[Section, str]) -> None:
    for question in read_questions(FOLDER / f"{name}.jsonl"):
        assert 2 in {judgement.grade for judgement in question.judgements}, question.id
        for judgement in question.judgements:
            assert judgement.section is not None
            assert (judgement.grade == 2) == (judgement.answer is not None), question.id
            assert (judgement.answer or "") in sections[judgement.section], (question.id, judgement)


@pytest.mark.parametrize("name", JUDGED)
def test_no_kind_is_rare(name: str) -> None:
    kinds = Counter(record["kind"] for record in records(name))
    assert len(kinds) == 10
    assert min(kinds.values()) >= LEAST_SHARE_OF_A_KIND * sum(kinds.values())


@pytest.mark.parametrize("name", JUDGED)
def test_kinds_are_what_they_say(name: str) -> None:
    for record in records(name):
        kind, text = record["kind"], record["question"]
        assert (kind in {"typo", "traditional"}) == ("plain" in record), record["id"]
        assert record.get("plain") != text
        assert (80 <= len(text) <= 250) or kind != "narrative", record["id"]
        assert (kind == "english") == text.isascii(), record["id"]
        assert kind != "traditional" or to_simplified(text) != text, record["id"]


@pytest.mark.parametrize("name", JUDGED)
def test_every_article_answers_something(name: str) -> None:
    questions = read_questions(FOLDER / f"{name}.jsonl")
    answering = {j.section.article for question in questions for j in question.judgements if j.section and j.grade == 2}
    assert answering == {article.id for article in ARTICLES}


@pytest.mark.parametrize("name", UNANSWERABLE)
def test_half_of_the_unanswerable_questions_are_near_misses(name: str) -> None:
    kinds = Counter(record["kind"] for record in records(name))
    assert kinds == {"near-miss": len(records(name)) / 2, "far-off": len(records(name)) / 2}
    assert all(bool(record.get("checked")) == (record["kind"] == "near-miss") for record in records(name))


def test_ids_are_unique_over_all_sets() -> None:
    ids = [record["id"] for name in SIZES for record in records(name)]
    assert len(ids) == len(set(ids))


def test_no_dev_question_repeats_a_test_question() -> None:
    """No two Chinese ones share half of the character pairs of the shorter one; meanings were compared by hand."""
    dev, test = (
        [
            (question.id, character_pairs(question.plain or question.text))
            for question in read_questions(FOLDER / f"{name}.jsonl")
            if question.kind != "english"
        ]
        for name in JUDGED
    )
    alike = [(one, other) for (one, a), (other, b) in product(dev, test) if len(a & b) >= 0.5 * min(len(a), len(b))]
    assert alike == []


@pytest.mark.parametrize("name", SIZES)
def test_the_pools_hold_what_each_mode_found_first(name: str, sections: dict[Section, str]) -> None:
    pools = {pool.id: pool for pool in read_pools(FOLDER / "pools" / f"{name}.jsonl")}
    assert pools.keys() == {record["id"] for record in records(name) if record["kind"] != "far-off"}
    for pool in pools.values():
        places = [place for pooled in pool.sections for place in pooled.found]
        assert len(set(places)) == len(places)
        # English shares no words with the articles, so that lexical search may find fewer.
        lexical = sorted(place.rank for place in places if place.mode is Mode.LEXICAL)
        assert lexical == list(range(1, len(lexical) + 1))
        assert {Found(mode, rank) for mode in (Mode.DENSE, Mode.HYBRID) for rank in range(1, DEPTH + 1)} <= set(places)
        assert {pooled.section for pooled in pool.sections} <= sections.keys()


def test_a_hundred_test_questions_were_read_twice() -> None:
    twice = records("second-pass")
    by_id = {record["id"]: record for record in records("test")}
    assert len({record["id"] for record in twice} & by_id.keys()) == len(twice) == 100
    for record in twice:
        final = {
            (judgement["article"], tuple(judgement["headings"])): judgement["grade"]
            for judgement in by_id[record["id"]]["judgements"]
        }
        for one in record["sections"]:
            if one["first"] == one["second"] != 1:
                assert final.get((one["article"], tuple(one["headings"])), 0) in {one["first"], 1}


@pytest.mark.parametrize("name", ["dangers-dev", "dangers-test"])
def test_danger_sets_have_enough_of_everything(name: str) -> None:
    told = [record["dangers"] for record in records(name)]
    assert len(told) >= LEAST_DANGER_QUESTIONS
    for danger in Danger:
        assert sum(danger.value in one for one in told) >= 0.25 * LEAST_DANGER_QUESTIONS
    assert sum(not one for one in told) >= 0.35 * len(told)
    assert {danger for one in told for danger in one} == {danger.value for danger in Danger}
    assert len({record["id"] for record in records(name)}) == len(told)


def test_no_danger_question_is_in_dev_and_test() -> None:
    dev, test = ({record["question"] for record in records(f"dangers-{name}")} for name in ("dev", "test"))
    assert dev.isdisjoint(test)


def test_the_figures_in_the_readme_are_those_of_the_files() -> None:
    printed = subprocess.run(
        [sys.executable, "benchmarks/question_sets.py"],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
    ).stdout
    readme = (ROOT / "corpus" / "README.md").read_text(encoding="utf-8")
    told = re.search(r"<!-- tables -->\n(.*)<!-- end of tables -->", readme, re.DOTALL)
    assert told is not None
    assert told[1] == printed
    overlaps = re.search(r"^\| all Chinese \|.*\| ([\d.]+) \| ([\d.]+) \|$", printed, re.MULTILINE)
    assert overlaps is not None
    assert max(map(float, overlaps.groups())) < MOST_OVERLAP
