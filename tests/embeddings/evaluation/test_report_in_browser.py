"""The pages of an evaluation and of a comparison, opened in a real browser."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from embeddings.evaluation.report import DASH, SHOWN_ROWS, comparison_page, report_page
from embeddings.evaluation.results import ShownPassage, Wanted
from tests.browser import Opened, opened, real_browser
from tests.embeddings.evaluation.sample_results import (
    FIRST,
    OUTCOMES,
    PASSAGES,
    SECOND,
    SHOWN_HOSTILE,
    SYSTEM,
    asked,
    comparison,
    hit,
    hostile,
    results,
)

Make = Callable[[str], Path]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with real_browser() as running:
        yield running


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Give a function that writes a page to a file."""

    def write(page: str) -> Path:
        file = tmp_path / "page.html"
        file.write_text(page, encoding="utf-8")
        return file

    return write


@pytest.fixture(scope="module")
def first_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("pages") / "first.html"
    file.write_text(report_page(FIRST), encoding="utf-8")
    return file


@pytest.fixture
def report(browser: Browser, first_page: Path) -> Iterator[Opened]:
    """Open the page of the sample results; at the end it must have done nothing that it must not do."""
    with opened(browser, first_page) as page:
        yield page
        assert page.noted == []


def test_the_head_names_what_was_measured(report: Opened) -> None:
    assert report.texts("h1") == ["What the answers of hybrid search are worth"]
    assert report.texts(".lead") == ["4 questions with an answer, 1 without one, asked of index"]
    assert report.texts(".facts dd") == [
        "dev.jsonl, none.jsonl", "2026-snapshot", "e5-small", "3", "hybrid", "50", "5e771265", "1d6e",
        "2026-11-22T10:00:00+00:00",
    ]  # fmt: skip
    assert report.texts(".note") == [
        "2 of 5 judged quotes stand in no single passage: measures by answer cannot reach 1.",
        "Left out: 1",
        "Refused, and counted as if nothing was found: 1",
    ]
    report.page.get_by_text("Left out: 1").click()
    assert report.texts(".note li") == ["dev.jsonl:7: not a question"]


def test_tables_hold_values_with_intervals(report: Opened) -> None:
    assert report.texts('section[aria-labelledby="measures"] td') == [
        "0.537 0.487–0.588", "0.450 0.400–0.500", "0.400", DASH, "0.300 0.250–0.350", DASH,
    ]  # fmt: skip
    assert report.texts('section[aria-labelledby="answerability"] td') == [
        "0.250 0.200–0.300", "0.200", "1.000", DASH, "0.300 0.250–0.350", DASH,
    ]  # fmt: skip
    assert report.texts("#slices-1 + .scroll tbody tr") == [
        f"plain 2 0.450 0.400–0.500 0.100 0.200 {DASH} {DASH}",
        f"typo 10 0.625 0.575–0.675 {DASH} {DASH} {DASH} 0.750",
    ]
    assert report.texts("h3") == ["By kind", "By article"]
    assert report.texts("figcaption b") == [
        "nDCG@10 by kind", "Calibration", "Precision against coverage", "Scores of first results",
    ]  # fmt: skip


def ids(page: Opened, table: str = "asked") -> list[str]:
    return page.texts(f"#{table} td.id")


def test_the_worst_questions_come_first_and_a_click_sorts(report: Opened) -> None:
    assert report.texts("#asked tr[data-row]") == [
        f"d-3 问题d-3？ plain must find 0.000 0.000 {DASH} 0.550",
        "d-2 问题d-2？ typo 0.250 0.125 2 0.600",
        "d-1 问题d-1？ plain must find 0.900 0.450 1 0.910",
        f"d-4 问题d-4？ typo 1.000 0.500 {DASH} 0.000",
        f"u-1 问题u-1？ far-off unanswerable {DASH} {DASH} {DASH} 0.650",
    ]
    measure = report.page.locator("#asked th", has_text="nDCG@10")
    expect(measure).to_have_attribute("aria-sort", "ascending")
    measure.get_by_role("button").click()
    expect(measure).to_have_attribute("aria-sort", "descending")
    # What has no measure stays at the end.
    assert ids(report) == ["d-4", "d-1", "d-2", "d-3", "u-1"]
    report.page.locator("#asked th button", has_text="Id").press("Enter")
    assert report.page.locator("#asked [aria-sort]").all_inner_texts() == ["Id"]
    assert ids(report) == ["d-1", "d-2", "d-3", "d-4", "u-1"]
    # By their value, not their letters: 10 after 2.
    report.page.locator("#slices-1 + .scroll th button", has_text="Questions").click()
    assert report.texts("#slices-1 + .scroll tbody th") == ["plain", "typo"]


def test_the_filter_looks_at_id_text_and_kind(report: Opened) -> None:
    words, kind = report.page.get_by_role("searchbox"), report.page.get_by_role("combobox")
    assert kind.locator("option").all_inner_texts() == ["all", "plain (2)", "typo (2)", "unanswerable: far-off (1)"]
    words.fill("题D-２")  # In other case and width.
    assert ids(report) == ["d-2"]
    words.fill("far-off")
    assert ids(report) == ["u-1"]
    words.fill("0.910")
    assert ids(report) == []
    words.fill("")
    kind.select_option("typo")
    assert ids(report) == ["d-2", "d-4"]
    assert report.texts("output") == ["2 of 5 questions"]
    report.page.locator("#asked th button", has_text="Id").click()
    assert ids(report) == ["d-2", "d-4"]


def test_a_row_opens_by_keyboard_to_what_was_wanted_and_returned(report: Opened) -> None:
    button = report.page.get_by_role("button", name="问题d-1？")
    button.focus()
    report.page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    assert report.texts(".opened > .wanted li") == ["answers visits#证件 要带证件", "helps calls"]
    report.page.get_by_text("1 read in vain").click()
    assert report.texts(".opened details li") == ["read, does not help records"]
    assert report.texts(".hits .head") == [
        "1 answers holds the quote 0.910", "2 helps 0.800", "3 read, does not help 0.700",
    ]  # fmt: skip
    assert report.texts(".hits .path") == ["上门 › 证件", "电话", "征信 › 多久 › 五年"]
    # A line break within it does not hide a quote.
    assert report.page.locator("mark").all_text_contents() == ["要带\n证件"]
    assert report.texts(".hits .text")[0] == "上门要带 证件，不带不开门。"
    report.page.locator("#asked th button", has_text="Id").click()
    assert report.page.locator("#asked tbody tr").nth(1).get_attribute("class") == "details"
    button.press("Space")
    expect(button).to_have_attribute("aria-expanded", "false")
    assert report.texts(".opened") == []


def test_a_question_without_results_or_answer_opens_too(report: Opened) -> None:
    report.page.get_by_role("button", name="问题d-4？").click()
    assert report.texts(".answer") == ["Returned Nothing."]
    report.page.get_by_role("button", name="问题u-1？").click()
    assert "Nothing: no article answers this question." in report.texts(".opened")[1]
    assert report.texts(".hits .head") == ["1 not judged 0.650"]


def test_a_missed_question_is_found_in_the_table(report: Opened) -> None:
    assert report.texts("section[aria-labelledby=must-find] > p") == ["1 of 2 has no answer among the first 5 results."]
    assert report.texts(".missed li") == ["d-3 问题d-3？ not found"]
    report.page.get_by_role("searchbox").fill("d-1")
    report.page.locator(".missed a").click()
    expect(report.page.get_by_role("button", name="问题d-3？")).to_be_focused()
    assert report.texts(".hits .head") == ["1 helps 0.550"]
    assert report.texts("output") == ["5 questions"]


def test_of_thousands_of_rows_the_first_are_shown(browser: Browser, make: Make) -> None:
    many = [asked(f"q{number}", number / 1000, hit("p1", 0.5)) for number in range(SHOWN_ROWS + 50)]
    with opened(browser, make(report_page(results(*many)))) as page:
        assert len(ids(page)) == SHOWN_ROWS
        page.page.locator("#asked th button", has_text="nDCG@10").click()
        assert ids(page)[0] == f"q{SHOWN_ROWS + 49}"
        assert len(ids(page)) == SHOWN_ROWS
        page.page.get_by_role("searchbox").fill("q1")
        assert len(ids(page)) == 111  # q1, q10 to q19, q100 to q199
        page.page.get_by_role("searchbox").fill("")
        page.page.emulate_media(media="print")
        assert len(ids(page)) == SHOWN_ROWS + 50
        page.page.emulate_media(media="screen")
        page.page.get_by_role("button", name=f"Show all {SHOWN_ROWS + 50}").click()
        assert len(ids(page)) == SHOWN_ROWS + 50
        assert page.noted == []


def test_without_scripts_everything_but_the_results_is_there(browser: Browser, first_page: Path) -> None:
    with opened(browser, first_page, scripts=False) as page:
        assert ids(page) == ["d-3", "d-2", "d-1", "d-4", "u-1"]
        assert page.texts("noscript") == [
            "Without JavaScript the questions are listed, but what was returned is not shown."
        ]
        assert page.texts("form") == []
        assert page.page.get_by_role("img").count() == 4


def styles(page: Opened, selector: str, *names: str) -> list[str]:
    script = "(element, names) => names.map((name) => getComputedStyle(element)[name])"
    return [str(value) for value in page.page.locator(selector).first.evaluate(script, list(names))]


def test_the_page_is_dark_where_that_is_wished_but_printed_light(browser: Browser, first_page: Path) -> None:
    dark, light = "rgb(21, 24, 27)", "rgb(253, 253, 252)"
    with opened(browser, first_page, scheme="dark") as page:
        assert styles(page, "body", "backgroundColor", "color") == [dark, "rgb(232, 234, 237)"]
        assert styles(page, "svg text", "fill") == ["rgb(170, 178, 187)"]
        assert styles(page, "svg text", "fontFamily") == styles(page, "body", "fontFamily")
        page.page.get_by_role("button", name="问题d-1？").click()
        page.page.emulate_media(media="print")
        assert styles(page, "body", "backgroundColor", "color") == [light, "rgb(29, 33, 37)"]
        assert styles(page, "thead", "display") == ["table-header-group"]
        assert (page.texts("nav"), page.texts("form")) == ([], [])
        assert len(page.texts(".hits li")) == 3
        # A closed list is printed open.
        assert page.texts(".note li") == ["dev.jsonl:7: not a question", "d-4: the question is empty"]
        assert page.page.pdf().startswith(b"%PDF")


@pytest.mark.parametrize("kind", ["report", "comparison"])
def test_a_phone_scrolls_tables_and_not_the_page(browser: Browser, make: Make, kind: str) -> None:
    long = replace(OUTCOMES[0], id="x" * 99, text="长" * 200, wanted=(Wanted(f"visits#{'y' * 99}", 2, "长" * 99),))
    first = results(
        long, system=replace(SYSTEM, place="/" + "z" * 200), passages=ShownPassage("题" * 99, (), "w" * 999)
    )
    second = results(replace(long, values={"nDCG@10": 0.1}))
    text = report_page(first) if kind == "report" else comparison_page(comparison(first, second))
    with opened(browser, make(text), width=390) as page:
        page.page.locator(".open").first.click()
        assert page.page.evaluate("document.documentElement.scrollWidth") == 390
        for selector in (".opened", ".hits li"):
            width = page.page.locator(selector).first.evaluate("(element) => element.getBoundingClientRect().width")
            assert 250 < width <= 358
            assert (
                page.page.locator(selector).first.evaluate("({scrollWidth, clientWidth}) => scrollWidth - clientWidth")
                == 0
            )
        # One below the other.
        sides = page.page.locator(".answer").evaluate_all("(all) => all.map((one) => one.getBoundingClientRect().x)")
        assert len(set(sides)) == 1


BEYOND = "(all) => all.map((one) => one.scrollWidth - one.clientWidth)"


@pytest.mark.parametrize(
    ("kind", "tables"),
    [("report", ["measures", "answerability"]), ("comparison", ["measures", "coverage", "answerability"])],
)
def test_a_phone_shows_every_measure_with_its_label(browser: Browser, make: Make, kind: str, tables: list[str]) -> None:
    text = report_page(FIRST) if kind == "report" else comparison_page(comparison(FIRST, SECOND))
    with opened(browser, make(text), width=390) as page:
        for name in tables:
            box = page.page.locator(f'.scroll[aria-labelledby="{name}"]')
            assert box.evaluate_all(BEYOND) == [0]
            cells = box.locator("td").filter(visible=True)
            labels = cells.evaluate_all("(all) => all.map((one) => getComputedStyle(one, '::before').content)")
            # Each value has its column's name before it, and a dash is not worth a line.
            heads = box.locator("thead th.number").all_text_contents()
            assert {label.strip('"') for label in labels} <= {head.split(" (")[0] for head in heads}
            assert DASH not in cells.all_inner_texts()
        # What is too wide even so has a shade at the edge.
        slices = page.page.locator("#slices-1 + .scroll")
        assert slices.evaluate_all(BEYOND)[0] > 0
        assert styles(page, "#slices-1 + .scroll", "backgroundAttachment") == ["local, local, scroll, scroll, scroll"]


@pytest.mark.parametrize("width", [390, 700, 1280])
@pytest.mark.parametrize("kind", ["report", "comparison"])
def test_no_value_of_a_slice_runs_into_the_next(browser: Browser, make: Make, kind: str, width: int) -> None:
    text = report_page(FIRST) if kind == "report" else comparison_page(comparison(FIRST, SECOND))
    with opened(browser, make(text), width=width) as page:
        assert set(page.page.locator(".even th, .even td").evaluate_all(BEYOND)) == {0}


def test_grades_above_two_are_named_by_the_best_of_their_question(browser: Browser, make: Make) -> None:
    wanted = (Wanted("a", 3), Wanted("b", 2), Wanted("c", 1), Wanted("d", 0))
    hits = tuple(hit("p1", 0.5, grade) for grade in (3, 2, 1, 0, None))
    with opened(browser, make(report_page(results(replace(OUTCOMES[0], wanted=wanted, hits=hits))))) as page:
        assert page.texts("output") == ["1 question"]
        page.page.locator(".open").click()
        assert page.texts(".opened > .wanted li") == ["answers a", "helps b", "helps c"]
        assert page.texts(".hits .grade") == ["answers", "helps", "helps", "read, does not help", "not judged"]
        classes = page.page.locator(".hits .grade").evaluate_all("(all) => all.map((one) => one.className)")
        assert classes == ["grade answers", "grade helps", "grade helps", "grade read", "grade unjudged"]
        page.page.get_by_role("searchbox").fill("nothing has this")
        assert page.texts("output") == ["0 of 1 question"]
        assert page.noted == []


@pytest.mark.parametrize("kind", ["report", "comparison"])
def test_strangers_cannot_write_the_page(browser: Browser, make: Make, kind: str) -> None:
    first = hostile()
    second = replace(first, outcomes=(replace(first.outcomes[0], values={"nDCG@10": 0.1}),))
    text = report_page(first) if kind == "report" else comparison_page(comparison(first, second))
    assert all(character.isprintable() or character == "\n" for character in text)
    with opened(browser, make(text)) as page:
        page.page.locator(".open").first.click()
        assert page.texts(".hits .text")[0] == f"{SHOWN_HOSTILE} {SHOWN_HOSTILE}"
        assert page.texts(".open") == [SHOWN_HOSTILE]
        assert page.texts(".opened > .wanted bdi") == [SHOWN_HOSTILE, SHOWN_HOSTILE]
        assert page.texts(".opened > .wanted q") == ["反", SHOWN_HOSTILE]
        assert page.page.locator("img, iframe, body script:not([id]):not([type=module])").count() == 0
        assert page.page.locator("mark").first.text_content() == SHOWN_HOSTILE
        page.page.get_by_role("searchbox").fill("反")
        page.page.wait_for_timeout(100)
        assert page.noted == []


@pytest.fixture
def compared(browser: Browser, make: Make) -> Iterator[Opened]:
    """Open the page of the sample comparison; at the end it must have done nothing that it must not do."""
    with opened(browser, make(comparison_page(comparison(FIRST, SECOND)))) as page:
        yield page
        assert page.noted == []


def test_a_comparison_names_both_systems_and_what_differs(compared: Opened) -> None:
    rows = compared.texts(".systems tbody tr")
    assert rows[:3] == ["Place index index", "Mode hybrid dense", "Settings 5e771265 5e771265"]
    assert compared.texts(".differs") == ["Mode hybrid dense"]
    assert compared.texts("header .note") == [
        "Both have the same settings; they differ in their mode.",
        "Asked of one only, and left out: 1",
    ]


def test_a_comparison_tells_differences(compared: Opened) -> None:
    assert compared.texts('section[aria-labelledby="measures"] h2 + .scroll td') == [
        "0.500", "0.625", "+0.125 +0.062 to +0.188", "<0.001",
        "0.500", "0.375", "−0.125 −0.375 to +0.125", "0.500",
    ]  # fmt: skip
    assert compared.texts("#slices-1 + .scroll tbody tr") == ["typo 2 0.750 0.500 −0.250 −0.375 to −0.125 0.012"]
    assert compared.texts(".better") == ["+0.125 +0.062 to +0.188"]
    assert compared.texts(".worse") == ["−0.250 −0.375 to −0.125"]


def test_how_much_was_read_is_no_quality(compared: Opened) -> None:
    assert compared.texts("#coverage + .scroll tbody tr") == [
        "Judged@5 no measure of quality: the share of the first 5 places that a judge has read; "
        "where it is low, the others say little 0.750 0.625 −0.125 −0.188 to −0.062"
    ]
    assert compared.texts("#coverage + .scroll thead th") == ["Measure", "First", "Second", "Difference"]
    assert compared.texts("#coverage ~ .warning") == [
        "What no judge has read counts as wrong: the side of which less was read may be better than the "
        "measures above say."
    ]


def test_a_comparison_sets_answerability_side_by_side(compared: Opened) -> None:
    section = 'section[aria-labelledby="answerability"]'
    assert compared.texts(f"{section} p") == [
        "What the score of the first result says, over all questions that each was asked: of the first "
        "4 answerable and 1 unanswerable, of the second 4 answerable and 1 unanswerable."
    ]
    assert compared.texts(f"{section} td") == [
        "0.250 0.200–0.300", "0.250 0.200–0.300", "1.000", "1.000", "0.300 0.250–0.350", "0.300 0.250–0.350",
    ]  # fmt: skip
    assert compared.texts(f"{section} .better, {section} .worse") == []


def test_a_lost_question_opens_to_both_systems_side_by_side(compared: Opened) -> None:
    assert compared.texts("h2")[-2:] == ["Lost: 1", "Won: 1"]
    assert compared.texts("#lost-pairs tr[data-row]") == ["d-1 问题d-1？ plain must find 0.900 0.500 −0.400"]
    assert compared.texts("#won-pairs tr[data-row]") == ["d-2 问题d-2？ typo 0.250 0.750 +0.500"]
    compared.page.get_by_role("button", name="问题d-2？").click()
    assert compared.texts(".answer h3") == ["First: hybrid, index", "Second: dense, index"]
    assert compared.texts(".answer .head") == [
        "1 not judged 0.600", "2 answers holds the quote 0.500", "1 answers holds the quote 0.990",
    ]  # fmt: skip
    first, second = compared.page.locator(".answer").evaluate_all(
        "(all) => all.map((one) => [one.getBoundingClientRect().x, one.getBoundingClientRect().y])"
    )
    assert first[0] < second[0]
    assert first[1] == second[1]


def test_passages_of_one_id_may_differ_between_two_systems(browser: Browser, make: Make) -> None:
    other = replace(SECOND, passages={id_: replace(one, text="改过的") for id_, one in PASSAGES.items()})
    with opened(browser, make(comparison_page(comparison(FIRST, other)))) as page:
        page.page.get_by_role("button", name="问题d-2？").click()
        assert page.texts(".hits .text") == ["保存五年。", "上门要带 证件，不带不开门。", "改过的"]


def test_nothing_lost_is_said(browser: Browser, make: Make) -> None:
    with opened(browser, make(comparison_page(comparison(FIRST, FIRST)))) as page:
        assert page.texts("h2 + p")[-2:] == ["None.", "None."]
        assert page.texts("form") == []
