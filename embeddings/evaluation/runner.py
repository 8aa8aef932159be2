"""Ask an index every question of a set, and measure its answers."""

from collections.abc import Iterable, Sequence

import ir_measures
from ir_measures import RR, Qrel, R, ScoredDoc, nDCG

from embeddings.evaluation.records import Evaluation, Question, unit_name
from embeddings.protocols import Progress
from embeddings.records import Mode, Result, StoredPassage
from embeddings.searcher import Searcher

MEASURES = (nDCG @ 10, RR @ 10, R @ 1, R @ 5, R @ 10)
# Several passages of one judged section count once, so more are fetched than are measured.
_PASSAGES = 50
# Questions encoded together; bounds memory, and how often the progress bar moves.
_BATCH = 256


def evaluate(searcher: Searcher, questions: Sequence[Question], mode: Mode, progress: Progress) -> Evaluation:
    """Return the mean measures of an index on a question set.

    Args:
        searcher: the same code that serves.
        questions: with their judgements.
        mode: which side ranks.
        progress: called with the number of questions answered since the last call.
    """
    run: list[ScoredDoc] = []
    for start in range(0, len(questions), _BATCH):
        batch = questions[start : start + _BATCH]
        answers = searcher.search_many([question.text for question in batch], _PASSAGES, mode)
        for question, results in zip(batch, answers, strict=True):
            run.extend(scored_units(question, results))
        progress(len(batch))
    qrels = [
        Qrel(question.id, judgement.unit, judgement.grade)
        for question in questions
        for judgement in question.judgements
    ]
    return Evaluation(len(questions), measure(qrels, run))


def scored_units(question: Question, results: Iterable[Result]) -> list[ScoredDoc]:
    """Return the sections that the results lie in, best first, each once, with strictly falling scores.

    A passage stands for the judged section that holds it; where none does, for its own section,
    or for its article if the question's judgements are about whole articles, as in BEIR.

    A result stands for its copies, too: who reads it has read them. So each judged section that it
    or a copy lies in is found at its place, and the copies that nobody judged take no place. Two
    judged sections in one result stand one after the other, as they would if nothing were folded.
    """
    units: dict[str, None] = {}
    for result in results:
        group = (result.passage, *result.also_in)
        judged = [unit for passage in group if (unit := _judged_unit(question, passage)) is not None]
        units.update(dict.fromkeys(judged or [_own_unit(question, result.passage)]))
    return [ScoredDoc(question.id, unit, float(len(units) - place)) for place, unit in enumerate(units)]


def _judged_unit(question: Question, passage: StoredPassage) -> str | None:
    covering = [one for one in question.judgements if one.covers(passage.article.id, passage.headings)]
    deepest = max(covering, key=lambda judgement: len(judgement.headings), default=None)
    return deepest.unit if deepest else None


def _own_unit(question: Question, passage: StoredPassage) -> str:
    whole_articles = not any(judgement.headings for judgement in question.judgements)
    return unit_name(passage.article.id, () if whole_articles else passage.headings)


def measure(qrels: Sequence[Qrel], run: Sequence[ScoredDoc]) -> dict[str, float]:
    """Return the mean of each measure by its name; a question without results counts as 0."""
    means = ir_measures.calc_aggregate(list(MEASURES), qrels, run)
    return {str(name): float(means[name]) for name in MEASURES}
