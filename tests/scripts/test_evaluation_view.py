"""What results and comparisons look like on the terminal, line by line."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from embeddings.errors import QuestionSetError
from embeddings.evaluation.comparison import compare
from embeddings.evaluation.evaluating import Asked
from embeddings.evaluation.records import Found, Judgement, Pool, PooledSection, Question, Section
from embeddings.evaluation.results import (
    BY_ANSWER,
    RESULTS_VERSION,
    Answerability,
    Cut,
    Estimate,
    Hit,
    Interval,
    Outcome,
    Results,
    Slice,
    System,
    Wanted,
)
from embeddings.records import Mode
from scripts.evaluation_options import check_conditions, condition
from scripts.evaluation_view import against, comparison_lines, pair_tables, result_lines

NDCG = "nDCG@10"
SYSTEM = System("my-index", "s1", "e5", 9, "h1", "hybrid", 50)


def outcome(id_: str, value: float, *grades: int | None, kind: str | None = "plain") -> Outcome:
    wanted = (Wanted("a#一", 2, "引文", "a"), Wanted("a#二", 1, None, "a"), Wanted("a#三", 0, None, "a"))
    hits = tuple(Hit(f"p{place}", f"a#{place}", 0.5, grade, grade == 2) for place, grade in enumerate(grades))
    return Outcome(id_, f"问{id_}", kind, False, True, wanted, {NDCG: value, "Judged@5": 1.0}, hits)


def results(*outcomes: Outcome, **changes: object) -> Results:
    whole = Results(
        version=RESULTS_VERSION,
        created="2026-11-22",
        system=SYSTEM,
        questions=("q.jsonl",),
        judgements_hash="j",
        measures={NDCG: Estimate(0.5, Interval(0.25, 0.75)), "Judged@5": Estimate(1.0)},
        slices=(),
        answerability=None,
        outcomes=outcomes,
        passages={},
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def test_the_lines_of_results() -> None:
    measures = {
        NDCG: Estimate(0.5, Interval(0.25, 0.75)),
        f"{NDCG}{BY_ANSWER}": Estimate(0.125, Interval(0.0, 0.25)),
        "Judged@5": Estimate(1.0),
    }
    slices = (
        Slice(Cut.KIND, "俗\x1b语", 2, {NDCG: Estimate(0.5, Interval(0.4, 0.6))}),
        Slice(Cut.MUST_FIND, "must find", 1, {NDCG: Estimate(1.0)}),
        Slice(Cut.LENGTH, "1 to 20 characters", 3, {NDCG: Estimate(0.5)}),
        Slice(Cut.ARTICLE, "a", 3, {NDCG: Estimate(0.5)}),
    )
    kinds = (Slice(Cut.KIND, "far-off", 1, {"AUROC": Estimate(0.75)}),)
    answerability = Answerability(2, 1, 0.8, {"AUROC": Estimate(0.75), "ECE": Estimate(0.5)}, kinds, ())
    found = results(
        outcome("q1", 1.0, 2),
        outcome("q2\x1b", 0.0, None, 0, 1, 2),
        measures=measures,
        slices=slices,
        answerability=answerability,
        quotes=4,
        cut_quotes=3,
    )
    assert list(result_lines(found, worst=1)) == [
        "my-index, hybrid, snapshot s1, settings h1",
        "2 questions and 1 unanswerable one",
        "",
        "            by section              by answer",
        "nDCG@10     0.500 [0.250, 0.750]    0.125 [0.000, 0.250]",
        "Judged@5    1.000",
        "no passage holds 3 of 4 judged quotes whole: no search can find these",
        "",
        "AUROC                    0.750",
        "ECE                      0.500",
        "far-off: AUROC 0.750",
        "",
        "kind                     questions  nDCG@10",
        r"俗\x1b语                           2  0.500 [0.400, 0.600]",
        "",
        "must find                questions  nDCG@10",
        "must find                        1  1.000",
        "",
        "length                   questions  nDCG@10",
        "1 to 20 characters               3  0.500",
        "",
        "the worst questions by nDCG@10:",
        r"0.000  q2\x1b  问q2\x1b",
        "       wanted (answers): a#一",
        "       wanted (helps): a#二",
        "       returned 1 (not judged): a#0",
        "       returned 2 (no help): a#1",
        "       returned 3 (helps): a#2",
    ]


def test_results_without_answers_kinds_or_worst_questions() -> None:
    assert list(result_lines(results(outcome("q1", 1.0)), worst=0)) == [
        "my-index, hybrid, snapshot s1, settings h1",
        "1 question",
        "",
        "            by section",
        "nDCG@10     0.500 [0.250, 0.750]",
        "Judged@5    1.000",
    ]


def shifted(*differences: float) -> tuple[Results, Results]:
    first = results(*(outcome(f"q{place}", 0.5, 2) for place in range(len(differences))))
    second = results(*(outcome(f"q{place}", 0.5 + one, None) for place, one in enumerate(differences)))
    return first, replace(second, system=replace(SYSTEM, place="other", mode="dense", settings="h2"))


def test_the_lines_of_a_comparison() -> None:
    first, second = shifted(*[-0.25] * 6, 0.25)
    scores = Answerability(7, 0, None, {"Brier": Estimate(0.25, Interval(0.125, 0.5))}, (), ())
    first, second = (replace(one, answerability=scores) for one in (first, second))
    alone = replace(first, outcomes=(*first.outcomes, outcome("q9", 1.0)))
    comparison = compare(alone, second)
    low, high = comparison.differences[NDCG].difference.interval or (0.0, 0.0)
    p = comparison.differences[NDCG].p
    mean = (-6 * 0.25 + 0.25) / 7
    row = f"0.500  {0.5 + mean:.3f}   {mean:+.3f} [{low:+.3f}, {high:+.3f}]  {p:.4f}"
    assert list(comparison_lines(comparison)) == [
        "first   my-index, hybrid, snapshot s1, settings h1",
        "second  other, dense, snapshot s1, settings h2",
        "7 questions in common",
        "left aside, for only one of both was asked: 1 question",
        "",
        "         first  second  difference               p",
        f"nDCG@10  {row}",
        "",
        "read by a judge  first  second  difference",
        "Judged@5         1.000  1.000   +0.000",
        "",
        "                          first                   second",
        "Brier                     0.250 [0.125, 0.500]    0.250 [0.125, 0.500]",
        "",
        "nDCG@10 by kind  first  second  difference               p (Holm)",
        f"plain (7)        {row}",
        "",
        "nDCG@10 by length       first  second  difference               p (Holm)",
        f"1 to 20 characters (7)  {row}",
        "",
        "by nDCG@10 the second answers 1 questions better, 6 worse",
    ]
    told = f"difference {mean:+.3f} [{low:+.3f}, {high:+.3f}], p = {p:.4f}"
    assert against(comparison) == f"nDCG@10 {0.5 + mean:.4f} against 0.5000 on 7 of 7 questions, {told}"


def test_articles_are_listed_where_they_differ_for_certain() -> None:
    lines = list(comparison_lines(compare(*shifted(*[-0.25] * 6))))
    assert "nDCG@10 by article, where p < 0.05  first  second  difference               p (Holm)" in lines
    assert any(line.startswith("a (6) ") for line in lines)
    assert not any("by article" in line for line in comparison_lines(compare(*shifted(*[-0.25] * 5))))


def test_pairs_stand_side_by_side_and_nothing_in_them_is_markup() -> None:
    first, second = shifted(-0.25, -0.5, 0.25)
    first, second = (
        replace(one, outcomes=tuple(replace(asked, text=f"[red]{asked.text}[/red]") for asked in one.outcomes))
        for one in (first, second)
    )
    console = Console(width=90, file=io.StringIO(), record=True)
    for table in pair_tables(compare(first, second), worst=1):
        console.print(table)
    shown = console.export_text()
    assert shown.index("lost, by nDCG@10") < shown.index("won, by nDCG@10")
    assert "[red]问q1[/red]" in shown
    assert "问q0" not in shown
    row = next(line for line in shown.splitlines() if "q1" in line)
    assert [cell.strip() for cell in row.split("│")[1:4]] == ["q1", "0.500", "0.000"]
    below = next(line for line in shown.splitlines() if "[red]" in line)
    assert [cell.strip() for cell in below.split("│")[2:4]] == ["1 (answers, the quote): a#0", "1 (not judged): a#0"]
    assert list(pair_tables(compare(first, second), worst=0)) == []


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("nDCG@10 < 0.5", False),
        ("nDCG@10 <= 0.5", True),
        ("nDCG@10>=.5", True),
        ("nDCG@10 > 0.5", False),
        (" nDCG@10 > 0.49 ", True),
        ("Judged@5 < 2", True),
    ],
)
def test_a_condition_is_checked_as_it_is_typed(text: str, holds: bool) -> None:
    assert condition(text).holds(results(outcome("q1", 1.0))) is holds


def test_conditions_are_checked_before_anything_is_asked() -> None:
    question = Question("q1", "问", (Judgement(Section("a", None), 2),))
    quoted = Question("q2", "问", (Judgement(Section("a", None), 2, "引文"),))
    pool = Pool("q1", (PooledSection(Section("b", None), (Found(Mode.DENSE, 1),)),))
    everything = Asked((question, quoted), (Question("u1", "问", ()),), (pool,))
    texts = ("Judged@5 < 1", "RR@10 by answer < 1", "FPR@95 > 1", "ECE > 1")
    check_conditions([condition(text) for text in texts], everything)
    for text in texts[:3]:
        with pytest.raises(QuestionSetError, match=f"{text!r} cannot be checked: these questions give no "):
            check_conditions([condition(text)], Asked((question,)))
