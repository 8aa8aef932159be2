"""Set aside judgements about what an index does not hold, and questions that none is left of."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from embeddings.evaluation.evaluating import Asked
from embeddings.evaluation.records import Question, Section


@dataclass(frozen=True, slots=True)
class Remaining:
    """Hold the questions that can be asked, and for each that lost judgements a line that tells so."""

    asked: Asked
    set_aside: tuple[str, ...]


def remaining(asked: Asked, is_held: Callable[[Section], bool]) -> Remaining:
    """Return judged questions without their judgements on sections that are not held, and without those left with none.

    Args:
        asked: the questions; those without an answer stay.
        is_held: tells of a judged section whether the index holds it.
    """
    kept: list[Question] = []
    aside: list[str] = []
    for question in asked.questions:
        judgements = tuple(one for one in question.judgements if one.section is None or is_held(one.section))
        gone = [one.section.name for one in question.judgements if one.section is not None and not is_held(one.section)]
        if gone:
            rest = "" if judgements else "; the question is not asked"
            aside.append(f"{question.id}: {', '.join(gone)} is not there any more{rest}")
        if judgements:
            kept.append(replace(question, judgements=judgements))
    return Remaining(replace(asked, questions=tuple(kept)), tuple(aside))
