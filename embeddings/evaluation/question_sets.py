"""Read question sets: our JSONL, and BEIR folders."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from corpus.errors import CorpusError
from corpus.unicode import valid_text
from embeddings.errors import QuestionSetError
from embeddings.evaluation.records import Judgement, Question, Section

_GRADES = (1, 2)
_QRELS_HEADER = ["query-id", "corpus-id", "score"]


def read_questions(path: Path, judged: bool = True) -> tuple[Question, ...]:
    """Read our JSONL: `id`, `question`, `kind`, and `judgements` of `article`, `headings` and `grade`.

    Args:
        path: of the file.
        judged: each question must have a judgement; else none need have.

    Raises:
        QuestionSetError: the file is missing or empty, a line is malformed, or an id appears twice.
    """
    questions: dict[str, Question] = {}
    for number, line in read_lines(path):
        question = _question(line, f"{path}:{number}", judged)
        if question.id in questions:
            raise QuestionSetError(f"{path}:{number}: the id {question.id!r} appears twice; ids must be unique")
        questions[question.id] = question
    if not questions:
        raise QuestionSetError(f"{path} holds no question; write one JSON object a line")
    return tuple(questions.values())


def read_beir_questions(folder: Path, split: str = "test") -> tuple[Question, ...]:
    """Read `queries.jsonl` and `qrels/<split>.tsv` of a BEIR folder; questions without judgement are left out.

    Raises:
        QuestionSetError: a file is missing or a line is malformed.
    """
    judgements: dict[str, list[Judgement]] = {}
    qrels = folder / "qrels" / f"{split}.tsv"
    for number, line in read_lines(qrels):
        if number == 1 and line.split("\t") == _QRELS_HEADER:
            continue
        query, document, grade = _qrel(line, f"{qrels}:{number}")
        if grade > 0:
            judgements.setdefault(query, []).append(Judgement(Section(document, None), grade))
    queries = folder / "queries.jsonl"
    questions: list[Question] = []
    for number, line in read_lines(queries):
        try:
            record = json.loads(line)
            id_, text = str(record["_id"]), valid_text(str(record["text"]), "the question")
        except (ValueError, KeyError, TypeError, RecursionError, CorpusError) as error:
            raise QuestionSetError(f"{queries}:{number}: not a query; JSON with _id and text was wanted") from error
        if id_ in judgements:
            questions.append(Question(id_, text, tuple(judgements[id_])))
    if not questions:
        raise QuestionSetError(f"{folder} holds no judged question; queries.jsonl and {qrels.name} share no id")
    return tuple(questions)


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that hold something, with their numbers from 1.

    Raises:
        QuestionSetError: the file is missing or no UTF-8 text.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise QuestionSetError(f"{path}: there is no such file; name a question set") from error
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionSetError(f"{path} cannot be read as UTF-8 text ({error}); check the file") from error
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line.rstrip("\r")


def read_section(record: Mapping[str, object]) -> Section:
    """Return the section that `article` and `headings` name; without `headings` it is the whole article.

    Raises:
        KeyError, TypeError: they do not.
    """
    article, headings = record["article"], record.get("headings")
    if not isinstance(article, str) or not isinstance(headings, list | None):
        raise TypeError("article must be a text, headings a list of texts")
    if headings is not None and not all(isinstance(heading, str) for heading in headings):
        raise TypeError("headings must be a list of texts")
    return Section(article, None if headings is None else tuple(headings))


def whole(value: object, what: str) -> int:
    """Return a whole number as JSON gave it.

    Raises:
        TypeError: it is another kind of value; 1.9 is not taken for 1, nor true.
    """
    if type(value) is not int:
        raise TypeError(f"{what} must be a whole number, not {value!r}")
    return value


def _question(line: str, where: str, judged: bool) -> Question:
    try:
        record = json.loads(line)
        id_, text, kind = record["id"], valid_text(record["question"], "the question"), record.get("kind")
        judgements = tuple(
            Judgement(read_section(item), whole(item["grade"], "a grade"))
            for item in (record["judgements"] if judged else record.get("judgements", ()))
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, CorpusError) as error:
        raise QuestionSetError(
            f"{where}: not a question ({error}); JSON with id, question and judgements was wanted"
        ) from error
    if not isinstance(id_, str) or not isinstance(text, str) or not text.strip():
        raise QuestionSetError(f"{where}: id and question must be texts; quote them")
    if not isinstance(kind, str | None):
        raise QuestionSetError(f"{where}: kind must be a text; quote it or leave it out")
    if (judged and not judgements) or any(judgement.grade not in _GRADES for judgement in judgements):
        raise QuestionSetError(f"{where}: a question needs judgements of grade 1 or 2; add or correct them")
    return Question(id_, text, judgements, kind)


def _qrel(line: str, where: str) -> tuple[str, str, int]:
    try:
        query, document, grade = line.split("\t")
        return query, document, int(grade)
    except ValueError as error:
        raise QuestionSetError(f"{where}: not a judgement; query-id, corpus-id and score were wanted") from error
