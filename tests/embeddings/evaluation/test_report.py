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
    comparison_page,
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
from embeddings.evaluation.results import BY_ANSWER, Interval, ShownPassage
from tests.embeddings.evaluation.sample_results import (
    FIRST,
    HOSTILE,
    OUTCOMES,
    PASSAGES,
    SECOND,
    SHOWN_HOSTILE,
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
        [["visits#证件", 2, "要带证件"], ["calls", 1, None], ["records", 0, None]],
        [["", [[1, 0, 0.55, 1, False]]]],
    ]
    assert page.count("一天不超过三次") == 1


def test_no_text_can_end_the_script_that_it_stands_in() -> None:
    page = report_page(replace(FIRST, passages=dict.fromkeys(PASSAGES, ShownPassage(HOSTILE, (), HOSTILE))))
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert set("<>&\u2028\u2029").isdisjoint(text)
    assert json.loads(text)["passages"] == [[SHOWN_HOSTILE, [], SHOWN_HOSTILE]]


def test_what_is_not_there_has_no_place() -> None:
    bare = replace(
        results(OUTCOMES[-1]), measures={}, slices=(), answerability=None, left_out={}, refused={}, cut_quotes=None
    )
    page = report_page(bare)
    headings = re.findall(r"<h2 id=\"([a-z-]+)\"", page)
    assert headings == ["measures", "plots", "questions"]
    assert "No question has an answer" in page
    assert "judged quotes" not in page
    assert report_page(replace(bare, outcomes=(), passages={}))


def test_a_passage_whose_text_was_not_kept_is_named() -> None:
    assert '["section of p3",[],"(its text was not kept)"]' in report_page(replace(FIRST, passages={}))


def test_an_answer_beyond_the_fifth_place_is_missed() -> None:
    far = asked("d-9", 0.1, *[hit("p2", 0.5)] * 5, hit("p1", 0.4, 2), must_find=True)
    near = asked("d-8", 0.2, *[hit("p2", 0.5)] * 4, hit("p1", 0.4, 2), must_find=True)
    page = report_page(results(far, near))
    assert re.findall(r"first answer at \d+", page) == ["first answer at 6"]
