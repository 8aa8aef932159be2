"""Reading BEIR folders."""

import json
from pathlib import Path

import pytest

from embeddings.errors import MalformedLineError, QuestionSetError
from embeddings.evaluation.beir import read_beir_questions
from embeddings.evaluation.records import Judgement, Question, Section

HEADER = "query-id\tcorpus-id\tscore\n"
QUERIES = ({"_id": "q1", "text": "一"}, {"_id": "q2", "text": "二"})


def beir(folder: Path, qrels: str, *queries: object, split: str = "test") -> Path:
    (folder / "qrels").mkdir(parents=True)
    lines = (line if isinstance(line, str) else json.dumps(line) for line in queries or QUERIES)
    (folder / "queries.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (folder / "qrels" / f"{split}.tsv").write_text(qrels, encoding="utf-8")
    return folder


def document(id_: str, grade: int) -> Judgement:
    return Judgement(Section(id_, None), grade)


def test_documents_without_relevance_are_kept_as_grade_0(tmp_path: Path) -> None:
    folder = beir(tmp_path / "set", f"{HEADER}q2\td1\t1\nq2\td2\t0\nq2\td3\t-2\nq2\td4\t4\n".replace("\n", "\r\n"))
    judged = (document("d1", 1), document("d2", 0), document("d3", 0), document("d4", 4))
    assert read_beir_questions(folder) == (Question("q2", "二", judged),)


def test_questions_with_nothing_relevant_are_left_out(tmp_path: Path) -> None:
    folder = beir(
        tmp_path / "set",
        f"{HEADER}q3\td1\t1\nq2\td1\t0\nq2\td2\t-1\nq1\td2\t0\nq1\td1\t2\n",
        {"_id": "q0", "text": "零"},
        *QUERIES,
        {"_id": "q3", "text": "三", "metadata": {}},
    )
    assert read_beir_questions(folder) == (
        Question("q1", "一", (document("d2", 0), document("d1", 2))),
        Question("q3", "三", (document("d1", 1),)),
    )


def test_queries_may_be_numbered(tmp_path: Path) -> None:
    folder = beir(tmp_path / "set", "7\t3\t1\n", {"_id": 7, "text": "七"})
    assert read_beir_questions(folder) == (Question("7", "七", (document("3", 1),)),)


@pytest.mark.parametrize("qrels", ["q1\td1\t1\n", f"{HEADER}q1\td1\t1", f"\ufeff{HEADER}\n q1\td1\t1".replace(" ", "")])
def test_the_header_may_be_left_out(tmp_path: Path, qrels: str) -> None:
    assert read_beir_questions(beir(tmp_path / "set", qrels)) == (Question("q1", "一", (document("d1", 1),)),)


def test_a_header_stands_on_the_first_line_only(tmp_path: Path) -> None:
    with pytest.raises(MalformedLineError, match=r"test\.tsv:2: not a judgement \('score' is no whole number\)"):
        read_beir_questions(beir(tmp_path / "set", HEADER + HEADER))


@pytest.mark.parametrize(
    ("qrel", "reason"),
    [
        ("q1 d1 1", "not a judgement (not enough values to unpack (expected 3, got 1))"),
        ("q1\t0\td1\t1", "not a judgement (too many values to unpack (expected 3))"),
        ("q1\td1\tgut", "not a judgement ('gut' is no whole number)"),
        ("q1\td1\t1_0", "not a judgement ('1_0' is no whole number)"),
        ("q1\td1\t1.0", "not a judgement ('1.0' is no whole number)"),
        ("q1\td1\t٣", "not a judgement ('٣' is no whole number)"),
        ("q1\td1\t1000000000", "not a judgement ('1000000000' is no whole number)"),
        ("q1\td\x01\t1", "not a judgement (corpus-id must hold printable characters only)"),
        ("q\x01\td1\t1", "not a judgement (query-id must hold printable characters only)"),
        ("\td1\t1", "not a judgement (query-id must be a text)"),
        ("q2\td1\t2", "d1 has another grade for q2 above; leave one of them out"),
    ],
)
def test_malformed_qrels_are_named_and_the_rest_goes_on(tmp_path: Path, qrel: str, reason: str) -> None:
    folder = beir(tmp_path / "set", f"{HEADER}q2\td1\t1\n{qrel}\nq2\td1\t1\nq2\td2\t1\n")
    wanted = "" if reason.startswith("d1") else "; query-id, corpus-id and score were wanted"
    problems: list[MalformedLineError] = []
    assert read_beir_questions(folder, on_problem=problems.append) == (
        Question("q2", "二", (document("d1", 1), document("d2", 1))),
    )
    (problem,) = problems
    assert (problem.where, problem.reason) == (f"{folder / 'qrels' / 'test.tsv'}:3", reason + wanted)
    with pytest.raises(MalformedLineError) as caught:
        read_beir_questions(folder)
    assert str(caught.value) == str(problem)


def test_documents_that_are_irrelevant_in_two_ways_are_no_contradiction(tmp_path: Path) -> None:
    folder = beir(tmp_path / "set", "q1\td1\t0\nq1\td1\t-1\nq1\td2\t1\n")
    assert read_beir_questions(folder) == (Question("q1", "一", (document("d1", 0), document("d2", 1))),)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("{", "not a query (Expecting property name"),
        ("[" * 100_000, "not a query ("),
        ([], "not a query (list indices must be integers"),
        ({"_id": "q2"}, "not a query ('text'); JSON with _id and text was wanted"),
        ({"text": "二"}, "not a query ('_id'); JSON with _id and text was wanted"),
        ({"_id": "q2", "text": None}, "not a query (text must be a text)"),
        ({"_id": "q2", "text": "　"}, "not a query (text must be a text)"),
        ({"_id": "q2", "text": "\ud83d"}, "not a query (the question '\\\\ud83d' holds half a character"),
        ({"_id": None, "text": "二"}, "not a query (_id must be a text)"),
        ({"_id": True, "text": "二"}, "not a query (_id must be a text)"),
        ({"_id": "q2\n", "text": "二"}, "not a query (_id must hold printable characters only)"),
        ({"_id": "q1", "text": "二"}, "the _id 'q1' appears twice; ids must be unique"),
    ],
)
def test_malformed_queries_are_named_and_the_rest_goes_on(tmp_path: Path, query: object, reason: str) -> None:
    folder = beir(tmp_path / "set", "q1\td1\t1\nq2\td1\t1\nq9\td1\t1\n", QUERIES[0], query, {"_id": "q9", "text": "九"})
    problems: list[MalformedLineError] = []
    questions = read_beir_questions(folder, on_problem=problems.append)
    assert questions == (Question("q1", "一", (document("d1", 1),)), Question("q9", "九", (document("d1", 1),)))
    (problem,) = problems
    assert problem.where == f"{folder / 'queries.jsonl'}:2"
    assert problem.reason.startswith(reason)
    with pytest.raises(MalformedLineError) as caught:
        read_beir_questions(folder)
    assert str(caught.value) == str(problem)


def test_the_split_names_the_qrels(tmp_path: Path) -> None:
    folder = beir(tmp_path / "set", "q1\td1\t1\n", split="dev")
    assert [question.id for question in read_beir_questions(folder, "dev")] == ["q1"]
    with pytest.raises(QuestionSetError, match=r"qrels/test\.tsv: there is no such file; check the name$"):
        read_beir_questions(folder)
    (folder / "queries.jsonl").unlink()
    with pytest.raises(QuestionSetError, match=r"queries\.jsonl: there is no such file"):
        read_beir_questions(folder, "dev")


@pytest.mark.parametrize("qrels", ["", HEADER, "q9\td1\t1\n", "q1\td1\t0\n"])
def test_a_folder_without_a_judged_question_is_refused(tmp_path: Path, qrels: str) -> None:
    folder = beir(tmp_path / "set", qrels)
    message = r"holds no judged question: test\.tsv gives no id of queries\.jsonl a score above 0; check both$"
    with pytest.raises(QuestionSetError, match=message):
        read_beir_questions(folder)
