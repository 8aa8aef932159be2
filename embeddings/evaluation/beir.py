"""Read the questions of BEIR folders."""

import json
import re
from pathlib import Path

from corpus.errors import CorpusError
from corpus.unicode import valid_text
from embeddings.errors import MalformedLineError, QuestionSetError
from embeddings.evaluation.question_sets import OnProblem, read_lines, read_name, stop
from embeddings.evaluation.records import Judgement, Question, Section

# Matches "0", "-1"; must not match "1_0", "1.5".
_WHOLE = re.compile(r"-?[0-9]{1,9}")
_HEADER = ["query-id", "corpus-id", "score"]


def read_beir_questions(folder: Path, split: str = "test", on_problem: OnProblem = stop) -> tuple[Question, ...]:
    """Read `queries.jsonl` and `qrels/<split>.tsv` of a BEIR folder.

    Questions that nothing is judged relevant to are left out. A document judged not to be relevant
    is grade 0.

    Args:
        folder: of the set.
        split: which qrels.
        on_problem: called for each malformed line; where it returns, the line is left out.

    Raises:
        QuestionSetError: a file is missing, or no question is judged.
    """
    qrels = folder / "qrels" / f"{split}.tsv"
    judgements = _read_judgements(qrels, on_problem)
    queries = folder / "queries.jsonl"
    questions: dict[str, Question] = {}
    for number, line in read_lines(queries):
        where = f"{queries}:{number}"
        try:
            id_, text = _query(line, where)
            if id_ in questions:
                raise MalformedLineError(where, f"the _id {id_!r} appears twice; ids must be unique")
            judged = judgements.get(id_, {})
            if any(judged.values()):
                found = tuple(Judgement(Section(document, None), grade) for document, grade in judged.items())
                questions[id_] = Question(id_, text, found)
        except MalformedLineError as problem:
            on_problem(problem)
    if not questions:
        raise QuestionSetError(
            f"{folder} holds no judged question: {qrels.name} gives no id of queries.jsonl a score above 0; check both"
        )
    return tuple(questions.values())


def _read_judgements(qrels: Path, on_problem: OnProblem) -> dict[str, dict[str, int]]:
    """Return the grade of each document by the id of the query."""
    judgements: dict[str, dict[str, int]] = {}
    for number, line in read_lines(qrels):
        if number == 1 and line.split("\t") == _HEADER:
            continue
        where = f"{qrels}:{number}"
        try:
            query, document, grade = _qrel(line, where)
            if judgements.setdefault(query, {}).setdefault(document, grade) != grade:
                raise MalformedLineError(
                    where, f"{document} has another grade for {query} above; leave one of them out"
                )
        except MalformedLineError as problem:
            on_problem(problem)
    return judgements


def _query(line: str, where: str) -> tuple[str, str]:
    try:
        record = json.loads(line)
        id_, text = record["_id"], record["text"]
        if not isinstance(text, str) or not text.strip():
            raise TypeError("text must be a text")
        # Some sets number their queries.
        return read_name(str(id_) if type(id_) is int else id_, "_id"), valid_text(text, "the question")
    except (ValueError, KeyError, TypeError, RecursionError, CorpusError) as error:
        raise MalformedLineError(where, f"not a query ({error}); JSON with _id and text was wanted") from error


def _qrel(line: str, where: str) -> tuple[str, str, int]:
    try:
        query, document, grade = line.split("\t")
        if not _WHOLE.fullmatch(grade):
            raise ValueError(f"{grade!r} is no whole number")
        return read_name(query, "query-id"), read_name(document, "corpus-id"), max(int(grade), 0)
    except (ValueError, TypeError) as error:
        raise MalformedLineError(
            where, f"not a judgement ({error}); query-id, corpus-id and score were wanted"
        ) from error
