"""Read question sets in our JSONL, and what all formats share."""

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol, TypeVar

from corpus.errors import CorpusError
from corpus.unicode import valid_text
from embeddings.errors import MalformedLineError, QuestionSetError
from embeddings.evaluation.records import ANSWERS, HELPS, Judgement, Question, Section


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


_Record = TypeVar("_Record", bound=_Identified)
OnProblem = Callable[[MalformedLineError], None]
# The category of blanks; Python calls none but the narrow one printable.
_BLANK = "Zs"


def stop(problem: MalformedLineError) -> None:
    """Let the first malformed line end the reading; the other way is to keep it and go on."""
    raise problem


def read_questions(path: Path, judged: bool = True, on_problem: OnProblem = stop) -> tuple[Question, ...]:
    """Read our JSONL: `id`, `question`, and `judgements` of `article`, `headings`, `grade` and `answer`.

    `kind`, `plain` and `must_find` may be left out, as may `answer`.

    Args:
        path: of the file.
        judged: each question must have a judgement; else none need have.
        on_problem: called for each line that is malformed or repeats an id; where it returns, the
            line is left out.

    Raises:
        QuestionSetError: the file is missing or holds no question.
    """
    return read_records(path, lambda line, where: _question(line, where, judged), "question", on_problem)


def read_records(
    path: Path, parse: Callable[[str, str], _Record], what: str, on_problem: OnProblem = stop
) -> tuple[_Record, ...]:
    """Read one record a line.

    Args:
        path: of the file.
        parse: makes a record of a line, given where it stands for its errors.
        what: a record is, for the message.
        on_problem: see `read_questions`.

    Raises:
        QuestionSetError: the file is missing or holds no record.
    """
    records: dict[str, _Record] = {}
    for number, line in read_lines(path):
        where = f"{path}:{number}"
        try:
            record = parse(line, where)
            if record.id in records:
                raise MalformedLineError(where, f"the id {record.id!r} appears twice; ids must be unique")
            records[record.id] = record
        except MalformedLineError as problem:
            on_problem(problem)
    if not records:
        raise QuestionSetError(f"{path} holds no {what}; write one JSON object a line")
    return tuple(records.values())


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that hold something, with their numbers from 1.

    Raises:
        QuestionSetError: the file is missing or no UTF-8 text.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise QuestionSetError(f"{path}: there is no such file; check the name") from error
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
    article = read_name(record["article"], "the article")
    if headings is None:
        return Section(article, None)
    if not isinstance(headings, list):
        raise TypeError("headings must be a list of texts")
    return Section(article, tuple(read_name(one, "each of the headings") for one in headings))


def read_name(value: object, what: str) -> str:
    """Return a text that names something and goes into the C++ of the measures, which ends it at a NUL.

    Blanks of any width may stand in it, as they do in headings.

    Raises:
        TypeError, CorpusError: it is none, is empty, or holds characters that cannot be seen or half a character.
    """
    if not isinstance(value, str) or not value.strip():
        raise TypeError(f"{what} must be a text")
    if not all(one.isprintable() or unicodedata.category(one) == _BLANK for one in valid_text(value, what)):
        raise TypeError(f"{what} must hold printable characters only")
    return value


def read_optional(record: Mapping[str, object], name: str) -> str | None:
    """Return what `read_name` returns for a field, None where it is missing.

    Raises:
        TypeError, CorpusError: as `read_name`.
    """
    return None if record.get(name) is None else read_name(record[name], name)


def read_number(value: object, what: str, least: int) -> int:
    """Return a whole number as JSON gave it: neither 1.9 nor true is taken for 1.

    Raises:
        TypeError: it is none, or a smaller one.
    """
    if type(value) is not int or value < least:
        raise TypeError(f"{what} must be a whole number of at least {least}, not {value!r}")
    return value


def distinct(names: Iterable[str]) -> None:
    """See that no section is named twice.

    Raises:
        ValueError: one is.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{name} is named twice")
        seen.add(name)


def _question(line: str, where: str, judged: bool) -> Question:
    try:
        record = json.loads(line)
        id_, text = read_name(record["id"], "id"), record["question"]
        kind, plain = (read_optional(record, name) for name in ("kind", "plain"))
        given = record["judgements"] if judged else record.get("judgements", [])
        if not isinstance(text, str) or not text.strip() or not isinstance(given, list):
            raise TypeError("question must be a text, judgements a list")
        valid_text(text, "the question")
        judgements = tuple(
            Judgement(read_section(item), read_number(item["grade"], "a grade", 1), read_optional(item, "answer"))
            for item in given
        )
        distinct(judgement.name for judgement in judgements)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, CorpusError) as error:
        wanted = "id, question and judgements" if judged else "id and question"
        raise MalformedLineError(where, f"not a question ({error}); JSON with {wanted} was wanted") from error
    if (judged and not judgements) or any(judgement.grade not in {HELPS, ANSWERS} for judgement in judgements):
        raise MalformedLineError(where, "a question needs judgements of grade 1 or 2; add or correct them")
    return Question(id_, text, judgements, kind, plain, record.get("must_find") is True)
