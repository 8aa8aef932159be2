"""Write and read TREC run files, and write qrels."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote, unquote

from embeddings.errors import MalformedLineError, QuestionSetError
from embeddings.evaluation.measures import falling_scores
from embeddings.evaluation.question_sets import read_lines
from embeddings.evaluation.results import Response
from embeddings.files import write_atomically

# Columns are parted by white space, so that none may stand in a name; "%" because it marks what was replaced.
_REPLACED = re.compile(r"[\s%]")
# Matches the UTF-8 of one character as `quote` writes it: "%20", "%C2%A0", "%E3%80%80"; must not match "%2", "%e3".
_ENCODED = re.compile(r"%[0-7][0-9A-F]|%[CD][0-9A-F]%[89AB][0-9A-F]|%E[0-9A-F](?:%[89AB][0-9A-F]){2}")
# The C++ of the measures ends a name at a NUL; the others no name in an index holds.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_COLUMNS = 6


def write_run(path: Path, responses: Iterable[Response], tag: str) -> None:
    """Write what was found, best first, with strictly falling scores, so that no reader reorders it.

    White space in names is percent-encoded.

    Raises:
        QuestionSetError: the file cannot be written.
    """
    _write(
        path,
        (
            f"{_column(response.id)} Q0 {_column(name)} {rank} {score} {_column(tag)}"
            for response in responses
            for rank, (name, score) in enumerate(
                zip(response.sections, falling_scores(len(response.sections)), strict=True), start=1
            )
        ),
    )


def write_qrels(path: Path, grades: Mapping[str, Mapping[str, int]]) -> None:
    """Write for each question the grades of what was read, with the names that `write_run` writes.

    Raises:
        QuestionSetError: the file cannot be written.
    """
    _write(
        path,
        (
            f"{_column(id_)} 0 {_column(name)} {grade}"
            for id_, judged in grades.items()
            for name, grade in judged.items()
        ),
    )


def read_run(path: Path) -> dict[str, list[str]]:
    """Return for each question the names of what a run found, best first.

    As trec_eval has it, the order is that of the scores, whatever the ranks say; equal scores are
    in falling order of name. Scores that only its single precision takes for equal are told apart.

    Raises:
        QuestionSetError: the file is missing or empty, or a line is malformed.
    """
    found: dict[str, dict[str, float]] = {}
    for number, line in read_lines(path):
        where = f"{path}:{number}"
        columns = line.split()
        try:
            if len(columns) != _COLUMNS:
                raise ValueError(f"{len(columns)} columns")
            question, name = (_name(columns[place]) for place in (0, 2))
            score = float(columns[4])
            if not math.isfinite(score):
                raise ValueError(f"the score {columns[4]}")
        except ValueError as error:
            raise MalformedLineError(
                where, f"not a line of a run ({error}); question, Q0, document, rank, score and tag were wanted"
            ) from error
        if name in found.setdefault(question, {}):
            raise MalformedLineError(where, f"{name} is found twice for {question}; leave one of them out")
        found[question][name] = score
    if not found:
        raise QuestionSetError(f"{path} holds no run; name what `zhaiwen evaluate --run` wrote")
    return {question: _ranked(scores) for question, scores in found.items()}


def _ranked(scores: Mapping[str, float]) -> list[str]:
    by_name: Sequence[str] = sorted(scores, reverse=True)
    return sorted(by_name, key=lambda name: -scores[name])


def _column(text: str) -> str:
    return _REPLACED.sub(lambda found: quote(found[0]), text)


def _name(column: str) -> str:
    name = _ENCODED.sub(_decoded, column)
    if _CONTROL.search(name):
        raise ValueError(f"{name!r} holds a control character")
    return name


def _decoded(encoded: re.Match[str]) -> str:
    """Return what `_column` replaced; other systems' names may hold escapes of their own, as addresses do."""
    character = unquote(encoded[0])
    return character if _REPLACED.fullmatch(character) else encoded[0]


def _write(path: Path, lines: Iterable[str]) -> None:
    try:
        write_atomically(path, "".join(f"{line}\n" for line in lines))
    except OSError as error:
        raise QuestionSetError(f"{path} cannot be written ({error.strerror}); name another file") from error
