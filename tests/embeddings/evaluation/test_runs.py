"""Measuring runs that are files."""

from math import log2
from pathlib import Path

import pytest

from embeddings.errors import QuestionSetError
from embeddings.evaluation.evaluating import Asked
from embeddings.evaluation.records import Found, Judgement, Pool, PooledSection, Question, Section
from embeddings.evaluation.results import BY_ANSWER, Cut, Hit, ShownPassage, System
from embeddings.evaluation.runs import measure_run
from embeddings.records import Mode

A, B, C = Section("a", ("一",)), Section("b", None), Section("c", ())
QUESTIONS = (
    Question(
        "q1", "会上门吗", (Judgement(A, 2, "要带证件"), Judgement(B, 1), Judgement(Section("n", None), 0)), "plain"
    ),
    Question("q2", "电话", (Judgement(C, 2),), must_find=True),
    Question("q3", "征信", (Judgement(None, 2, "五 年"),)),
)


def run_of(folder: Path, *lines: str) -> Path:
    path = folder / "other.run"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_run_measured_by_hand(tmp_path: Path) -> None:
    path = run_of(
        tmp_path,
        "q1 Q0 b 1 3 t",
        "q1 Q0 x 2 2 t",
        "q1 Q0 a#一 3 1 t",
        "q3 Q0 y 1 2 t",
        "q3 Q0 “五%20年” 2 1 t",
        "q9 Q0 y 1 1 t",
    )
    left_out = {"q.jsonl:4": "not a question"}
    results = measure_run(path, Asked(QUESTIONS, names=("q.jsonl",), left_out=left_out))
    ndcg = ((1 + 2 / log2(4)) / (2 + 1 / log2(3)), 0.0, 1 / log2(3))
    assert [outcome.values["nDCG@10"] for outcome in results.outcomes] == pytest.approx(ndcg)
    assert [outcome.values["RR@10"] for outcome in results.outcomes] == pytest.approx([1, 0, 1 / 2])
    assert [outcome.values["R@1"] for outcome in results.outcomes] == pytest.approx([1 / 2, 0, 0])
    assert [outcome.values["AP"] for outcome in results.outcomes] == pytest.approx([(1 + 2 / 3) / 2, 0, 1 / 2])
    assert results.measures["nDCG@10"].value == pytest.approx(sum(ndcg) / 3)
    assert [(one.cut, one.name, one.questions) for one in results.slices] == [
        (Cut.KIND, "plain", 1),
        (Cut.MUST_FIND, "must find", 1),
        (Cut.LENGTH, "1 to 20 characters", 3),
    ]
    assert results.system == System(str(path), "", "", passages=0, settings="", mode="", depth=3)
    assert (results.questions, results.left_out, results.refused) == (("q.jsonl",), left_out, {})


def test_what_a_reader_sees_of_a_run(tmp_path: Path) -> None:
    lines = (f"q1 Q0 {name} 1 {99 - place} t" for place, name in enumerate(("b", "n", "x", *"defghijklm", "a#一")))
    results = measure_run(run_of(tmp_path, *lines), Asked(QUESTIONS))
    first, second, third = results.outcomes
    assert first.hits == (
        Hit("b", "b", 0.0, 1, holds_answer=False),
        Hit("n", "n", 0.0, 0, holds_answer=False),
        *(Hit(name, name, 0.0, None, holds_answer=False) for name in "xdefghij"),
    )
    # Deeper than what is shown.
    assert first.values["AP"] == pytest.approx((1 + 2 / 14) / 2)
    assert (second.hits, third.hits) == ((), ())
    assert results.passages == {name: ShownPassage(name, (), "") for name in "bnxdefghij"}


def test_nothing_is_measured_that_a_run_does_not_tell(tmp_path: Path) -> None:
    unanswerable = (Question("u1", "花呗怎么关", ()),)
    path = run_of(tmp_path, "q1 Q0 a#一 1 1 t", "u1 Q0 a#一 1 1 t")
    results = measure_run(path, Asked(QUESTIONS, unanswerable))
    assert [name for name in results.measures if BY_ANSWER in name] == []
    assert [name for outcome in results.outcomes for name in outcome.values if BY_ANSWER in name] == []
    assert results.answerability is None
    assert [outcome.id for outcome in results.outcomes] == ["q1", "q2", "q3"]


def test_pools_tell_how_much_was_read(tmp_path: Path) -> None:
    place = Section("x", ())
    pools = (Pool("q2", (PooledSection(place, (Found(Mode.DENSE, 1),)),)),)
    path = run_of(tmp_path, "q1 Q0 b 1 2 t", "q1 Q0 n 1 1 t", f"q2 Q0 {place.name} 1 2 t", "q2 Q0 z 1 1 t")
    results = measure_run(path, Asked(QUESTIONS, pools=pools))
    assert [outcome.values["Judged@5"] for outcome in results.outcomes] == pytest.approx([1, 1 / 2, 0])


@pytest.mark.parametrize(
    "lines", [["q1 Q0 a#b 1 3 t", "q1 Q0 c#d 1 1 t"], [r"q1 Q0 a\#b 1 3 t", "q1 Q0 a#b 1 2 t", "q1 Q0 c#d 1 1 t"]]
)
def test_articles_are_known_by_their_ids_and_by_our_names_for_them(tmp_path: Path, lines: list[str]) -> None:
    questions = (Question("q1", "一", (Judgement(Section("a#b", None), 1), Judgement(Section("c#d", ()), 1))),)
    results = measure_run(run_of(tmp_path, *lines), Asked(questions))
    # A section is not known by its article's id.
    assert results.outcomes[0].hits == (
        Hit(r"a\#b", r"a\#b", 0.0, 1, holds_answer=False),
        Hit("c#d", "c#d", 0.0, None, holds_answer=False),
    )
    assert results.outcomes[0].values["R@10"] == 1 / 2


def test_a_run_of_other_questions_is_refused(tmp_path: Path) -> None:
    path = run_of(tmp_path, "q8 Q0 a 1 1 t", "u1 Q0 a 1 1 t")
    message = r"other\.run answers none of these questions; name the question set that was asked$"
    with pytest.raises(QuestionSetError, match=message):
        measure_run(path, Asked(QUESTIONS, (Question("u1", "花呗怎么关", ()),)))
