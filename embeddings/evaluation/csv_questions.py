"""Read question sets that were made in a spreadsheet."""

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from corpus.errors import CorpusError
from corpus.readers.encodings import decode
from embeddings.errors import MalformedLineError, QuestionSetError
from embeddings.evaluation.question_sets import OnProblem, read_name, read_optional, stop
from embeddings.evaluation.records import ANSWERS, Judgement, Question, Section

CSV_SUFFIXES = (".csv", ".tsv")
# A column's name in either language → ours.
_COLUMNS = {
    **{name: name for name in ("id", "question", "article", "headings", "grade", "text", "kind")},
    "answer": "text",
    "编号": "id",
    "问题": "question",
    "文章": "article",
    "标题": "headings",
    "等级": "grade",
    "答案": "text",
    "类型": "kind",
}
_DELIMITERS = ",\t;"
# The line that some spreadsheets want above the header. Matches "sep=;"; must not match "sep,a".
_DECLARED = re.compile(r"\Asep=.\r?\n")
_HEADINGS_SEPARATOR = " > "
_GRADES = {"1": 1, "2": 2}
_ID_CHARACTERS = 12


def read_csv_questions(path: Path, judged: bool = True, on_problem: OnProblem = stop) -> tuple[Question, ...]:
    """Read a CSV file with the column `question` and `article`, `text` or both, under a header.

    `text` is what the answer says, word for word; without `article` it may stand in any. `headings`
    narrows the article down to a section (`一、上门 > 证件`); `grade` is 2 where it is empty. Rows of
    one `id`, without it of one question, are judgements of one question. Chinese names of columns
    are known, too, as are commas, semicolons and tabs, and what spreadsheets write: GB18030, UTF-8
    and UTF-16.

    Args:
        path: of the file.
        judged: each question must have an article or a text; else none need have.
        on_problem: called for each row that is malformed; where it returns, the row is left out.

    Raises:
        QuestionSetError: the file is missing, no text, without header, or holds no question.
    """
    questions: dict[str, Question] = {}
    for where, row in _rows(path, on_problem):
        try:
            question = _question(row, where, judged)
            known = questions.get(question.id)
            questions[question.id] = question if known is None else _joined(known, question, where)
        except MalformedLineError as problem:
            on_problem(problem)
    if not questions:
        raise QuestionSetError(f"{path} holds no question; write one a row")
    return tuple(questions.values())


def _rows(path: Path, on_problem: OnProblem) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield where each row stands and its filled cells by the names of their columns."""
    text = _DECLARED.sub("\n", _read(path), count=1)
    header = next(filter(str.strip, text.splitlines()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=header.count), strict=True)
    columns: list[str] | None = None
    while True:
        where = f"{path}:{reader.line_num + 1}"
        try:
            cells = [cell.strip() for cell in next(reader)]
            if not any(cells):
                continue
            if columns is None:
                columns = _columns(cells, path)
            else:
                yield where, _row(columns, cells, where)
        except StopIteration:
            return
        except csv.Error as error:
            # A quotation mark without its second one takes the rows below it along.
            advice = "mend its quotation marks, or shorten its cells"
            unusable = MalformedLineError(where, f"not a row up to line {reader.line_num} ({error}); {advice}")
            if columns is None:
                raise unusable from error
            on_problem(unusable)
        except MalformedLineError as problem:
            on_problem(problem)


def _read(path: Path) -> str:
    try:
        return decode(path.read_bytes()).removeprefix("\ufeff")
    except FileNotFoundError as error:
        raise QuestionSetError(f"{path}: there is no such file; check the name") from error
    except (OSError, CorpusError) as error:
        raise QuestionSetError(f"{path} cannot be read as text ({error}); check the file") from error


def _columns(cells: list[str], path: Path) -> list[str]:
    columns = [_COLUMNS.get(cell.casefold(), cell) for cell in cells]
    if "question" not in columns:
        raise QuestionSetError(
            f"{path} has the columns {', '.join(cells)}; question (问题) was wanted, and article (文章) or text (答案)"
        )
    twice = sorted({column for column in columns if column in _COLUMNS.values() and columns.count(column) > 1})
    if twice:
        raise QuestionSetError(f"{path} has more than one column for {', '.join(twice)}; leave one of each")
    return columns


def _row(columns: list[str], cells: list[str], where: str) -> dict[str, str]:
    if any(cells[len(columns) :]):
        raise MalformedLineError(where, f'{len(cells)} cells for {len(columns)} columns; put commas between "…"')
    return {column: cell for column, cell in zip(columns, cells, strict=False) if cell}


def _question(row: Mapping[str, str], where: str, judged: bool) -> Question:
    try:
        text = row["question"]
        id_ = read_optional(row, "id") or hashlib.sha256(text.encode("utf-8")).hexdigest()[:_ID_CHARACTERS]
        judgement = _judgement(row)
        kind = read_optional(row, "kind")
    except KeyError as error:
        raise MalformedLineError(where, f"the cell {error} is empty; fill it in") from error
    except (TypeError, ValueError) as error:
        raise MalformedLineError(where, f"not a question ({error}); correct the cell") from error
    if judged and judgement is None:
        raise MalformedLineError(where, "neither article nor text is given; say what answers the question")
    return Question(id_, text, () if judgement is None else (judgement,), kind)


def _judgement(row: Mapping[str, str]) -> Judgement | None:
    # Spreadsheets write 2.0, and Chinese keyboards ２.
    grade = unicodedata.normalize("NFKC", row.get("grade", str(ANSWERS))).removesuffix(".0")
    if grade not in _GRADES:
        raise ValueError(f"the grade {grade!r} is neither 1 nor 2")
    # A cell may hold line breaks, which a name may not.
    answer = read_optional({"text": " ".join(row["text"].split())}, "text") if "text" in row else None
    if "article" not in row:
        if "headings" in row:
            raise ValueError("headings are given without their article")
        return None if answer is None else Judgement(None, _GRADES[grade], answer)
    headings = row.get("headings")
    path = (
        None if headings is None else tuple(read_name(one, "headings") for one in headings.split(_HEADINGS_SEPARATOR))
    )
    return Judgement(Section(read_name(row["article"], "article"), path), _GRADES[grade], answer)


def _joined(known: Question, question: Question, where: str) -> Question:
    if known.text != question.text:
        raise MalformedLineError(where, f"the id {known.id!r} has another question above; give each its own id")
    if not question.judgements:
        raise MalformedLineError(where, "the same question stands above; leave one of them out")
    (judgement,) = question.judgements
    for above in known.judgements:
        # A section may be named again for another text that answers, but is of one grade.
        if above.name == judgement.name and (above.answer == judgement.answer or above.grade != judgement.grade):
            raise MalformedLineError(where, f"{above.name} is named twice for this question; leave one of them out")
    judgements = (*known.judgements, judgement)
    return replace(known, judgements=judgements, kind=known.kind or question.kind)
