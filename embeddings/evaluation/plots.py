"""Draw what an evaluation found as SVG that takes colours and fonts from the page it stands in."""

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple
from unicodedata import east_asian_width
from xml.etree import ElementTree as ET

import numpy as np
from matplotlib import rc_context, rcdefaults, rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.typing import RcKeyType

from corpus.unicode import printable
from embeddings.evaluation.answerability import certainties, first_is_right, top_scores
from embeddings.evaluation.results import Bin, Estimate, Outcome, Slice

# Drawn colour → the page's variable; every colour of a plot is one of these.
_INK, _QUIET, _LINE, _FIRST, _SECOND = "#1d2125", "#565f69", "#d5d9de", "#0b5cad", "#b3541e"
_VARIABLES = {_INK: "--ink", _QUIET: "--quiet", _LINE: "--line", _FIRST: "--accent", _SECOND: "--contrast"}
_SETTINGS: dict[RcKeyType, object] = {
    "axes.axisbelow": True,
    "axes.edgecolor": _LINE,
    "axes.grid": True,
    "axes.labelcolor": _QUIET,
    "axes.labelsize": 8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 8,
    "grid.color": _LINE,
    "grid.linewidth": 0.5,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "svg.fonttype": "none",
    "text.color": _INK,
    "text.parse_math": False,
    "xtick.color": _QUIET,
    "ytick.color": _QUIET,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
}
# In inches; a plot is drawn for a phone's width, where its 8 points are still read.
_WIDTH = 4.4
_HEIGHT = 3.1
_ROW_HEIGHT = 0.24
# In points.
_DOT = 4.5
_XLINK = "{http://www.w3.org/1999/xlink}href"
# A row's label is cut to so many columns; a Chinese character takes two.
_LABEL_COLUMNS = 26
# Half a Chinese character is 0.5 em wide, a digit of matplotlib's font 0.64.
_DIGITS_A_COLUMN = 0.85
# Above so many rows nobody reads a plot; the table has them all.
MAX_ROWS = 40
_SCORE_BINS = 20


class CoveragePoint(NamedTuple):
    """Hold the share of the questions that are answered, and the share of those that are answered rightly."""

    coverage: float
    precision: float


def coverage_points(outcomes: Sequence[Outcome]) -> tuple[CoveragePoint, ...]:
    """Return a point for each score that a first result has, the highest first.

    At each point the questions are answered whose first result has this score or more. An answer
    is right where the first result has the question's best grade, so one to an unanswerable question never is.
    """
    scored = sorted(zip(top_scores(outcomes).tolist(), outcomes, strict=True), key=lambda one: -one[0])
    points: list[CoveragePoint] = []
    answered = right = 0
    for _, tied in groupby(scored, key=lambda one: one[0]):
        for _, outcome in tied:
            answered += 1
            right += first_is_right(outcome)
        points.append(CoveragePoint(answered / len(scored), right / answered))
    return tuple(points)


def score_shares(scores: Sequence[float], edges: Sequence[float], questions: int) -> tuple[float, ...]:
    """Return the share of the questions in each bin; only the last bin holds its upper edge, too.

    Args:
        scores: of those questions that have one.
        edges: of the bins.
        questions: how many there are, with a score and without.
    """
    counts, _ = np.histogram(scores, bins=edges)
    return tuple(float(count) / questions for count in counts)


def plot_slices(measure: str, total: Estimate, questions: int, slices: Iterable[Slice]) -> str:
    """Draw a measure with its intervals: of all questions, then slice by slice, the highest first.

    Args:
        measure: its name; slices without it are left out.
        total: its value over all questions.
        questions: how many were measured.
        slices: of one cut; the `MAX_ROWS` with the most questions are drawn.
    """
    measured = [one for one in slices if measure in one.measures]
    largest = sorted(measured, key=lambda one: -one.questions)[:MAX_ROWS]
    ordered = sorted(largest, key=lambda one: -one.measures[measure].value)
    estimates = [total, *(one.measures[measure] for one in ordered)]
    labels = [_label("all", questions), *(_label(one.name, one.questions) for one in ordered)]
    # matplotlib knows neither these glyphs nor right-to-left text; the browser does. So it lays
    # out digits of about their width, and the labels take their place.
    places = {f"@{number:0{round(_columns(label) * _DIGITS_A_COLUMN)}d}": label for number, label in enumerate(labels)}

    def draw(axes: Axes) -> None:
        axes.grid(visible=False, axis="y")
        axes.axvline(total.value, color=_QUIET, linewidth=0.8, linestyle=(0, (3, 3)))
        for row, estimate in enumerate(estimates):
            colour = _FIRST if row else _INK
            if estimate.interval is not None:
                axes.plot(estimate.interval, (row, row), color=colour, linewidth=1.6, solid_capstyle="round")
            axes.plot([estimate.value], [row], color=colour, marker="o", markersize=_DOT)
        axes.set_yticks(range(len(places)), list(places), color=_INK)
        axes.set_ylim(len(places) - 0.4, -0.6)
        axes.set_xlim(-0.01, 1.01)

    height = 0.35 + _ROW_HEIGHT * len(places)
    return _drawn(draw, "slices", f"{printable(measure)} with 95 % intervals, slice by slice", height, places)


def plot_calibration(bins: Sequence[Bin]) -> str:
    """Draw how often the first result of each bin is right against its score."""
    questions = sum(one.questions for one in bins)

    def draw(axes: Axes) -> None:
        axes.plot((0, 1), (0, 1), color=_QUIET, linewidth=0.8, linestyle=(0, (3, 3)))
        axes.plot([one.score for one in bins], [one.right for one in bins], color=_FIRST, marker="o", markersize=_DOT)
        _unit_square(axes, "score of the first result, mean of the bin", "share that is right")
        parted = f", {len(bins)} bins of as many questions each" if len(bins) > 1 else ""
        axes.set_title(f"n = {questions}{parted}", fontsize=8, loc="left")

    return _drawn(draw, "calibration", f"Calibration curve, n = {questions}")


def plot_coverage(outcomes: Sequence[Outcome]) -> str:
    """Draw how often the first result is right against the share of questions that are answered."""
    points = coverage_points(outcomes)

    def draw(axes: Axes) -> None:
        marker = "o" if len(points) == 1 else None
        axes.plot(
            [point.coverage for point in points],
            [point.precision for point in points],
            color=_FIRST,
            marker=marker,
            markersize=_DOT,
        )
        _unit_square(axes, "coverage: share of the questions answered", "precision: share of these right")
        axes.set_title(f"n = {len(outcomes)}", fontsize=8, loc="left")

    return _drawn(draw, "coverage", f"Precision against coverage, n = {len(outcomes)}")


def plot_scores(outcomes: Sequence[Outcome], threshold: float | None) -> str:
    """Draw how sure a system is that there is an answer, of questions with and without one.

    Args:
        outcomes: of all questions.
        threshold: a score to mark; None marks none.
    """
    # One question that nothing was found for would stretch the axis to 0; the legend counts them.
    found = [outcome for outcome in outcomes if outcome.hits]
    scores = certainties(found).tolist()
    low, high = min(scores, default=0.0), max(scores, default=1.0)
    edges = np.linspace(low, high if high > low else low + 1.0, _SCORE_BINS + 1).tolist()

    def draw(axes: Axes) -> None:
        for name, wanted, colour in (("answerable", True, _FIRST), ("unanswerable", False, _SECOND)):
            questions = sum(one.is_answerable is wanted for one in outcomes)
            own = [score for score, one in zip(scores, found, strict=True) if one.is_answerable is wanted]
            if questions:
                shares = score_shares(own, edges, questions)
                nothing = f", nothing found for {questions - len(own)}" if questions > len(own) else ""
                axes.stairs(shares, edges, fill=True, color=colour, alpha=0.25)
                axes.stairs(shares, edges, color=colour, linewidth=1.2, label=f"{name} (n = {questions}{nothing})")
        if threshold is not None:
            axes.axvline(threshold, color=_INK, linewidth=1, linestyle=(0, (4, 2)), label=f"threshold {threshold:.3f}")
        axes.set_xlabel("how sure the system is of an answer")
        axes.set_ylabel("share of the questions")
        axes.set_ylim(bottom=0)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0, handlelength=1.4)

    return _drawn(draw, "scores", "Scores of the first results, answerable and unanswerable questions")


def _unit_square(axes: Axes, x: str, y: str) -> None:
    # Room for points that lie on the border.
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.02, 1.02), xlabel=x, ylabel=y)
    axes.set_xticks(np.linspace(0, 1, 6))
    axes.set_yticks(np.linspace(0, 1, 6))


def _label(name: str, questions: int) -> str:
    """Return a row's label, its name cut to what there is room for."""
    shown, columns = "", 0
    for character in printable(" ".join(name.split())):
        columns += _columns(character)
        if columns > _LABEL_COLUMNS:
            return f"{shown}… ({questions})"
        shown += character
    return f"{shown} ({questions})"


def _columns(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _drawn(
    draw: Callable[[Axes], None], name: str, label: str, height: float = _HEIGHT, texts: Mapping[str, str] | None = None
) -> str:
    """Return a plot as an <svg> element for HTML; the same input gives the same text.

    Args:
        draw: puts the plot on the axes.
        name: tells its ids from those of other plots in one page.
        label: says what it shows, for those who do not see it.
        height: in inches.
        texts: what takes the place of texts that were drawn.
    """
    written = io.StringIO()
    with rc_context():
        # Whatever settings of one's own matplotlib has read.
        rcdefaults()
        rcParams.update({**_SETTINGS, "svg.hashsalt": name})
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        draw(figure.subplots())
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    svg = ET.fromstring(written.getvalue())  # noqa: S314 -- matplotlib wrote it
    _fit_page(svg, texts or {})
    svg.attrib = {"viewBox": svg.attrib["viewBox"], "role": "img", "aria-label": label, "class": "plot"}
    return ET.tostring(svg, encoding="unicode")


def _fit_page(svg: ET.Element, texts: Mapping[str, str]) -> None:
    """Make attributes of styles, which a strict page forbids, and variables of colours; drop what HTML wants not."""
    for parent in list(svg.iter()):
        for child in list(parent):
            if child.tag.endswith(("}metadata", "}style")):
                parent.remove(child)
    for element in svg.iter():
        element.tag = element.tag.rpartition("}")[2]
        style = element.attrib.pop("style", "")
        element.attrib |= {name: value for name, value in _declarations(style) if name != "font-family"}
        if _XLINK in element.attrib:
            element.set("href", element.attrib.pop(_XLINK))
        if element.tag in {"g", "text"}:
            # matplotlib numbers these afresh in every plot, and nothing refers to them.
            element.attrib.pop("id", None)
        element.text = texts.get(element.text or "", element.text)


def _declarations(style: str) -> Iterable[tuple[str, str]]:
    for declaration in style.split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name:
            yield name, f"var({_VARIABLES[value]})" if value in _VARIABLES else value
