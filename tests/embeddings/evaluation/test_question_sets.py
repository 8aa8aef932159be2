"""Reading question sets."""

import json
from pathlib import Path

import pytest

from embeddings.errors import QuestionSetError
from embeddings.evaluation.question_sets import read_beir_questions, read_questions
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
        QuestionSetError, match=r"q\.jsonl:1: not a question \('judgements'\); JSON with id, question and j"
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
        (json.dumps({**GOOD, "question": 3}), "not a question"),
        (json.dumps({**GOOD, "question": "\ud83d"}), "holds half a character"),
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
        (json.dumps({**GOOD, "judgements": [{"article": 3, "grade": 1}]}), "article must be a text"),
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
    with pytest.raises(QuestionSetError, match="there is no such file"):
        read_questions(tmp_path / "q.jsonl")
    (tmp_path / "q.jsonl").write_text("\n", encoding="utf-8")
    with pytest.raises(QuestionSetError, match="holds no question"):
        read_questions(tmp_path / "q.jsonl")


def beir(folder: Path, qrels: str) -> Path:
    (folder / "qrels").mkdir(parents=True)
    write_lines(folder / "queries.jsonl", {"_id": "q1", "text": "一"}, {"_id": "q2", "text": "二"})
    (folder / "qrels" / "test.tsv").write_text(qrels, encoding="utf-8")
    return folder


def test_beir_folder(tmp_path: Path) -> None:
    folder = beir(tmp_path / "set", "query-id\tcorpus-id\tscore\r\nq2\td1\t1\r\nq2\td2\t0\r\n")
    assert read_beir_questions(folder) == (Question("q2", "二", (Judgement(Section("d1", None), 1),)),)


@pytest.mark.parametrize(
    ("qrels", "message"),
    [
        ("query-id\tcorpus-id\tscore\nq1 d1 1\n", "test.tsv:2: not a judgement"),
        ("query-id\tcorpus-id\tscore\nq1\td1\tgut\n", "test.tsv:2: not a judgement"),
        ("query-id\tcorpus-id\tscore\nq1\td1\t1_0\n", "'1_0' is no whole number"),
        ("query-id\tcorpus-id\tscore\nq1\td\x01\t1\n", "corpus-id must hold printable characters only"),
        ("query-id\tcorpus-id\tscore\nq9\td1\t1\n", "holds no judged question"),
    ],
)
def test_bad_beir_folder(tmp_path: Path, qrels: str, message: str) -> None:
    with pytest.raises(QuestionSetError, match=message):
        read_beir_questions(beir(tmp_path / "set", qrels))


def test_qrels_without_a_header(tmp_path: Path) -> None:
    (question,) = read_beir_questions(beir(tmp_path / "set", "q1\td1\t1\n"))
    assert question.id == "q1"


def test_missing_split(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match=r"dev\.tsv: there is no such file"):
        read_beir_questions(beir(tmp_path / "set", ""), split="dev")
