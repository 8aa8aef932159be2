"""Write an evaluation, or a comparison of two, as one HTML page with nothing to load."""

import hashlib
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from corpus.unicode import printable
from embeddings.evaluation.answerability import AUROC, BASE_BRIER, BRIER, BRIER_GAIN, ECE, FPR, is_right, top_scores
from embeddings.evaluation.comparison import SIGNIFICANT
from embeddings.evaluation.measures import COVERAGE, MAIN_MEASURE
from embeddings.evaluation.plots import MAX_ROWS, plot_calibration, plot_coverage, plot_scores, plot_slices
from embeddings.evaluation.report_rows import KEPT, Details
from embeddings.evaluation.results import (
    BY_ANSWER,
    Answerability,
    Comparison,
    Cut,
    Estimate,
    Interval,
    Outcome,
    Pair,
    Results,
)

# The columns of a table of slices; the first with its interval.
SLICE_MEASURES = (MAIN_MEASURE, "RR@10", "R@5", "Success@5", f"Success@5{BY_ANSWER}")
# A must-find question is missed where none of so many first results answers it.
MISSED_BELOW = 5
# Where of one system a result in fifty more was read, the measures are no longer fair to the other.
UNEVENLY_READ = 0.02
# These tell how much was read, not how good it is: nothing is better or worse by them.
COVERAGE_MEASURES = tuple(map(str, COVERAGE))
ANSWERABILITY_MEASURES = (AUROC, FPR, BRIER, BASE_BRIER, BRIER_GAIN, ECE)
# Of more rows the page shows the others when it is told to: with 3,219 rows, Chromium opens and sorts
# the table in a third of the time.
SHOWN_ROWS = 250
DASH = "–"
_PAGE = Path(__file__).parent / "page"
_CHINESE = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
_SAYS = {
    "nDCG": "how well the first {} places are filled; a better grade counts more, and more the higher it stands",
    "RR": "1 divided by the place of the first right result; 0 where it is not among the first {}",
    "R": "the share of all that is right that stands at the places up to {}",
    "AP": "the precision at the place of each right result, averaged",
    "Success": "the share of the questions with something right at the places up to {}",
    "Judged": "no measure of quality: the share of the first {} places that a judge has read; "
    "where it is low, the others say little",
    "AUROC": "how often an answerable question scores above an unanswerable one; 0.5 is chance",
    "FPR": "the share of the unanswerable questions that reach the threshold, which {} % of the answerable reach",
    "Brier": "the mean squared distance of the score from 1 where the first result is right, from 0 where it is not",
    BASE_BRIER: "the Brier score of one score for all questions, the share that is right: Brier should be lower",
    BRIER_GAIN: "how much lower it is: above 0, scores say more than that share",
    "ECE": "how far the score lies from the share that is right, averaged over bins",
}


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """Hold a measure by judged section and by judged quote."""

    name: str
    says: str
    by_section: Estimate | None
    by_answer: Estimate | None


@dataclass(frozen=True, slots=True)
class TwoEstimates:
    """Hold a measure of two systems that no test tells apart."""

    name: str
    first: Estimate | None
    second: Estimate | None


@dataclass(frozen=True, slots=True)
class Plot:
    """Hold a plot with its caption."""

    title: str
    says: str
    svg: Markup


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """Hold a question as a row of the page's table; `number` is that of what opens below it."""

    number: int
    outcome: Outcome
    first_answer: int | None
    top_score: float


@dataclass(frozen=True, slots=True)
class PairRow:
    """Hold a question that two systems answer differently well."""

    number: int
    pair: Pair


def report_page(results: Results) -> str:
    """Return the page of an evaluation; the same results give the same text."""
    details = Details()
    scored = zip(results.outcomes, top_scores(results.outcomes).tolist(), strict=True)
    rows = [
        QuestionRow(details.add(outcome, [("", results, outcome)]), outcome, first_answer(outcome), score)
        # Those without an answer have no measure, and come last.
        for outcome, score in sorted(scored, key=lambda one: one[0].values.get(MAIN_MEASURE, float("inf")))
    ]
    return _rendered(
        "evaluation.html",
        results=results,
        rows=rows,
        measures=measure_rows(results.measures),
        plots=list(_plots(results)),
        missed=missed(rows),
        data=details.json(),
    )


def comparison_page(comparison: Comparison) -> str:
    """Return the page of a comparison; the same comparison gives the same text."""
    details = Details()

    def shown(pairs: Iterable[Pair]) -> list[PairRow]:
        return [PairRow(details.add(pair.first, _answers(comparison, pair)), pair) for pair in pairs]

    return _rendered(
        "comparison.html",
        comparison=comparison,
        answerability=both_answerabilities(comparison.first.answerability, comparison.second.answerability),
        lost=shown(comparison.lost),
        won=shown(comparison.won),
        data=details.json(),
    )


def first_answer(outcome: Outcome) -> int | None:
    """Return the rank of the first result that answers the question, None where none does."""
    return next((rank for rank, hit in enumerate(outcome.hits, start=1) if is_right(outcome, hit)), None)


def missed(rows: Iterable[QuestionRow]) -> list[QuestionRow]:
    """Return the must-find questions that none of the first `MISSED_BELOW` results answers."""
    return [row for row in rows if row.outcome.must_find and not 0 < (row.first_answer or 0) <= MISSED_BELOW]


def measure_rows(measures: dict[str, Estimate]) -> list[MeasureRow]:
    """Return the measures by name, those by judged quote beside those by judged section."""
    names = dict.fromkeys(name.removesuffix(BY_ANSWER) for name in measures)
    return [MeasureRow(name, says(name), measures.get(name), measures.get(name + BY_ANSWER)) for name in names]


def both_answerabilities(first: Answerability | None, second: Answerability | None) -> list[TwoEstimates]:
    """Return the measures of answerability that either side has; none where a side knows nothing of it."""
    if first is None or second is None:
        return []
    rows = [TwoEstimates(name, first.measures.get(name), second.measures.get(name)) for name in ANSWERABILITY_MEASURES]
    return [row for row in rows if row.first is not None or row.second is not None]


def says(measure: str) -> str:
    """Return what a measure says, in a sentence without a verb; "" for one that is not known."""
    kind, _, places = measure.removesuffix(BY_ANSWER).partition("@")
    return _SAYS.get(kind, "").format(places)


def group(outcome: Outcome) -> str:
    """Return what a question is filtered by: its kind, and that it has no answer."""
    kind = outcome.kind or "no kind"
    return kind if outcome.is_answerable else f"unanswerable: {kind}"


def groups(outcomes: Iterable[Outcome]) -> list[tuple[str, int]]:
    """Return the groups with the number of questions in each, in order of name."""
    return sorted(Counter(group(outcome) for outcome in outcomes).items())


def counted(count: int, noun: str) -> str:
    """Return how many there are of something: "1 question", "2 questions"."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def number(value: float | None) -> str:
    """Return a number with three decimals, a dash for None."""
    return DASH if value is None else signed(value).removeprefix("+")


def lang(text: str) -> Markup:
    """Return the attribute that tells a reading voice and the choice of glyphs that a text is Chinese, if it is."""
    return Markup(' lang="zh"') if _CHINESE.search(text) else Markup()


def signed(value: float) -> str:
    """Return a number with its sign and three decimals; what rounds to nothing has no sign."""
    shown = f"{value:+.3f}".replace("-", "\N{MINUS SIGN}")
    return "0.000" if shown[1:] == "0.000" else shown


def interval(ends: Interval, *, is_signed: bool = False) -> str:
    """Return an interval's ends; no dash stands between signed ones, where it could be read as a sign."""
    show, between = (signed, " to ") if is_signed else (number, "–")
    return f"{show(ends.low)}{between}{show(ends.high)}"


def probability(p: float | None) -> str:
    """Return a p-value with three decimals, a dash for None."""
    smallest = 0.001
    return f"<{smallest}" if p is not None and p < smallest else number(p)


def _answers(comparison: Comparison, pair: Pair) -> list[tuple[str, Results, Outcome]]:
    sides = (("First", comparison.first, pair.first), ("Second", comparison.second, pair.second))
    # Of a TREC run the mode is not known.
    return [
        (f"{name}: {', '.join(filter(None, (results.system.mode, results.system.place)))}", results, one)
        for name, results, one in sides
    ]


def _plots(results: Results) -> Iterator[Plot]:
    def plot(title: str, says: str, svg: str) -> Plot:
        return Plot(title, says, Markup(svg))  # noqa: S704 -- written by an XML library, which escapes texts

    total, kinds = results.measures.get(MAIN_MEASURE), [one for one in results.slices if one.cut is Cut.KIND]
    told = results.answerability
    if total is not None and kinds:
        svg = plot_slices(MAIN_MEASURE, total, sum(one.is_answerable for one in results.outcomes), kinds)
        which = f", the {MAX_ROWS} with the most questions" if len(kinds) > MAX_ROWS else ""
        yield plot(f"{MAIN_MEASURE} by kind{which}", "with 95 % intervals; the dashed line is the value of all", svg)
    if told is not None and told.calibration:
        says = "a score means what it says where the curve lies on the dashed line; below it, it promises too much"
        yield plot("Calibration", says, plot_calibration(told.calibration))
    if results.outcomes:
        says = "what is gained by answering only questions whose first result scores high"
        yield plot("Precision against coverage", says, plot_coverage(results.outcomes))
        threshold = told.threshold if told is not None else None
        says = "the less the two overlap, the better a score tells whether there is an answer"
        yield plot("Scores of first results", says, plot_scores(results.outcomes, threshold))


def _rendered(template: str, **values: object) -> str:
    style, script = ((_PAGE / name).read_text(encoding="utf-8") for name in ("style.css", "script.js"))
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    ours = {"policy": policy, "style": Markup(style), "script": Markup(script)}  # noqa: S704 -- files of this package
    return _environment().get_template(template).render(**ours, **values)


def _hash(text: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader(_PAGE),
        undefined=StrictUndefined,
        finalize=_finalised,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "counted": counted,
        "number": number,
        "signed": signed,
        "interval": interval,
        "lang": lang,
        "probability": probability,
    }
    environment.globals |= {
        "BY_ANSWER": BY_ANSWER,
        "COVERAGE_MEASURES": COVERAGE_MEASURES,
        "DASH": DASH,
        "MAIN_MEASURE": MAIN_MEASURE,
        "MISSED_BELOW": MISSED_BELOW,
        "SHOWN_ROWS": SHOWN_ROWS,
        "SIGNIFICANT": SIGNIFICANT,
        "SLICE_MEASURES": SLICE_MEASURES,
        "UNEVENLY_READ": UNEVENLY_READ,
        "Cut": Cut,
        "group": group,
        "groups": groups,
        "says": says,
    }
    return environment


def _finalised(value: object) -> object:
    """Write out what strangers hid in their texts; markup of our own passes."""
    return printable(value, kept=KEPT) if isinstance(value, str) and not isinstance(value, Markup) else value
