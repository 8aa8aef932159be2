"""See whether a new snapshot answers worse than the one that is served."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from embeddings.evaluation.comparison import LEAST_QUESTIONS, SIGNIFICANT, compare
from embeddings.evaluation.evaluating import Asked, evaluate
from embeddings.evaluation.measures import MAIN_MEASURE
from embeddings.evaluation.records import ANSWERS, HELPS, Section
from embeddings.evaluation.results import Comparison, Cut, Difference, Outcome, Pair, Results
from embeddings.evaluation.setting_aside import remaining
from embeddings.evaluation.systems import IndexAnswering, is_held
from embeddings.evaluation.tuning_search import KeepingEncoder
from embeddings.protocols import Progress, Reporter
from embeddings.records import Mode
from embeddings.store.request import Opened, Verdict

# What may be lost of a measure, on average over the questions: less is not worth a person's night.
MARGIN = 0.01
# A question that must find its answer finds it among so many results: what is shown when nothing else is asked for.
_SHOWN = 5
# It has lost it where the answer is no longer among them, and so many places further down. Where a question's answer
# stands at the edge, any edit moves it by a place or two: with 1 here, 8 of 20 harmless rebuilds of the shipped
# articles (benchmarks/gate.py) were refused, all for the same question.
_SLIP = 5
# So many questions are named in a refusal.
_NAMED = 20


def judge(new: Opened, served: Opened | None, asked: Asked, margin: float, reporter: Reporter) -> Verdict:
    """Ask both snapshots the questions, and return what the new one answers worse, question by question."""
    left = remaining(replace(asked, unanswerable=(), pools=()), _held_by(new, served, asked))
    notes = [f"set aside: {one}" for one in left.set_aside]
    if not left.asked.questions:
        return Verdict(notes=(*notes, "no question is left to measure by"))
    questions = len(left.asked.questions)
    with reporter.bar("asking questions", questions * (1 if served is None else 2)) as progress:
        after = _results(new, left.asked, progress)
        before = None if served is None else _results(served, left.asked, progress)
    measured = {name: round(one.value, 4) for name, one in after.measures.items()}
    if before is None:
        return Verdict(
            notes=(*notes, f"{MAIN_MEASURE} {measured[MAIN_MEASURE]:.3f} on {questions} questions"), measured=measured
        )
    if questions < LEAST_QUESTIONS:
        notes.append(f"{questions} questions are too few to tell a worse index from chance, {LEAST_QUESTIONS} are not")
    comparison = compare(before, after)
    moved = [_Moved(*pair) for pair in _must_find(comparison, _gone(new, served))]
    notes.append(_summary(comparison))
    notes.extend(one.told() for one in moved if one.slid)
    lost = [one.name for one in moved if one.lost]
    return Verdict(tuple(_refusals(comparison, lost, margin)), tuple(notes), measured)


def _held_by(new: Opened, served: Opened | None, asked: Asked) -> Callable[[Section], bool]:
    """Return what tells whether a judgement on a section still stands.

    Where its article is gone, or was changed and has no such section any more, it does not: an editor's
    heading is no fault. Where the article is as it was, a section that is missing was lost.
    """
    answering = IndexAnswering(new.searcher, Path(), Mode.HYBRID)
    named = {one.section.article for question in asked.questions for one in question.judgements if one.section}
    held = answering.sections(named)
    before, after = {} if served is None else served.manifest.articles, new.manifest.articles

    def stands(section: Section) -> bool:
        is_unchanged = section.article in after and before.get(section.article) == after[section.article]
        return is_held(section, held) or is_unchanged

    return stands


def _results(opened: Opened, asked: Asked, progress: Progress) -> Results:
    # Each question is encoded once for both, if they share their encoder.
    return evaluate(IndexAnswering(opened.searcher, Path(opened.manifest.snapshot), Mode.HYBRID), asked, progress)


def sharing_encoder(new: Opened, served: Opened | None) -> tuple[Opened, Opened | None]:
    """Return both with one encoder that encodes each question once, where they have the same."""
    encoder = KeepingEncoder(new.searcher.encoder)
    shared = replace(new, searcher=replace(new.searcher, encoder=encoder))
    if served is None or served.manifest.encoder.fingerprint != new.manifest.encoder.fingerprint:
        return shared, served
    return shared, replace(served, searcher=replace(served.searcher, encoder=encoder))


def _summary(comparison: Comparison) -> str:
    main = comparison.differences[MAIN_MEASURE]
    return (
        f"{MAIN_MEASURE} {main.first:.3f} → {main.second:.3f} on {comparison.questions} questions; "
        f"{len(comparison.won)} answered better, {len(comparison.lost)} worse"
    )


def _refusals(comparison: Comparison, lost: list[str], margin: float) -> Iterator[str]:
    if lost:
        yield f"{len(lost)} questions that must find their answer have lost it:\n" + _lines(lost)
    if comparison.questions < LEAST_QUESTIONS:
        return
    fallen = {name: one for name, one in comparison.differences.items() if _falls(one, margin)}
    # One list of questions for all measures: nDCG@10 sees nearly all that the others see.
    for name, one in fallen.items():
        yield f"{name} falls by more than {margin:g}: {_told(one)}"
    for part in comparison.slices:
        if part.cut is Cut.KIND and _falls(part.difference, 0.0):
            yield f"questions of the kind {part.name!r} ({part.questions}) are answered worse: {_told(part.difference)}"
            fallen[part.name] = part.difference
    if fallen and comparison.lost:
        yield "the questions that are answered worse:\n" + _lines([_told_pair(one) for one in comparison.lost])


def _falls(one: Difference, margin: float) -> bool:
    return one.difference.value < -margin and one.p is not None and one.p < SIGNIFICANT


def _told(one: Difference) -> str:
    return f"{one.first:.3f} → {one.second:.3f}, p {one.p:.4f}"


def _told_pair(pair: Pair) -> str:
    values = f"{pair.first.values[MAIN_MEASURE]:.3f} → {pair.second.values[MAIN_MEASURE]:.3f}"
    return f"{pair.first.id}: {pair.first.text[:60]}  ({values})"


@dataclass(frozen=True, slots=True)
class _Moved:
    """Hold a question that must find its answer, as it was answered and as it is."""

    before: Outcome
    after: Outcome

    @property
    def name(self) -> str:
        """Return what it is told by."""
        return f"{self.before.id}: {self.before.text[:60]}"

    @property
    def lost(self) -> bool:
        """Return whether the answer is no longer shown, and far from where it was."""
        return self._hidden and _answered_at(self.after) >= _answered_at(self.before) + _SLIP

    @property
    def slid(self) -> bool:
        """Return whether the answer is no longer shown, but near."""
        return self._hidden and not self.lost

    @property
    def _hidden(self) -> bool:
        return _answered_at(self.before) <= _SHOWN < _answered_at(self.after)

    def told(self) -> str:
        """Return where the answer was, and is."""
        places = f"at place {_answered_at(self.after):g}, at {_answered_at(self.before):g} before"
        return f"{self.before.id} finds its answer {places}: {self.before.text[:60]}"


def _must_find(comparison: Comparison, gone: Collection[str]) -> Iterator[tuple[Outcome, Outcome]]:
    """Yield each question that must find its answer twice; what answered it in an article that is gone is set aside."""
    after = {outcome.id: outcome for outcome in comparison.second.outcomes}
    for outcome in comparison.first.outcomes:
        if outcome.must_find and outcome.id in after:
            left = tuple(hit for hit in outcome.hits if not _lies_in(hit.section, gone))
            yield replace(outcome, hits=left), after[outcome.id]


def _gone(new: Opened, served: Opened | None) -> Collection[str]:
    before = {} if served is None else served.manifest.articles
    return before.keys() - new.manifest.articles.keys()


def _lies_in(section: str, articles: Collection[str]) -> bool:
    return any(section == one or section.startswith(f"{one}#") for one in articles)


def _answered_at(outcome: Outcome) -> float:
    """Return the place of the first result that answers; or helps, where nothing is judged to answer."""
    wanted = ANSWERS if any(one.grade == ANSWERS for one in outcome.wanted) else HELPS
    places = (
        float(place)
        for place, hit in enumerate(outcome.hits, start=1)
        if hit.holds_answer or (hit.grade or 0) >= wanted
    )
    return next(places, float("inf"))


def _lines(found: list[str]) -> str:
    more = [f"… and {len(found) - _NAMED} more"] if len(found) > _NAMED else []
    return "\n".join(f"      {one}" for one in (*found[:_NAMED], *more))
