"""Evaluate a system on a question set: ask, measure, and put the results together."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime

from embeddings.evaluation.answerability import measure_answerability
from embeddings.evaluation.asking import respond
from embeddings.evaluation.matching import holds, quote_names
from embeddings.evaluation.measures import COVERAGE, MEASURES, measure
from embeddings.evaluation.records import ANSWERS, Pool, Question
from embeddings.evaluation.results import (
    BY_ANSWER,
    RESULTS_VERSION,
    Outcome,
    Response,
    Results,
    ShownPassage,
    System,
    Wanted,
)
from embeddings.evaluation.slices import measure_all, measure_slices
from embeddings.evaluation.systems import Answering
from embeddings.protocols import Progress
from embeddings.store.passage_store import PassageStore

_HASH_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold what is asked: judged questions, some that have no answer, and what was read for them.

    For the record, `names` are the files, and `left_out` what could not be used of them, with the reason.
    """

    questions: tuple[Question, ...]
    unanswerable: tuple[Question, ...] = ()
    pools: tuple[Pool, ...] = ()
    names: tuple[str, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def all(self) -> tuple[Question, ...]:
        """Return all questions, in the order in which they are asked."""
        return self.questions + self.unanswerable

    @property
    def grades(self) -> dict[str, dict[str, int]]:
        """Return for each judged question the grade of whatever was read, by name; 0 where it is in a pool alone."""
        judged = {question.id: {one.name: one.grade for one in question.judgements} for question in self.questions}
        read = {one.id: {pooled.section.name: 0 for pooled in one.sections} for one in self.pools}
        return {id_: read.get(id_, {}) | grades for id_, grades in judged.items()}

    @property
    def hash(self) -> str:
        """Return what identifies the questions and their judgements."""
        content = [[asdict(question) for question in some] for some in (self.questions, self.unanswerable)]
        return hashlib.sha256(json.dumps(content).encode("utf-8")).hexdigest()[:_HASH_CHARACTERS]


def journal_key(system: System, asked: Asked) -> str:
    """Return what identifies the answers of a system to questions, on one line."""
    return json.dumps(
        {
            "settings": system.settings,
            "mode": system.mode,
            "depth": system.depth,
            "questions": asked.hash,
        }
    )


def evaluate(answering: Answering, asked: Asked, progress: Progress) -> Results:
    """Ask a system all questions, and return what its answers are worth.

    Args:
        answering: the system.
        asked: the questions.
        progress: called with the number of questions answered since the last call.

    Raises:
        AnsweringError: the system gave no answer.
    """
    return results_of(answering.system, asked, respond(answering, asked.all, progress))


def blank_outcomes(asked: Asked) -> list[Outcome]:
    """Return the questions with what is wanted, before anything was returned."""
    return [_outcome(question, Response(question.id), {}, {}) for question in asked.all]


def results_of(system: System, asked: Asked, responses: Iterable[Response]) -> Results:
    """Return what responses to all questions are worth.

    A question that the system refused counts as one that it found nothing for: so it is for who asked.
    """
    given = {response.id: response for response in responses}
    values, grades = _values(asked, given), asked.grades
    outcomes = [
        _outcome(question, given[question.id], values.get(question.id, {}), grades.get(question.id, {}))
        for question in asked.all
    ]
    return Results(
        version=RESULTS_VERSION,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        system=system,
        questions=asked.names,
        judgements_hash=asked.hash,
        measures=measure_all(outcomes),
        slices=measure_slices(outcomes),
        answerability=measure_answerability(outcomes),
        outcomes=tuple(outcomes),
        passages=_passages(given.values()),
        left_out=asked.left_out,
        refused={id_: response.refused for id_, response in given.items() if response.refused is not None},
        quotes=len(_wanted_quotes(asked.questions)),
    )


def count_cut_quotes(questions: Sequence[Question], passages: PassageStore) -> int:
    """Return how many of the quotes that are wanted no passage holds whole, of their article where one is named.

    No search can find them; the passages are cut within them, or the articles were changed.
    """
    wanted = _wanted_quotes(questions)
    texts = {article: passages.texts(article) for article, _ in wanted}
    return sum(not any(holds(text, quote) for text in texts[article]) for article, quote in wanted)


def lost_quotes(questions: Sequence[Question], passages: PassageStore) -> list[str]:
    """Return the quotes that are wanted of no certain article and stand in none, as `question id: quote`."""
    wanted = [
        (question.id, judgement)
        for question in questions
        for judgement in question.judgements
        if judgement.section is None
    ]
    texts = [*passages.texts(), *passages.originals()] if wanted else []
    return [
        f"{id_}: {judgement.name}"
        for id_, judgement in wanted
        if not any(holds(text, judgement.answer or "") for text in texts)
    ]


def _wanted_quotes(questions: Iterable[Question]) -> set[tuple[str | None, str]]:
    """Return each quote that answers a question with the article that it should stand in, None for any."""
    return {
        (judgement.section and judgement.section.article, judgement.answer)
        for question in questions
        for judgement in question.judgements
        if judgement.answer is not None and judgement.grade == ANSWERS
    }


def _values(asked: Asked, responses: dict[str, Response]) -> dict[str, dict[str, float]]:
    grades = asked.grades
    is_read = any(0 in judged.values() for judged in grades.values())
    values = measure(grades, {id_: responses[id_].sections for id_ in grades}, MEASURES + (COVERAGE if is_read else ()))
    quotes = {question.id: dict.fromkeys(quote_names(question), ANSWERS) for question in asked.questions}
    found = {id_: response.quotes for id_, response in responses.items() if response.quotes is not None}
    by_answer = measure({id_: wanted for id_, wanted in quotes.items() if wanted and id_ in found}, found)
    for id_, of_question in by_answer.items():
        values[id_] |= {f"{name}{BY_ANSWER}": value for name, value in of_question.items()}
    return values


def _outcome(question: Question, response: Response, values: dict[str, float], grades: Mapping[str, int]) -> Outcome:
    return Outcome(
        id=question.id,
        text=question.text,
        kind=question.kind,
        must_find=question.must_find,
        is_answerable=bool(question.judgements),
        wanted=tuple(
            Wanted(one.name, one.grade, one.answer, None if one.section is None else one.section.article)
            for one in question.judgements
        ),
        values=values,
        # A section that was read in vain is known by its pool alone.
        hits=tuple(replace(hit, grade=grades.get(hit.section)) for hit in response.hits),
        probability=response.probability,
    )


def _passages(responses: Iterable[Response]) -> dict[str, ShownPassage]:
    return {
        hit.passage: shown for response in responses for hit, shown in zip(response.hits, response.shown, strict=True)
    }
