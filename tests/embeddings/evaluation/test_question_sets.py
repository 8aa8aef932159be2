"""Reading question sets."""

import json
from pathlib import Path

import pytest

from embeddings.errors import MalformedLineError, QuestionSetError
from embeddings.evaluation.question_sets import read_name, read_questions
from embeddings.evaluation.records import Judgement, Question, Section
from tests.conftest import write_lines

GOOD_JUDGEMENTS = [{"article": "a", "headings": ["一", "二"], "grade": 2}]
GOOD = {"id": "q1", "question": "会上门吗", "judgements": GOOD_JUDGEMENTS}


def test_our_jsonl(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "q.jsonl", {**GOOD, "kind": "plain"})
    assert read_questions(path) == (Question("q1", "会上门吗", (Judgement(Section("a", ("一", "二")), 2),), "plain"),)


def test_what_may_be_left_out(tmp_path: Path) -> None:
    judgement = {"article": "a", "headings": ["一"], "grade": 2, "answer": "可以不开门"}
    line = {"id": "q1", "question": "会尚门吗", "plain": "会上门吗", "must_find": True, "judgements": [judgement]}
    (question,) = read_questions(write_lines(tmp_path / "q.jsonl", line))
    judged = Judgement(Section("a", ("一",)), 2, "可以不开门")
    assert question == Question("q1", "会尚门吗", (judged,), None, "会上门吗", must_find=True)


@pytest.mark.parametrize(("given", "headings"), [({}, None), ({"headings": None}, None), ({"headings": []}, ())])
def test_whole_articles_and_what_stands_above_their_headings(
    tmp_path: Path, given: dict[str, object], headings: tuple[str, ...] | None
) -> None:
    path = write_lines(tmp_path / "q.jsonl", {**GOOD, "judgements": [{"article": "a", "grade": 1, **given}]})
    (question,) = read_questions(path)
    assert question.judgements == (Judgement(Section("a", headings), 1),)


def test_a_file_of_another_system(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\r\n\r\n")
    assert [question.id for question in read_questions(path)] == ["q1"]
    path.write_bytes(json.dumps(GOOD, ensure_ascii=False).encode("gb18030"))
    with pytest.raises(QuestionSetError, match="cannot be read as UTF-8 text"):
        read_questions(path)


def test_unanswerable_questions(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "q.jsonl", {"id": "u1", "question": "花呗怎么关", "kind": "near-miss"})
    assert read_questions(path, judged=False) == (Question("u1", "花呗怎么关", (), "near-miss"),)
    with pytest.raises(
        QuestionSetError,
        match=r"q\.jsonl:1: not a question \('judgements'\); JSON with id, question and judgements was wanted$",
    ):
        read_questions(path)
    (tmp_path / "bad.jsonl").write_text('{"id": "u1"}', encoding="utf-8")
    with pytest.raises(QuestionSetError, match="JSON with id and question was wanted"):
        read_questions(tmp_path / "bad.jsonl", judged=False)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", r"q.jsonl:2: not a question"),
        (json.dumps({**GOOD, "judgements": 3}), "not a question"),
        (json.dumps({**GOOD, "id": 3}), "must be a text"),
        (json.dumps({**GOOD, "question": 3}), r"not a question \(question must be a text, judgements a list\); JSON"),
        (json.dumps({**GOOD, "question": "\ud83d"}), r"\(the question '.*' holds half a character"),
        ("[" * 100_000, "not a question"),
        (json.dumps({**GOOD, "id": "q2", "judgements": []}), "needs judgements of grade 1 or 2"),
        (json.dumps({**GOOD, "judgements": [{"article": "a", "grade": 3}]}), "needs judgements of grade 1 or 2"),
        (json.dumps({**GOOD, "id": "q2", "question": " "}), "must be a text"),
        (json.dumps({**GOOD, "judgements": [{"article": "a", "grade": 0}]}), "a whole number of at least 1, not 0"),
        (
            json.dumps({**GOOD, "judgements": [{"article": "a", "grade": 1.9}]}),
            "a grade must be a whole number of at least 1, not 1.9",
        ),
        (json.dumps({**GOOD, "judgements": [{"article": "a", "grade": True}]}), "a grade must be a whole number"),
        (json.dumps({**GOOD, "judgements": [{"article": "a", "grade": "2"}]}), "a grade must be a whole number"),
        (json.dumps({**GOOD, "judgements": [{"article": 3, "grade": 1}]}), r"\(the article must be a text\)"),
        (
            json.dumps({**GOOD, "judgements": [{"article": "a", "headings": "一", "grade": 1}]}),
            "headings must be a list of texts",
        ),
        (
            json.dumps({**GOOD, "judgements": [{"article": "a", "headings": [1], "grade": 1}]}),
            "each of the headings must be a text",
        ),
        (json.dumps({**GOOD, "judgements": [{"article": "a", "headings": [""], "grade": 1}]}), "each of the headings"),
        (json.dumps({**GOOD, "judgements": [{"article": "\ud800", "grade": 1}]}), "holds half a character"),
        (json.dumps({**GOOD, "id": "q\0"}), "id must hold printable characters only"),
        (json.dumps({**GOOD, "id": ""}), "id must be a text"),
        (json.dumps({**GOOD, "judgements": {}}), "judgements a list"),
        (json.dumps({**GOOD, "judgements": ["a"]}), "not a question"),
        (json.dumps({**GOOD, "judgements": [*GOOD_JUDGEMENTS, *GOOD_JUDGEMENTS]}), "a#一#二 is named twice"),
        (json.dumps({**GOOD, "plain": 3}), "plain must be a text"),
        (json.dumps({**GOOD, "judgements": [{"article": "a", "grade": 2, "answer": 3}]}), "answer must be a text"),
        (json.dumps({**GOOD, "kind": 3}), "kind must be a text"),
        (json.dumps(GOOD), "the id 'q1' appears twice"),
    ],
)
def test_bad_lines(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(json.dumps(GOOD) + "\n" + line, encoding="utf-8")
    with pytest.raises(QuestionSetError, match=message):
        read_questions(path)


def test_no_questions(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match=r"q\.jsonl: there is no such file; check the name$"):
        read_questions(tmp_path / "q.jsonl")
    with pytest.raises(QuestionSetError, match=r"cannot be read as UTF-8 text \(.*directory.*\); check the file$"):
        read_questions(tmp_path)
    (tmp_path / "q.jsonl").write_text("\n", encoding="utf-8")
    with pytest.raises(QuestionSetError, match="holds no question"):
        read_questions(tmp_path / "q.jsonl")


def test_malformed_lines_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    lines = (
        json.dumps(GOOD),
        "{",
        "",
        json.dumps({**GOOD, "id": "q2", "judgements": []}),
        json.dumps({**GOOD, "question": "另一个"}),
        json.dumps({**GOOD, "id": "q3"}),
    )
    path = tmp_path / "q.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    problems: list[MalformedLineError] = []
    judged = (Judgement(Section("a", ("一", "二")), 2),)
    assert read_questions(path, on_problem=problems.append) == (
        Question("q1", "会上门吗", judged),
        Question("q3", "会上门吗", judged),
    )
    assert [problem.where for problem in problems] == [f"{path}:2", f"{path}:4", f"{path}:5"]
    assert problems[0].reason.startswith("not a question (Expecting property name")
    assert [problem.reason for problem in problems[1:]] == [
        "a question needs judgements of grade 1 or 2; add or correct them",
        "the id 'q1' appears twice; ids must be unique",
    ]
    assert str(problems[2]) == f"{path}:5: the id 'q1' appears twice; ids must be unique"


def test_nothing_but_malformed_lines(tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text("{\n[]", encoding="utf-8")
    problems: list[MalformedLineError] = []
    with pytest.raises(QuestionSetError, match=r"q\.jsonl holds no question; write one JSON object a line$"):
        read_questions(tmp_path / "q.jsonl", on_problem=problems.append)
    assert [problem.where for problem in problems] == [f"{tmp_path / 'q.jsonl'}:{line}" for line in (1, 2)]


def test_an_answer_that_is_given_to_a_set_without_answers_is_read(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "q.jsonl", GOOD, {"id": "q2", "question": "二"})
    assert [len(question.judgements) for question in read_questions(path, judged=False)] == [1, 0]


@pytest.mark.parametrize("blank", [" ", "\u3000", "\u00a0", "\u2003"])
def test_names_may_hold_blanks_of_any_width(blank: str) -> None:
    assert read_name(f"第一章{blank}A", "the heading") == f"第一章{blank}A"
    with pytest.raises(TypeError, match="the heading must be a text"):
        read_name(blank, "the heading")


@pytest.mark.parametrize("character", ["\n", "\t", "\0", "\x7f", "\x85", "\u2028", "\u200b", "\ufeff"])
def test_names_hold_nothing_that_cannot_be_seen(character: str) -> None:
    with pytest.raises(TypeError, match="the heading must hold printable characters only"):
        read_name(f"一{character}二", "the heading")
