"""Show results and comparisons on the terminal."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from rich.cells import cell_len, set_cell_size
from rich.table import Table
from rich.text import Text

from corpus.unicode import printable
from embeddings.evaluation.answerability import best_grade, grade_words
from embeddings.evaluation.comparison import SIGNIFICANT
from embeddings.evaluation.measures import MAIN_MEASURE
from embeddings.evaluation.results import (
    BY_ANSWER,
    Comparison,
    Cut,
    Difference,
    Estimate,
    Outcome,
    Pair,
    Results,
    System,
)

_SHOWN_HITS = 3
_NAME_WIDTH = 24
_JUDGED = "Judged"


def result_lines(results: Results, worst: int) -> Iterator[str]:
    """Yield the lines that tell what an evaluation found, and its worst questions."""
    yield _system(results.system)
    answerability = results.answerability
    count = 0 if answerability is None else answerability.unanswerable
    unanswerable = f" and {_count(count, 'unanswerable one')}" if count else ""
    yield f"{_count(_answerable(results), 'question')}{unanswerable}"
    yield ""
    yield from _measure_lines(results.measures)
    if results.cut_quotes:
        yield f"no passage holds {results.cut_quotes} of {results.quotes} judged quotes whole: no search can find these"
    if answerability is not None:
        yield ""
        yield from (f"{name:{_NAME_WIDTH}} {_estimate(one)}" for name, one in answerability.measures.items())
        for kind in answerability.kinds:
            yield from (f"{printable(kind.name)}: {name} {_estimate(one)}" for name, one in kind.measures.items())
    yield from _slice_lines(results)
    yield from _worst_lines(results, worst)


def _measure_lines(measures: Mapping[str, Estimate]) -> Iterator[str]:
    has_answers = any(name.endswith(BY_ANSWER) for name in measures)
    yield f"{'':10}  by section              {'by answer' if has_answers else ''}".rstrip()
    for name, one in measures.items():
        if not name.endswith(BY_ANSWER):
            answer = measures.get(f"{name}{BY_ANSWER}")
            yield f"{name:10}  {_estimate(one):22}  {'' if answer is None else _estimate(answer)}".rstrip()


def _slice_lines(results: Results) -> Iterator[str]:
    for cut in (Cut.KIND, Cut.MUST_FIND, Cut.LENGTH):
        some = [one for one in results.slices if one.cut is cut]
        if some:
            yield ""
            yield f"{cut.value:{_NAME_WIDTH}} questions  {MAIN_MEASURE}"
        for one in some:
            yield f"{printable(one.name):{_NAME_WIDTH}} {one.questions:9}  {_estimate(one.measures[MAIN_MEASURE])}"


def _worst_lines(results: Results, worst: int) -> Iterator[str]:
    ranked = sorted(
        (outcome for outcome in results.outcomes if outcome.is_answerable),
        key=lambda outcome: outcome.values[MAIN_MEASURE],
    )[:worst]
    if ranked:
        yield ""
        yield f"the worst questions by {MAIN_MEASURE}:"
    for outcome in ranked:
        yield f"{outcome.values[MAIN_MEASURE]:.3f}  {printable(outcome.id)}  {printable(outcome.text)}"
        yield from (
            f"       wanted ({grade_words(one.grade, best_grade(outcome))}): {printable(one.section)}"
            for one in outcome.wanted
            if one.grade
        )
        yield from (f"       returned {line}" for line in _hit_lines(outcome))


def _hit_lines(outcome: Outcome) -> Iterator[str]:
    for rank, hit in enumerate(outcome.hits[:_SHOWN_HITS], start=1):
        words = grade_words(hit.grade, best_grade(outcome))
        yield f"{rank} ({words}{', the quote' if hit.holds_answer else ''}): {printable(hit.section)}"


def comparison_lines(comparison: Comparison) -> Iterator[str]:
    """Yield the lines that tell how two systems differ."""
    yield f"first   {_system(comparison.first.system)}"
    yield f"second  {_system(comparison.second.system)}"
    yield f"{_count(comparison.questions, 'question')} in common"
    if comparison.alone:
        yield f"left aside, for only one of both was asked: {_count(len(comparison.alone), 'question')}"
    judged = {name: one for name, one in comparison.differences.items() if name.startswith(_JUDGED)}
    quality = {name: one for name, one in comparison.differences.items() if name not in judged}
    yield from _difference_lines("", "p", quality)
    if judged:
        # How much was read is no quality: a p would say nothing.
        unweighed = {name: replace(one, p=None) for name, one in judged.items()}
        yield from _difference_lines("read by a judge", "", unweighed)
    yield from _answerability_lines(comparison)
    for cut in Cut:
        some = {
            f"{one.name} ({one.questions})": one.difference
            for one in comparison.slices
            if one.cut is cut and (cut is not Cut.ARTICLE or (one.difference.p or 0.0) < SIGNIFICANT)
        }
        # There are as many articles as fill a screen.
        which = f", where p < {SIGNIFICANT}" if cut is Cut.ARTICLE else ""
        if some:
            yield from _difference_lines(f"{comparison.measure} by {cut.value}{which}", "p (Holm)", some)
    yield ""
    yield (
        f"by {comparison.measure} the second answers {len(comparison.won)} questions better, "
        f"{len(comparison.lost)} worse"
    )


def against(comparison: Comparison) -> str:
    """Return in a line how the second system stands to the first."""
    name, found = comparison.measure, comparison.differences[comparison.measure]
    asked = sum(outcome.is_answerable for outcome in comparison.second.outcomes)
    p = "" if found.p is None else f", p = {found.p:.4f}"
    on = f"on {comparison.questions} of {_count(asked, 'question')}"
    values = f"{name} {found.second:.4f} against {found.first:.4f}"
    return f"{values} {on}, difference {_estimate(found.difference, '+')}{p}"


def pair_tables(comparison: Comparison, worst: int) -> Iterator[Table]:
    """Yield a table of the questions lost most and one of those won most, both systems side by side."""
    for title, pairs in (("lost", comparison.lost), ("won", comparison.won)):
        if pairs[:worst]:
            yield _pairs(f"{title}, by {comparison.measure}", pairs[:worst], comparison.measure)


def _pairs(title: str, pairs: Sequence[Pair], measure: str) -> Table:
    table = Table(title=title, title_justify="left", show_lines=True, expand=True)
    for name in ("question", "first", "second"):
        table.add_column(name, ratio=1, overflow="fold")
    for pair in pairs:
        # As Text, so that nothing in a question is taken for markup.
        table.add_row(
            Text(f"{printable(pair.first.id)}\n{printable(pair.first.text)}"),
            *(
                Text("\n".join([f"{outcome.values[measure]:.3f}", *_hit_lines(outcome)]))
                for outcome in (pair.first, pair.second)
            ),
        )
    return table


def _answerability_lines(comparison: Comparison) -> Iterator[str]:
    first, second = comparison.first.answerability, comparison.second.answerability
    if first is not None and second is not None:
        yield ""
        yield f"{'':{_NAME_WIDTH}}  {'first':22}  second"
        for name in (name for name in first.measures if name in second.measures):
            yield f"{name:{_NAME_WIDTH}}  {_estimate(first.measures[name]):22}  {_estimate(second.measures[name])}"


def _difference_lines(title: str, p: str, differences: Mapping[str, Difference]) -> Iterator[str]:
    shown_names = {printable(name): one for name, one in differences.items()}
    width = max(cell_len(name) for name in (title, *shown_names))
    yield ""
    yield f"{set_cell_size(title, width)}  first  second  difference               {p}".rstrip()
    for name, one in shown_names.items():
        shown = "" if one.p is None else f"{one.p:.4f}"
        values = f"{one.first:.3f}  {one.second:.3f}   {_estimate(one.difference, '+'):23}"
        yield f"{set_cell_size(name, width)}  {values}  {shown}".rstrip()


def _estimate(one: Estimate, sign: str = "") -> str:
    shown = f"{one.value:{sign}.3f}"
    return shown if one.interval is None else f"{shown} [{one.interval.low:{sign}.3f}, {one.interval.high:{sign}.3f}]"


def _system(system: System) -> str:
    parts: Iterable[str] = (
        system.place,
        system.mode,
        f"snapshot {system.snapshot}" if system.snapshot else "",
        f"settings {system.settings}" if system.settings else "",
    )
    return printable(", ".join(part for part in parts if part))


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _answerable(results: Results) -> int:
    return sum(outcome.is_answerable for outcome in results.outcomes)
