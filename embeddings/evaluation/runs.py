"""Measure runs that other systems, or this one, wrote as TREC files."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from embeddings.errors import QuestionSetError
from embeddings.evaluation.asking import SHOWN
from embeddings.evaluation.evaluating import Asked, results_of
from embeddings.evaluation.records import Question
from embeddings.evaluation.results import Hit, Response, Results, ShownPassage, System
from embeddings.evaluation.trec import read_run


def measure_run(path: Path, asked: Asked) -> Results:
    """Return what a run is worth by section; a question that it has nothing for counts as 0.

    Whether there is an answer, a run does not tell: unanswerable questions are left aside.

    Raises:
        QuestionSetError: the run cannot be read, or answers none of the questions.
    """
    run = read_run(path)
    if not run.keys() & {question.id for question in asked.questions}:
        raise QuestionSetError(f"{path} answers none of these questions; name the question set that was asked")
    depth = max(map(len, run.values()))
    system = System(str(path), snapshot="", encoder="", passages=0, settings="", mode="", depth=depth)
    judged = Asked(asked.questions, (), asked.pools, asked.names, asked.left_out)
    responses = [_response(question, run.get(question.id, ())) for question in asked.questions]
    return replace(results_of(system, judged, responses), answerability=None)


def _response(question: Question, names: Sequence[str]) -> Response:
    grades = {judgement.name: judgement.grade for judgement in question.judgements}
    # Other systems name an article by its id, in which we escape "#".
    articles = {
        judgement.section.article: judgement.name
        for judgement in question.judgements
        if judgement.section is not None and judgement.section.headings is None
    }
    found = tuple(dict.fromkeys(articles.get(name, name) for name in names))
    shown = found[:SHOWN]
    return Response(
        id=question.id,
        sections=found,
        quotes=None,
        # A run holds neither texts nor scores that mean anything.
        hits=tuple(Hit(name, name, 0.0, grades.get(name), holds_answer=False) for name in shown),
        shown=tuple(ShownPassage(name, (), "") for name in shown),
    )
