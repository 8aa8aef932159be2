"""Ask an index every question of a set, and measure its answers."""

from collections.abc import Iterable, Iterator, Sequence

import ir_measures
from ir_measures import RR, Judged, Measure, Qrel, R, ScoredDoc, nDCG

from embeddings.evaluation.records import Evaluation, Pool, Question, Section
from embeddings.protocols import Progress
from embeddings.records import Mode, Result, StoredPassage
from embeddings.searcher import Searcher

MEASURES: tuple[Measure, ...] = (nDCG @ 10, RR @ 10, R @ 1, R @ 5, R @ 10)
# Of the first 5 and 10 places, the share that hold a section that was read. A place that nothing was
# found for counts as not read; a section that nobody has read counts as wrong in the other measures.
COVERAGE: tuple[Measure, ...] = (Judged @ 5, Judged @ 10)
# Several passages of one judged section count once, so more are fetched than are measured.
_PASSAGES = 50
# Questions encoded together; bounds memory, and how often the progress bar moves.
_BATCH = 256


def evaluate(
    searcher: Searcher, questions: Sequence[Question], mode: Mode, progress: Progress, pools: Sequence[Pool] = ()
) -> Evaluation:
    """Return the mean measures of an index on a question set.

    Args:
        searcher: the same code that serves.
        questions: with their judgements.
        mode: which side ranks.
        progress: called with the number of questions answered since the last call.
        pools: what was read for these and other questions; where there are any, `COVERAGE` is
            measured, too.
    """
    run = [
        ScoredDoc(question.id, section.name, -float(place))
        for question, sections in ranked_sections(searcher, questions, mode, progress)
        for place, section in enumerate(sections, start=1)
    ]
    return Evaluation(len(questions), measure(_qrels(questions, pools), run, MEASURES + (COVERAGE if pools else ())))


def ranked_sections(
    searcher: Searcher, questions: Sequence[Question], mode: Mode, progress: Progress, passages: int = _PASSAGES
) -> Iterator[tuple[Question, list[Section]]]:
    """Yield each question with the sections that so many first passages lie in, best first."""
    for start in range(0, len(questions), _BATCH):
        batch = questions[start : start + _BATCH]
        answers = searcher.search_many([question.text for question in batch], passages, mode)
        for question, results in zip(batch, answers, strict=True):
            yield question, sections_of(question, results)
        progress(len(batch))


def sections_of(question: Question, results: Iterable[Result]) -> list[Section]:
    """Return the sections that the results lie in, best first, each once.

    A passage stands for the judged section that holds it; where none does, for its own section,
    or for its article if the question's judgements are about whole articles, as in BEIR.

    A result stands for its copies, too: who reads it has read them. So each judged section that it
    or a copy lies in is found at its place, and the copies that nobody judged take no place. Two
    judged sections in one result stand one after the other, as they would if nothing were folded.
    """
    sections: dict[Section, None] = {}
    for result in results:
        group = (result.passage, *result.also_in)
        judged = [section for passage in group if (section := _judged(question, passage)) is not None]
        sections.update(dict.fromkeys(judged or [_own(question, result.passage)]))
    return list(sections)


def _judged(question: Question, passage: StoredPassage) -> Section | None:
    own = Section(passage.article.id, passage.headings)
    covering = [judgement.section for judgement in question.judgements if judgement.section.covers(own)]
    return max(covering, key=lambda section: len(section.headings or ()), default=None)


def _own(question: Question, passage: StoredPassage) -> Section:
    whole_articles = bool(question.judgements) and all(one.section.headings is None for one in question.judgements)
    return Section(passage.article.id, None if whole_articles else passage.headings)


def _qrels(questions: Sequence[Question], pools: Sequence[Pool]) -> list[Qrel]:
    grades = {
        (question.id, judgement.section.name): judgement.grade
        for question in questions
        for judgement in question.judgements
    }
    asked = {question.id for question in questions}
    # A question that was not asked would count as one without results.
    read = {(one.id, pooled.section.name): 0 for one in pools if one.id in asked for pooled in one.sections}
    return [Qrel(question, section, grade) for (question, section), grade in (read | grades).items()]


def measure(
    qrels: Sequence[Qrel], run: Sequence[ScoredDoc], measures: Sequence[Measure] = MEASURES
) -> dict[str, float]:
    """Return the mean of each measure by its name; a question without results counts as 0."""
    means = ir_measures.calc_aggregate(list(measures), qrels, run)
    return {str(name): float(means[name]) for name in measures}
