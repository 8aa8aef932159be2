"""Ask a system every question of a set, in batches."""

from collections.abc import Iterator, Sequence

from embeddings.errors import QuestionError
from embeddings.evaluation.journal import Journal
from embeddings.evaluation.matching import hits_of, ranked_names, ranked_quotes
from embeddings.evaluation.records import Question, Reply
from embeddings.evaluation.results import Response, ShownPassage
from embeddings.evaluation.systems import Answering
from embeddings.protocols import Progress

# As many as the deepest cut-off of the measures; what a report shows of a question.
SHOWN = 10


def respond(
    answering: Answering, questions: Sequence[Question], progress: Progress, journal: Journal | None = None
) -> list[Response]:
    """Return what a system answers to each question, in their order.

    Args:
        answering: the system.
        questions: to ask.
        progress: called with the number of questions answered since the last call.
        journal: of an earlier run that was cut off; what it holds is not asked again, and what is
            answered is added to it.

    Raises:
        AnsweringError: the system gave no answer; the journal holds those before.
    """
    known = dict(journal.known) if journal is not None else {}
    progress(sum(question.id in known for question in questions))
    for batch in batches([question for question in questions if question.id not in known], answering.batch):
        responses = [
            _response(question, reply)
            for question, reply in zip(batch, answering.ask([question.text for question in batch]), strict=True)
        ]
        if journal is not None:
            journal.add(responses)
        known.update({response.id: response for response in responses})
        progress(len(batch))
    return [known[question.id] for question in questions]


def batches(questions: Sequence[Question], size: int) -> Iterator[Sequence[Question]]:
    """Yield the questions in their order, so many at a time."""
    for start in range(0, len(questions), size):
        yield questions[start : start + size]


def _response(question: Question, reply: Reply | QuestionError) -> Response:
    if isinstance(reply, QuestionError):
        return Response(question.id, refused=str(reply))
    returned = reply.returned
    shown = returned[:SHOWN]
    return Response(
        id=question.id,
        probability=reply.probability,
        sections=tuple(ranked_names(question, returned)),
        quotes=tuple(ranked_quotes(question, returned)),
        hits=hits_of(question, shown),
        shown=tuple(ShownPassage(passage.title, passage.section.headings or (), passage.text) for passage in shown),
    )
