"""The plots: their numbers, and that they fit into any page."""

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from embeddings.evaluation.plots import (
    MAX_ROWS,
    CoveragePoint,
    coverage_points,
    plot_calibration,
    plot_coverage,
    plot_scores,
    plot_slices,
    score_shares,
)
from embeddings.evaluation.results import Bin, Cut, Slice
from tests.embeddings.evaluation.sample_results import OUTCOMES, asked, estimate, hit

MEASURE = "nDCG@10"
Draw = Callable[[], str]


def kind(name: str, value: float, questions: int = 1) -> Slice:
    return Slice(Cut.KIND, name, questions, {MEASURE: estimate(value)})


def slices_plot(*slices: Slice) -> str:
    return plot_slices(MEASURE, estimate(0.5), 9, slices)


PLOTS: dict[str, Draw] = {
    "slices": lambda: slices_plot(kind("plain", 0.25), kind("typo", 0.75)),
    "calibration": lambda: plot_calibration([Bin(0.25, 0.0, 3), Bin(0.75, 0.5, 2)]),
    "coverage": lambda: plot_coverage(OUTCOMES),
    "scores": lambda: plot_scores(OUTCOMES, 0.55),
}


def read(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 -- ours


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in read(svg).iter("text")]


def drawn(svg: str, tag: str, *colours: str) -> list[ET.Element]:
    return [element for element in read(svg).iter(tag) if element.attrib.get("stroke") in colours]


def points(line: ET.Element) -> list[tuple[float, float]]:
    words = line.attrib["d"].split()
    return [(float(x), float(y)) for x, y in zip(words[1::3], words[2::3], strict=True)]


def on_axis(svg: str, axis: str, place: float) -> float:
    """Return the number that an axis, "x" or "y", has at a place; its grid goes from 0 to 1."""
    own, other = (0, 1) if axis == "x" else (1, 0)
    grid = [points(line) for line in drawn(svg, "path", "var(--line)") if "clip-path" in line.attrib]
    places = [start[own] for start, end in grid if start[own] == end[own] and start[other] != end[other]]
    return round((place - places[0]) / (places[-1] - places[0]), 3)


def dots(svg: str, coordinate: str) -> list[float]:
    """Return where the dots stand, in the order in which they were drawn."""
    return [float(dot.attrib[coordinate]) for dot in drawn(svg, "use", "var(--accent)", "var(--ink)")]


def lines(svg: str, colour: str) -> list[list[float]]:
    """Return for each line at which numbers of the x axis its points stand."""
    paths = [points(line) for line in drawn(svg, "path", colour) if "clip-path" in line.attrib]
    return [[on_axis(svg, "x", x) for x, _ in path] for path in paths if len(path) > 1]


def test_coverage_rises_score_by_score_and_ties_move_together() -> None:
    outcomes = (
        asked("right", 1.0, hit("p1", 0.9, 2)),
        asked("wrong", 0.0, hit("p1", 0.8, 1)),
        asked("no answer", None, hit("p1", 0.7, 2)),
        asked("tied", 1.0, hit("p1", 0.7, 2)),
        asked("nothing found", 0.0),
    )
    assert coverage_points(outcomes) == (
        CoveragePoint(1 / 5, 1 / 1),
        CoveragePoint(2 / 5, 1 / 2),
        CoveragePoint(4 / 5, 2 / 4),
        CoveragePoint(5 / 5, 2 / 5),
    )
    assert coverage_points(outcomes[::-1]) == coverage_points(outcomes)
    assert coverage_points(()) == ()


def test_shares_of_scores_end_with_the_last_edge() -> None:
    assert score_shares([0.0, 0.5, 0.9, 1.0], [0.0, 0.5, 1.0], 5) == (1 / 5, 3 / 5)


def test_slices_stand_below_the_total_the_highest_first() -> None:
    svg = slices_plot(kind("low", 0.25, 3), kind("high", 0.75, 2), Slice(Cut.KIND, "not measured", 5, {}))
    assert texts(svg)[-3:] == ["all (9)", "high (2)", "low (3)"]
    assert [on_axis(svg, "x", place) for place in dots(svg, "x")] == [0.5, 0.75, 0.25]
    assert dots(svg, "y") == sorted(dots(svg, "y"))
    assert lines(svg, "var(--ink)") == [[0.45, 0.55]]
    assert lines(svg, "var(--accent)") == [[0.7, 0.8], [0.2, 0.3]]


def test_the_largest_slices_are_drawn_where_there_are_many() -> None:
    svg = slices_plot(*(kind(f"k{number}", 0.5, number) for number in range(1, MAX_ROWS + 3)))
    named = {text for text in texts(svg) if text.startswith("k")}
    assert named == {f"k{number} ({number})" for number in range(3, MAX_ROWS + 3)}


def test_a_strangers_label_is_text_and_stays_short() -> None:
    names = ("$\\frac{1}{2}$", "<b>&amp;", "繁體" * 20, "\u202eשלום\x00", "emoji 🙂", "1234")
    svg = slices_plot(*(kind(name, 0.9 - place / 10) for place, name in enumerate(names)))
    assert texts(svg)[-6:] == [
        "$\\frac{1}{2}$ (1)",
        "<b>&amp; (1)",
        f"{'繁體繁體繁體繁體繁體繁體繁'}… (1)",
        "\\u202eשלום\\x00 (1)",
        "emoji 🙂 (1)",
        "1234 (1)",
    ]


def test_calibration_points_stand_where_the_axes_say() -> None:
    svg = PLOTS["calibration"]()
    assert [on_axis(svg, "x", place) for place in dots(svg, "x")] == [0.25, 0.75]
    assert [on_axis(svg, "y", place) for place in dots(svg, "y")] == [0.0, 0.5]
    assert lines(svg, "var(--quiet)") == [[0.0, 1.0]]
    assert "n = 5, 2 bins of as many questions each" in texts(svg)
    assert "n = 1" in texts(plot_calibration([Bin(0.5, 1.0, 1)]))


def test_scores_name_both_groups_and_the_threshold() -> None:
    assert texts(PLOTS["scores"]())[-3:] == [
        "answerable (n = 4, nothing found for 1)",
        "unanswerable (n = 1)",
        "threshold 0.550",
    ]
    from_0_to_1 = [asked("a", 1.0, hit("p1", 0.0)), asked("b", 1.0, hit("p1", 1.0)), asked("c", None)]
    assert lines(plot_scores(from_0_to_1, 0.55), "var(--ink)") == [[0.55, 0.55]]
    only = plot_scores([one for one in OUTCOMES if one.hits and one.is_answerable], None)
    assert [text for text in texts(only) if "n =" in text or "threshold" in text] == ["answerable (n = 3)"]


def test_a_question_that_nothing_was_found_for_stretches_no_axis() -> None:
    high = [asked("a", 1.0, hit("p1", 0.8)), asked("b", 1.0, hit("p1", 0.9))]
    below = [
        element.text
        for element in read(plot_scores([*high, asked("c", None)], None)).iter("text")
        if element.attrib["text-anchor"] == "middle" and "0" in (element.text or "")
    ]
    assert below == ["0.80", "0.82", "0.84", "0.86", "0.88", "0.90"]


def test_equal_scores_and_single_questions_can_be_drawn() -> None:
    assert "answerable (n = 1)" in texts(plot_scores([asked("a", 1.0, hit("p1", 0.5))], None))
    alone = plot_coverage([asked("a", 1.0, hit("p1", 0.5))])
    assert "n = 1" in texts(alone)
    assert [on_axis(alone, axis, *dots(alone, axis)) for axis in "xy"] == [1.0, 0.0]
    assert texts(plot_slices(MEASURE, estimate(0.5, None), 1, []))[-1] == "all (1)"


@pytest.mark.parametrize("draw", PLOTS.values(), ids=list(PLOTS))
def test_a_plot_takes_everything_from_its_page(draw: Draw) -> None:
    svg = draw()
    assert svg == draw()
    root = read(svg)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"]
    assert {"width", "height", "style"}.isdisjoint(root.attrib)
    tags = {element.tag for element in root.iter()}
    assert tags <= {"svg", "defs", "clipPath", "g", "path", "rect", "text", "use"}
    for element in root.iter():
        assert {"style", "font-family"}.isdisjoint(element.attrib)
        for paint in ("fill", "stroke"):
            assert element.attrib.get(paint, "none").startswith(("none", "var(--"))


def test_no_id_stands_twice_in_a_page_and_each_reference_leads_somewhere() -> None:
    roots = [read(draw()) for draw in PLOTS.values()]
    ids = [element.attrib["id"] for root in roots for element in root.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids)) > 0
    for root in roots:
        own = {element.attrib["id"] for element in root.iter() if "id" in element.attrib}
        used = {element.attrib["href"].removeprefix("#") for element in root.iter("use")}
        used |= {
            element.attrib["clip-path"].removeprefix("url(#").removesuffix(")")
            for element in root.iter()
            if "clip-path" in element.attrib
        }
        assert used == own
