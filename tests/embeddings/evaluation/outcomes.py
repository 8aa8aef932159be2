"""Make outcomes of questions by hand, to be measured, sliced and compared."""

from embeddings.evaluation.measures import MAIN_MEASURE
from embeddings.evaluation.results import RESULTS_VERSION, Hit, Outcome, Results, System, Wanted
from embeddings.evaluation.slices import measure_all

WANTED = (Wanted("visits#证件", 2, "要带证件", "visits"),)
SYSTEM = System("index", "2026-snapshot", "e5-small", 3, "5e771265", "hybrid", 50)


def hit(score: float, grade: int | None = None) -> Hit:
    """Return a hit of this score and grade."""
    return Hit("p1", "visits#证件", score, grade, holds_answer=False)


def answerable(id_: str, value: float = 0.5, *hits: Hit) -> Outcome:
    """Return the outcome of a question that has an answer, with this value of the main measure."""
    return Outcome(id_, "要带证件吗", None, False, True, WANTED, {MAIN_MEASURE: value}, hits)


def unanswerable(id_: str, *hits: Hit, kind: str | None = None) -> Outcome:
    """Return the outcome of a question that has no answer."""
    return Outcome(id_, "月亮多远", kind, False, False, (), {}, hits)


def results(*outcomes: Outcome) -> Results:
    """Return results of these outcomes, measured, but neither sliced nor asked about answerability."""
    return Results(
        version=RESULTS_VERSION,
        created="2026-11-22T10:00:00+00:00",
        system=SYSTEM,
        questions=("dev.jsonl",),
        judgements_hash="1d6e",
        measures=measure_all(outcomes),
        slices=(),
        answerability=None,
        outcomes=outcomes,
        passages={},
    )
