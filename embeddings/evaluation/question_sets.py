"""Read question sets: our JSONL, and BEIR folders."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol, TypeVar

from corpus.errors import CorpusError
from corpus.unicode import valid_text
from embeddings.errors import QuestionSetError
from embeddings.evaluation.records import Judgement, Question, Section

_GRADES = (1, 2)
# Matches "0", "-1"; must not match "1_0", "1.5".
_WHOLE = re.compile(r"-?[0-9]{1,9}")
_QRELS_HEADER = ["query-id", "corpus-id", "score"]


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


_Record = TypeVar("_Record", bound=_Identified)


def read_questions(path: Path, judged: bool = True) -> tuple[Question, ...]:
    """Read our JSONL: `id`, `question`, and `judgements` of `article`, `headings`, `grade` and `answer`.

    `kind`, `plain` and `must_find` may be left out, as may `answer`.

    Args:
        path: of the file.
        judged: each question must have a judgement; else none need have.

    Raises:
        QuestionSetError: the file is missing or empty, a line is malformed, or an id appears twice.
    """
    return read_records(path, lambda line, where: _question(line, where, judged), "question")


def read_records(path: Path, parse: Callable[[str, str], _Record], what: str) -> tuple[_Record, ...]:
    """Read one record a line.

    Args:
        path: of the file.
        parse: makes a record of a line, given where it stands for its errors.
        what: a record is, for the message.

    Raises:
        QuestionSetError: the file is missing or empty, or an id appears twice.
    """
    records: dict[str, _Record] = {}
    for number, line in read_lines(path):
        record = parse(line, f"{path}:{number}")
        if record.id in records:
            raise QuestionSetError(f"{path}:{number}: the id {record.id!r} appears twice; ids must be unique")
        records[record.id] = record
    if not records:
        raise QuestionSetError(f"{path} holds no {what}; write one JSON object a line")
    return tuple(records.values())


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
            id_, text = read_name(str(record["_id"]), "_id"), valid_text(str(record["text"]), "the question")
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
            yield number, line


def read_section(record: Mapping[str, object]) -> Section:
    """Return the section that `article` and `headings` name; without `headings` it is the whole article.

    Raises:
        KeyError, TypeError, CorpusError: they do not.
    """
    headings = record.get("headings")
    if headings is None:
        return Section(read_name(record["article"], "the article"), None)
    if not isinstance(headings, list):
        raise TypeError("headings must be a list of texts")
    return Section(
        read_name(record["article"], "the article"), tuple(read_name(one, "each of the headings") for one in headings)
    )


def read_name(value: object, what: str) -> str:
    """Return a text that names something; it goes into the C++ of the measures, which takes no other.

    Raises:
        TypeError, CorpusError: it is none, is empty, or holds control characters or half a character.
    """
    if not isinstance(value, str) or not value.strip():
        raise TypeError(f"{what} must be a text")
    if not valid_text(value, what).isprintable():
        raise TypeError(f"{what} must hold printable characters only")
    return value


def _read_optional(record: Mapping[str, object], name: str) -> str | None:
    return None if record.get(name) is None else read_name(record[name], name)


def read_number(value: object, what: str, least: int) -> int:
    """Return a whole number as JSON gave it: neither 1.9 nor true is taken for 1.

    Raises:
        TypeError: it is none, or a smaller one.
    """
    if type(value) is not int or value < least:
        raise TypeError(f"{what} must be a whole number of at least {least}, not {value!r}")
    return value


def distinct(sections: Iterable[Section]) -> None:
    """See that no section is named twice.

    Raises:
        ValueError: one is.
    """
    seen: set[Section] = set()
    for section in sections:
        if section in seen:
            raise ValueError(f"{section.name} is named twice")
        seen.add(section)


def _question(line: str, where: str, judged: bool) -> Question:
    try:
        record = json.loads(line)
        id_, text = read_name(record["id"], "id"), valid_text(record["question"], "the question")
        kind, plain = (_read_optional(record, name) for name in ("kind", "plain"))
        given = record["judgements"] if judged else record.get("judgements", [])
        if not isinstance(text, str) or not text.strip() or not isinstance(given, list):
            raise TypeError("question must be a text, judgements a list")
        judgements = tuple(
            Judgement(read_section(item), read_number(item["grade"], "a grade", 1), _read_optional(item, "answer"))
            for item in given
        )
        distinct(judgement.section for judgement in judgements)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, CorpusError) as error:
        wanted = "id, question and judgements" if judged else "id and question"
        raise QuestionSetError(f"{where}: not a question ({error}); JSON with {wanted} was wanted") from error
    if (judged and not judgements) or any(judgement.grade not in _GRADES for judgement in judgements):
        raise QuestionSetError(f"{where}: a question needs judgements of grade 1 or 2; add or correct them")
    return Question(id_, text, judgements, kind, plain, record.get("must_find") is True)


def _qrel(line: str, where: str) -> tuple[str, str, int]:
    try:
        query, document, grade = line.split("\t")
        if not _WHOLE.fullmatch(grade):
            raise ValueError(f"{grade!r} is no whole number")
        return read_name(query, "query-id"), read_name(document, "corpus-id"), int(grade)
    except (ValueError, TypeError, CorpusError) as error:
        raise QuestionSetError(
            f"{where}: not a judgement ({error}); query-id, corpus-id and score were wanted"
        ) from error
