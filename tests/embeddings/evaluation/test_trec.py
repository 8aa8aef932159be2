"""Writing and reading TREC files."""

import re
from pathlib import Path
from typing import Literal

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.errors import MalformedLineError, QuestionSetError
from embeddings.evaluation.measures import MAIN_MEASURE, MEASURES, measure
from embeddings.evaluation.records import Judgement, Question, Section
from embeddings.evaluation.results import Response
from embeddings.evaluation.trec import read_run, write_qrels, write_run

# All white space that Python knows but control characters and line ends, which stand in no name.
BLANKS = " \u00a0\u1680\u2000\u2009\u202f\u205f\u3000"


def test_runs_are_written_with_ranks_and_falling_scores(tmp_path: Path) -> None:
    write_run(tmp_path / "r.run", [Response("q1", ("b", "a", "c")), Response("q2"), Response("q3", ("a",))], "zhaiwen")
    assert (tmp_path / "r.run").read_text(encoding="utf-8").splitlines() == [
        "q1 Q0 b 1 3 zhaiwen",
        "q1 Q0 a 2 2 zhaiwen",
        "q1 Q0 c 3 1 zhaiwen",
        "q3 Q0 a 1 1 zhaiwen",
    ]


def test_white_space_in_names_is_percent_encoded(tmp_path: Path) -> None:
    write_run(tmp_path / "r.run", [Response("问 1", ("第一章　总则#a\u00a0b", "100%", "%20", "+\\#"))], "my tag")
    assert (tmp_path / "r.run").read_text(encoding="utf-8").splitlines() == [
        "问%201 Q0 第一章%E3%80%80总则#a%C2%A0b 1 4 my%20tag",
        "问%201 Q0 100%25 2 3 my%20tag",
        "问%201 Q0 %2520 3 2 my%20tag",
        "问%201 Q0 +\\# 4 1 my%20tag",
    ]


def test_qrels_are_written_with_the_names_of_the_run(tmp_path: Path) -> None:
    judgements = (
        Judgement(Section("a b", ("第一章　总则", "#1")), 2, "要带"),
        Judgement(Section("c%", None), 0),
        Judgement(None, 1, "三 次"),
    )
    write_qrels(tmp_path / "r.qrels", {"q 1": {one.name: one.grade for one in judgements}, "q2": {}})
    assert (tmp_path / "r.qrels").read_text(encoding="utf-8").splitlines() == [
        r"q%201 0 a%20b#第一章%E3%80%80总则#\#1 2",
        "q%201 0 c%25 0",
        "q%201 0 “三%20次” 1",
    ]


def texts(*left_out: Literal["Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"]) -> st.SearchStrategy[str]:
    """Give texts of any characters but those of some categories, in which what is encoded is frequent."""
    special = st.sampled_from(f"{BLANKS}%#0123456789ABCDEF")
    return st.text(st.one_of(special, st.characters(exclude_categories=left_out)), min_size=1, max_size=12)


# No question set can give an id that cannot be seen; headings are what stands in an article.
ids = texts("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")
names = st.lists(texts("Cc", "Cs", "Zl", "Zp"), min_size=1, max_size=5, unique=True)


@given(st.dictionaries(ids, names, min_size=1, max_size=3))
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, run: dict[str, list[str]]) -> None:
    path = tmp_path_factory.mktemp("runs") / "r.run"
    write_run(path, [Response(id_, tuple(sections)) for id_, sections in run.items()], "zhaiwen")
    assert read_run(path) == run


def test_the_measures_of_what_was_written_are_those_of_what_was_found(tmp_path: Path) -> None:
    wide, quote = Judgement(Section("法 规", ("第一章　总则",)), 2), Judgement(None, 1, "100% 不")
    questions = (
        Question("q 1", "一", (wide, Judgement(Section("b", None), 1), quote, Judgement(Section("n", None), 0))),
        Question("q2", "二", (Judgement(Section("b", None), 1),)),
        Question("q3", "三", (Judgement(Section("b", None), 2),)),
    )
    rankings = {
        "q 1": ("x", quote.name, "n", wide.name, *(f"z{place}" for place in range(20)), "b"),
        "q2": ("z", "b", "a"),
        "q3": (),
    }
    write_run(tmp_path / "r.run", [Response(id_, found) for id_, found in rankings.items()], "t")
    grades = {question.id: {one.name: one.grade for one in question.judgements} for question in questions}
    write_qrels(tmp_path / "r.qrels", grades)
    qrels = list(ir_measures.read_trec_qrels(str(tmp_path / "r.qrels")))  # type: ignore[no-untyped-call]
    run = list(ir_measures.read_trec_run(str(tmp_path / "r.run")))  # type: ignore[no-untyped-call]
    written = {
        (found.query_id.replace("%20", " "), str(found.measure)): found.value
        for found in ir_measures.iter_calc(list(MEASURES), qrels, run)
    }
    values = measure(grades, rankings)
    expected = {(id_, name): value for id_, of_question in values.items() for name, value in of_question.items()}
    assert written == pytest.approx(expected)
    assert values["q 1"][MAIN_MEASURE] == pytest.approx((0.63093 + 2 * 0.43068) / (2 + 0.63093 + 0.5), abs=1e-4)
    assert measure(grades, read_run(tmp_path / "r.run")) == values


def run_of(folder: Path, *lines: str) -> Path:
    path = folder / "r.run"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_scores_decide_the_order_whatever_the_ranks_say(tmp_path: Path) -> None:
    path = run_of(
        tmp_path,
        "q1 Q0 a 1 -0.5 t",
        "q2\tQ0\tz\t1\t7\tt",
        "  q1 0  b 2 1e-3 t ",
        "",
        "q1 Q0 c x 12.5 t",
        "q1 Q0 d 0 3 t\r",
    )
    assert read_run(path) == {"q1": ["c", "d", "b", "a"], "q2": ["z"]}


def test_equal_scores_are_in_falling_order_of_name_as_in_trec_eval(tmp_path: Path) -> None:
    order = ["\U00020000", "\uff1a", "法", "b", "a10", "a1", "B"]
    shuffled = sorted(order, key=lambda name: (len(name.encode()), name))
    path = run_of(tmp_path, "q1 Q0 best 9 2 t", *(f"q1 Q0 {name} 1 1.0 t" for name in shuffled))
    assert read_run(path) == {"q1": ["best", *order]}
    # trec_eval itself: the reciprocal rank of each tells its place.
    run = list(ir_measures.read_trec_run(str(path)))  # type: ignore[no-untyped-call]
    places = [
        next(iter(ir_measures.iter_calc([ir_measures.RR], [ir_measures.Qrel("q1", name, 1)], run))).value
        for name in order
    ]
    assert places == pytest.approx([1 / place for place in range(2, len(order) + 2)])


def test_scores_that_differ_little_are_told_apart(tmp_path: Path) -> None:
    path = run_of(tmp_path, "q1 Q0 b 1 0.5 t", "q1 Q0 a 2 0.50000000001 t")
    assert read_run(path) == {"q1": ["a", "b"]}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("a%20b", "a b"),
        ("100%25", "100%"),
        ("%E3%80%80", "\u3000"),
        ("a%2520", "a%20"),
        ("https://a.cn/%E4%B8%AD%2F", "https://a.cn/%E4%B8%AD%2F"),
        ("%e3%80%80", "%e3%80%80"),
        ("%E4%20", "%E4 "),
        ("100%", "100%"),
        ("%FF%C3%28", "%FF%C3%28"),
        ("a+b", "a+b"),
        ("a\u200db", "a\u200db"),
    ],
)
def test_nothing_but_what_we_encode_is_decoded(tmp_path: Path, written: str, name: str) -> None:
    assert read_run(run_of(tmp_path, f"{written} Q0 {written} 1 1 t")) == {name: [name]}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("q1 Q0 b 2 1", "not a line of a run (5 columns)"),
        ("q1 Q0 b c 2 1 t", "not a line of a run (7 columns)"),
        ('{"version": 1}', "not a line of a run (2 columns)"),
        ("q1 Q0 b 2 nan t", "not a line of a run (the score nan)"),
        ("q1 Q0 b 2 -inf t", "not a line of a run (the score -inf)"),
        ("q1 Q0 b 2 1e999 t", "not a line of a run (the score 1e999)"),
        ("q1 Q0 b 2 best t", "not a line of a run (could not convert string to float: 'best')"),
        ("q1 Q0 b\x07 2 1 t", r"not a line of a run ('b\x07' holds a control character)"),
        ("q\x7f Q0 b 2 1 t", r"not a line of a run ('q\x7f' holds a control character)"),
        ("q1 Q0 b%0A 2 1 t", r"not a line of a run ('b\n' holds a control character)"),
        ("q1 Q0 b%E2%80%A8 2 1 t", r"not a line of a run ('b\u2028' holds a control character)"),
        ("q1 Q0 b%C2%85 2 1 t", r"not a line of a run ('b\x85' holds a control character)"),
        ("q1 Q0 b\0 2 1 t", r"not a line of a run ('b\x00' holds a control character)"),
        ("q1 Q0 a%20b 2 1 t", "a b is found twice for q1; leave one of them out"),
    ],
)
def test_malformed_lines_are_named(tmp_path: Path, line: str, reason: str) -> None:
    path = run_of(tmp_path, "q1 Q0 a%20b 1 2 t", "", line, "q1 Q0 c 3 1 t")
    wanted = "" if "twice" in reason else "; question, Q0, document, rank, score and tag were wanted"
    with pytest.raises(MalformedLineError, match=f"^{re.escape(f'{path}:3: {reason}{wanted}')}$"):
        read_run(path)


def test_a_document_may_be_found_for_two_questions(tmp_path: Path) -> None:
    assert read_run(run_of(tmp_path, "q1 Q0 a 1 2 t", "q2 Q0 a 1 2 t")) == {"q1": ["a"], "q2": ["a"]}


def test_a_missing_or_empty_run(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match=r"r\.run: there is no such file; check the name$"):
        read_run(tmp_path / "r.run")
    with pytest.raises(QuestionSetError, match=r"r\.run holds no run; name what `zhaiwen evaluate --run` wrote$"):
        read_run(run_of(tmp_path, "", " "))
    (tmp_path / "r.run").write_bytes("q1 Q0 催收 1 1 t".encode("gb18030"))
    with pytest.raises(QuestionSetError, match="cannot be read as UTF-8 text"):
        read_run(tmp_path / "r.run")


def test_files_that_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "r"
    with pytest.raises(
        QuestionSetError, match=r"r cannot be written \(No such file or directory\); name another file$"
    ):
        write_run(path, [Response("q1", ("a",))], "t")
    with pytest.raises(
        QuestionSetError, match=r"r cannot be written \(No such file or directory\); name another file$"
    ):
        write_qrels(path, {"q1": {"a": 2}})
