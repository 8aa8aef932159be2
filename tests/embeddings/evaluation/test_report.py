"""What stands in the pages of an evaluation and of a comparison."""

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace

import pytest

from embeddings.evaluation.report import (
    DASH,
    both_answerabilities,
    comparison_page,
    counted,
    first_answer,
    interval,
    lang,
    measure_rows,
    number,
    probability,
    report_page,
    says,
    signed,
)
from embeddings.evaluation.results import (
    BY_ANSWER,
    Difference,
    Hit,
    Interval,
    Outcome,
    Results,
    ShownPassage,
    System,
    Wanted,
)
from tests.embeddings.evaluation.sample_results import (
    FIRST,
    HOSTILE,
    OUTCOMES,
    PASSAGES,
    SECOND,
    SHOWN_HOSTILE,
    SYSTEM,
    asked,
    comparison,
    estimate,
    hit,
    results,
)


def test_numbers_have_three_decimals_and_their_sign() -> None:
    assert [number(value) for value in (0.5, 1.0, -0.25, None)] == ["0.500", "1.000", "−0.250", DASH]
    assert [signed(value) for value in (0.5, -0.25, 0.0004, -0.0004)] == ["+0.500", "−0.250", "0.000", "0.000"]
    assert [probability(p) for p in (0.0004, 0.001, 1.0, None)] == ["<0.001", "0.001", "1.000", DASH]
    assert interval(Interval(0.412, 0.558)) == "0.412–0.558"
    assert interval(Interval(-0.1, 0.2), is_signed=True) == "−0.100 to +0.200"


def test_one_of_a_thing_is_named_in_the_singular() -> None:
    assert [counted(count, "question") for count in (0, 1, 2)] == ["0 questions", "1 question", "2 questions"]


def test_a_measure_says_how_many_places_it_looks_at() -> None:
    assert says("R@5") == "the share of all that is right that stands at the places up to 5"
    assert says(f"R@5{BY_ANSWER}") == says("R@5")
    assert says("Brier") != says("Brier of the base rate") != ""
    assert says("unheard of") == ""


def test_measures_by_answer_stand_beside_those_by_section() -> None:
    rows = measure_rows({"AP": estimate(0.5), f"AP{BY_ANSWER}": estimate(0.25), f"RR@10{BY_ANSWER}": estimate(0.75)})
    assert [(row.name, row.by_section, row.by_answer) for row in rows] == [
        ("AP", estimate(0.5), estimate(0.25)),
        ("RR@10", None, estimate(0.75)),
    ]


def test_the_first_answer_is_a_hit_of_grade_two() -> None:
    assert [first_answer(outcome) for outcome in OUTCOMES] == [1, 2, None, None, None]


def test_only_chinese_is_said_to_be_chinese() -> None:
    assert (lang("a 债 b"), lang("𠮷"), lang("debt")) == (' lang="zh"', ' lang="zh"', "")


@pytest.mark.parametrize("write", [lambda: report_page(FIRST), lambda: comparison_page(comparison(FIRST, SECOND))])
def test_a_page_allows_its_own_script_and_style_and_nothing_else(write: Callable[[], str]) -> None:
    page = write()
    assert page == write()
    hashes = {}
    for tag in ('<script type="module">', "<style>"):
        (content,) = re.findall(f"{tag}(.*?)</", page, re.DOTALL)
        hashes[tag] = f"sha256-{b64encode(hashlib.sha256(content.encode()).digest()).decode()}"
    script, style = hashes.values()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy.replace("&#39;", "'") == (
        f"default-src 'none'; script-src '{script}'; style-src '{style}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    # The opening tags, too: had the script or the style held the end of either, these would differ.
    assert (page.count("<script"), page.count("</script"), page.count("<style"), page.count("</style")) == (2, 2, 1, 1)
    assert not re.search(r"<(link|img|iframe|object|embed|base)\b(?! rel=\"icon\" href=\"data:,\")", page)
    assert not re.search(r"\s(style|on\w+|src)=", page.partition("<body>")[2].partition("<script")[0])


def test_each_passage_stands_once_and_only_where_it_is_shown() -> None:
    page = report_page(FIRST)
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    data = json.loads(text)
    assert sorted(data["passages"]) == sorted(
        [passage.title, list(passage.headings), passage.text] for passage in PASSAGES.values()
    )
    # d-3 is the worst.
    assert data["rows"][0] == [
        [["visits#证件", "answers", "要带证件"], ["calls", "helps", None], ["records", "no help", None]],
        [["", [[1, 0, 0.55, "helps", False]]]],
    ]
    assert page.count("一天不超过三次") == 1


def test_no_text_can_end_the_script_that_it_stands_in() -> None:
    page = report_page(replace(FIRST, passages=dict.fromkeys(PASSAGES, ShownPassage(HOSTILE, (), HOSTILE))))
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert set("<>&\u2028\u2029").isdisjoint(text)
    assert json.loads(text)["passages"] == [[SHOWN_HOSTILE, [], SHOWN_HOSTILE]]


def graded(*grades: int) -> Outcome:
    """Return a question whose judgements have these grades; of each it found a passage, and one that nobody judged."""
    wanted = tuple(Wanted(f"section {grade}", grade) for grade in grades)
    hits = tuple(Hit("p1", f"section {grade}", 0.5, grade, holds_answer=False) for grade in (*grades, None))
    return replace(OUTCOMES[0], wanted=wanted, hits=hits)


@pytest.mark.parametrize(
    ("grades", "words"),
    [
        ((2, 1, 0), ["answers", "helps", "no help", "not judged"]),
        ((1, 1, 0), ["answers", "answers", "no help", "not judged"]),
        ((3, 2, 1), ["answers", "helps", "helps", "not judged"]),
        ((3, 3, 0), ["answers", "answers", "no help", "not judged"]),
    ],
)
def test_the_best_grade_of_a_question_answers_it_and_what_is_less_helps(
    grades: tuple[int, ...], words: list[str]
) -> None:
    (text,) = re.findall(r'id="data">(.*?)</script>', report_page(results(graded(*grades))), re.DOTALL)
    ((wanted, ((_, hits),)),) = json.loads(text)["rows"]
    assert [word for _, word, _ in wanted] == words[:3]
    assert [word for _, _, _, word, _ in hits] == words


def test_what_is_not_there_has_no_place() -> None:
    bare = replace(results(OUTCOMES[3]), slices=(), answerability=None, left_out={}, refused={}, cut_quotes=None)
    page = report_page(bare)
    headings = re.findall(r"<h2 id=\"([a-z-]+)\"", page)
    assert headings == ["measures", "plots", "questions"]
    assert "judged quotes" not in page


def test_a_passage_whose_text_was_not_kept_is_named() -> None:
    assert '["section of p3",[],"(its text was not kept)"]' in report_page(replace(FIRST, passages={}))


def test_an_answer_beyond_the_fifth_place_is_missed() -> None:
    far = asked("d-9", 0.1, *[hit("p2", 0.5)] * 5, hit("p1", 0.4, 2), must_find=True)
    near = asked("d-8", 0.2, *[hit("p2", 0.5)] * 4, hit("p1", 0.4, 2), must_find=True)
    page = report_page(results(far, near))
    assert re.findall(r"first answer at \d+", page) == ["first answer at 6"]


def texts(page: str) -> str:
    """Return what stands between a page's tags, blanks folded."""
    body = page.partition("<body>")[2].partition("<script")[0]
    return " ".join(re.sub("<[^>]*>", " ", body).split())


def test_one_question_is_not_many() -> None:
    one = replace(results(OUTCOMES[0]), quotes=1, cut_quotes=1)
    assert one.answerability is not None
    single = replace(one, answerability=replace(one.answerability, answerable=1))
    report = texts(report_page(single))
    assert "1 question with an answer, asked of index" in report
    assert "1 of 1 judged quote stands in no single passage" in report
    assert "says of 1 answerable question and 1 unanswerable one." in report
    assert "None: the only one has an answer among the first 5 results." in report
    assert "1 of 1 has no answer among" in texts(report_page(results(OUTCOMES[2])))
    for page in (report_page(single), comparison_page(comparison(single, results(SECOND.outcomes[0])))):
        assert not re.search(r"\b1 (questions|judgements|answers|quotes|bins)\b", page)
    assert "1 question that both were asked" in texts(comparison_page(comparison(single, results(SECOND.outcomes[0]))))


@pytest.mark.parametrize(
    ("first", "second", "note"),
    [
        (SYSTEM, SYSTEM, "Both have the same settings and the same mode: only rounding can make their answers differ."),
        (SYSTEM, replace(SYSTEM, mode="dense"), "Both have the same settings; they differ in their mode."),
        (SYSTEM, replace(SYSTEM, settings="other"), None),
        # Two TREC runs: nothing is known of either.
        (replace(SYSTEM, settings="", mode=""), replace(SYSTEM, settings="", mode=""), None),
        (replace(SYSTEM, settings="", mode=""), replace(SYSTEM, settings="", mode="dense"), None),
    ],
)
def test_same_settings_are_noted_where_they_are_known(first: System, second: System, note: str | None) -> None:
    page = comparison_page(comparison(replace(FIRST, system=first), replace(SECOND, system=second)))
    assert re.findall("Both have[^<]*", page) == ([] if note is None else [note])


def test_what_is_known_of_neither_system_has_no_row() -> None:
    run = replace(SYSTEM, place="a.run", snapshot="", encoder="", passages=0, settings="", mode="")
    page = comparison_page(comparison(replace(FIRST, system=run), replace(SECOND, system=run)))
    named = re.findall(r'<th scope="row">(\w+)</th>', page.partition("</table>")[0])
    assert named == ["Place", "Depth", "Questions", "Judgements", "Date"]
    assert '"First: a.run"' in page


def test_a_comparison_by_coverage_is_not_one_of_quality() -> None:
    sample = comparison(FIRST, SECOND)
    page = comparison_page(replace(sample, measure="Judged@5"))
    slices = page.partition('id="slices"')[2].partition("</section>")[0]
    assert "p (Holm)" not in slices
    assert "0.012" not in slices
    assert "worse" not in slices


@pytest.mark.parametrize(("difference", "is_noted"), [(0.0, False), (0.02, False), (0.021, True), (-0.03, True)])
def test_unevenly_read_results_are_noted(difference: float, is_noted: bool) -> None:
    sample = comparison(FIRST, SECOND)
    judged = {
        "Judged@5": Difference(0.5, 0.5, estimate(0.0), 1.0),
        "Judged@10": Difference(0.5, 0.5 + difference, estimate(difference), 0.0001),
    }
    page = comparison_page(replace(sample, differences=sample.differences | judged))
    assert ("What no judge has read counts as wrong" in page) is is_noted


def test_without_measures_of_coverage_there_is_no_table_of_them() -> None:
    sample = comparison(FIRST, SECOND)
    page = comparison_page(replace(sample, differences={"nDCG@10": sample.differences["nDCG@10"]}))
    assert "was read by a judge" not in page


def with_measures(**values: float) -> Results:
    assert FIRST.answerability is not None
    measures = {name: estimate(value) for name, value in values.items()}
    return replace(FIRST, answerability=replace(FIRST.answerability, measures=measures))


def test_answerability_is_compared_where_both_sides_know_it() -> None:
    first, second = with_measures(ECE=0.1, AUROC=0.9).answerability, with_measures(Brier=0.2, ECE=0.3).answerability
    assert [(row.name, row.first, row.second) for row in both_answerabilities(first, second)] == [
        ("AUROC", estimate(0.9), None),
        ("Brier", None, estimate(0.2)),
        ("ECE", estimate(0.1), estimate(0.3)),
    ]
    assert both_answerabilities(first, None) == both_answerabilities(None, second) == []
    page = comparison_page(comparison(FIRST, replace(SECOND, answerability=None)))
    assert "nswerability" not in page.partition("<body>")[2].partition("<script")[0]
