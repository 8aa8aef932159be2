"""Define what the commands that evaluate have in common: question sets, and what is asked."""

import argparse
import operator
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from corpus.reading import beir_corpus
from corpus.unicode import printable
from embeddings.encoders.model_folder import ModelRequest, find_model
from embeddings.errors import MalformedLineError, QuestionSetError
from embeddings.evaluation.answerability import AUROC, BASE_BRIER, BRIER, BRIER_GAIN, ECE, FPR
from embeddings.evaluation.beir import read_beir_questions
from embeddings.evaluation.csv_questions import CSV_SUFFIXES, read_csv_questions
from embeddings.evaluation.evaluating import Asked, lost_quotes
from embeddings.evaluation.matching import quotes_of
from embeddings.evaluation.measures import COVERAGE, MEASURES
from embeddings.evaluation.pooling import read_pools
from embeddings.evaluation.question_sets import read_questions
from embeddings.evaluation.records import Pool, Question
from embeddings.evaluation.results import BY_ANSWER, Results
from embeddings.evaluation.systems import Answering, IndexAnswering, unknown_sections
from embeddings.files import sha256_of, write_atomically
from embeddings.records import Mode
from embeddings.store.builder import build
from embeddings.store.loading import open_searcher
from embeddings.store.request import BuildRequest
from embeddings.tuning import SHIPPED, read_tuning
from scripts.options import add_mode, whole_number
from scripts.progress import TerminalReporter

# The exit code where a condition that was to fail the command holds.
FAILED = 1
_MOST_WORST = 1_000
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
# Matches "nDCG@10 < 0.80", "R@5 by answer>=.5"; must not match "nDCG@10", "nDCG@10 = 1".
_CONDITION = re.compile(r"\s*(?P<measure>[^<>=]*[^<>=\s])\s*(?P<operator>[<>]=?)\s*(?P<bound>[0-9]*\.?[0-9]+)\s*")
_BY_SECTION = tuple(str(measure) for measure in MEASURES)
_COVERAGE = tuple(str(measure) for measure in COVERAGE)
_BY_ANSWER = tuple(f"{name}{BY_ANSWER}" for name in _BY_SECTION)
_SEPARATION = (AUROC, FPR)
_CALIBRATION = (BRIER, BASE_BRIER, BRIER_GAIN, ECE)
_KNOWN = (*_BY_SECTION, *_COVERAGE, *_BY_ANSWER, *_SEPARATION, *_CALIBRATION)


@dataclass(frozen=True, slots=True)
class Condition:
    """Hold a condition on a measure, as it was typed and as it is checked."""

    text: str
    measure: str
    compare: Callable[[float, float], bool]
    bound: float

    def holds(self, results: Results) -> bool:
        """Return whether results meet the condition; they must have the measure."""
        measures = {**results.measures, **(results.answerability.measures if results.answerability else {})}
        return self.compare(measures[self.measure].value, self.bound)


def check_conditions(conditions: Iterable[Condition], asked: Asked) -> None:
    """Refuse conditions on measures that these questions do not give.

    Raises:
        QuestionSetError: there is one.
    """
    read = any(0 in grades.values() for grades in asked.grades.values())
    quoted = any(quotes_of(question) for question in asked.questions)
    given = [
        *_BY_SECTION,
        *(_COVERAGE if read else ()),
        *(_BY_ANSWER if quoted else ()),
        *(_SEPARATION if asked.unanswerable else ()),
        *_CALIBRATION,
    ]
    for one in conditions:
        if one.measure not in given:
            raise QuestionSetError(
                f"{one.text!r} cannot be checked: these questions give no {one.measure}, but {', '.join(given)}"
            )


def condition(text: str) -> Condition:
    """Return the condition that an option's value says.

    Raises:
        argparse.ArgumentTypeError: it says none.
    """
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} was given, a condition such as 'nDCG@10 < 0.80' was wanted")
    if found["measure"] not in _KNOWN:
        raise argparse.ArgumentTypeError(f"there is no measure {found['measure']!r}; there are: {', '.join(_KNOWN)}")
    return Condition(text, found["measure"], _OPERATORS[found["operator"]], float(found["bound"]))


def add_question_sets(parser: argparse.ArgumentParser, positional: bool) -> None:
    """Add the options that name what to ask, and how."""
    sets = parser.add_mutually_exclusive_group(required=positional)
    help_ = "a question set: our JSONL, or CSV with the columns question and article or text"
    if positional:
        sets.add_argument("questions", nargs="?", type=Path, metavar="QUESTIONS", help=help_)
    else:
        sets.add_argument("--questions", type=Path, metavar="QUESTIONS", help=help_)
    sets.add_argument("--beir", type=Path, metavar="DIR", help="the questions of a BEIR folder")
    parser.add_argument("--split", default="test", help="which qrels of the BEIR folder (default: %(default)s)")
    parser.add_argument(
        "--unanswerable", type=Path, metavar="FILE", help="questions that the index holds no answer to, JSONL or CSV"
    )
    parser.add_argument(
        "--pool",
        type=Path,
        metavar="POOL",
        help="what was read for the set, as `zhaiwen pool` wrote it (default: pools/NAME beside QUESTIONS, if there)",
    )
    parser.add_argument(
        "--strict", action="store_true", help="stop where a line is malformed, instead of going on without it"
    )
    add_mode(parser)


def add_worst(parser: argparse.ArgumentParser, help_: str) -> None:
    """Add --worst."""
    parser.add_argument("--worst", type=whole_number(0, _MOST_WORST), default=5, metavar="N", help=help_)


def read_asked(options: argparse.Namespace) -> Asked:
    """Read the question sets that the options name.

    Raises:
        QuestionSetError: a set is missing or empty, two share an id, or a line is malformed under --strict.
    """
    problems: list[MalformedLineError] = []
    try:
        if options.beir is not None:
            questions = read_beir_questions(options.beir, options.split, problems.append)
        else:
            questions = _read(options.questions, judged=True, problems=problems)
        unanswerable = (
            () if options.unanswerable is None else _read(options.unanswerable, judged=False, problems=problems)
        )
    except QuestionSetError as error:
        if not problems:
            raise
        # Of a set that holds nothing else, what is wrong with its lines is what counts.
        raise QuestionSetError(_listed(str(error), problems)) from error
    # What stands beside a question without answer, such as 没有答案, is no judgement.
    unanswerable = tuple(replace(question, judgements=()) for question in unanswerable)
    if problems and options.strict:
        raise QuestionSetError(_listed("nothing was asked, for lines cannot be used", problems))
    both = sorted({question.id for question in questions} & {question.id for question in unanswerable})
    if both:
        raise QuestionSetError(f"the ids {', '.join(both[:5])} stand in both sets; ids must be unique")
    named = [path for path in (options.beir or options.questions, options.unanswerable) if path is not None]
    return Asked(
        questions,
        unanswerable,
        _pools(options, questions),
        tuple(map(str, named)),
        {problem.where: problem.reason for problem in problems},
    )


def asked_of(questions: Path, unanswerable: Path | None = None) -> Asked:
    """Read question sets in which no line may be malformed.

    Raises:
        QuestionSetError: a set is missing or empty, two share an id, or a line is malformed.
    """
    named = argparse.Namespace(questions=questions, beir=None, unanswerable=unanswerable, pool=None, strict=True)
    return read_asked(named)


def _read(path: Path, judged: bool, problems: list[MalformedLineError]) -> tuple[Question, ...]:
    read = read_csv_questions if path.suffix.lower() in CSV_SUFFIXES else read_questions
    return read(path, judged, problems.append)


def _pools(options: argparse.Namespace, questions: tuple[Question, ...]) -> tuple[Pool, ...]:
    ids = {question.id for question in questions}
    if options.pool is not None:
        pools = read_pools(options.pool)
        if not ids & {pool.id for pool in pools}:
            raise QuestionSetError(f"{options.pool} is about none of these questions; name the pool of this set")
        return pools
    beside = None if options.questions is None else options.questions.parent / "pools" / options.questions.name
    return read_pools(beside) if beside is not None and beside.is_file() else ()


def open_index(folder: Path, mode: Mode) -> IndexAnswering:
    """Return an index as what is asked.

    Raises:
        SnapshotError: there is none.
    """
    return IndexAnswering(open_searcher(folder), folder, mode)


def beir_index(options: argparse.Namespace, reporter: TerminalReporter) -> Path:
    """Return the index of a BEIR folder's corpus below the cache, after building it where it is not there."""
    corpus = options.beir / "corpus.jsonl"
    source = beir_corpus(corpus)
    index: Path = options.cache / "beir" / f"{options.beir.resolve().name}-{sha256_of(corpus)[:12]}"
    reporter.say(f"indexing {corpus} in {index}")
    model = find_model(ModelRequest(options.model, options.query_prompt, options.passage_prompt), options.cache)
    summary = build(BuildRequest(source, model, index, read_tuning(SHIPPED).tuning), reporter)
    for problem in summary.problems:
        reporter.say(f"left out {problem}")
    return index


def _listed(what: str, problems: Iterable[object]) -> str:
    return "\n  ".join([f"{what}:", *(printable(str(problem)) for problem in problems)])


def check_judgements(answering: Answering, asked: Asked, options: argparse.Namespace) -> None:
    """Refuse judgements about what the index does not hold: they would count as misses.

    Raises:
        QuestionSetError: there are some; all are named.
    """
    judged = [(question.id, one.section) for question in asked.questions for one in question.judgements]
    # A pool that was found by its name may be older than the articles: what is gone is not returned either.
    read = asked.pools if options.pool is not None else ()
    pooled = [(pool.id, one.section) for pool in read for one in pool.sections]
    unknown = unknown_sections(answering, [*judged, *pooled])
    if isinstance(answering, IndexAnswering):
        unknown += lost_quotes(asked.questions, answering.searcher.passages)
    if unknown:
        what = f"articles, sections or quotes were judged that {answering.system.place} does not hold"
        advice = "mend the question set, or name the index that it was written for"
        raise QuestionSetError(_listed(f"{what}; {advice}", unknown))


def tell_left_out(results: Results, reporter: TerminalReporter) -> None:
    """Name the questions that a system refused, and the lines that could not be used."""
    for id_, reason in results.refused.items():
        reporter.say(f"{printable(id_)} was refused, and found nothing: {printable(reason)}")
    for line, reason in results.left_out.items():
        reporter.say(f"left out {printable(line)}: {printable(reason)}")


def check_outputs(options: argparse.Namespace, names: Iterable[str]) -> None:
    """Refuse files to write that cannot be written, or that are read, before hours are spent on questions.

    Raises:
        QuestionSetError: there is one.
    """
    inputs = ("questions", "unanswerable", "pool", "fail_if_worse", "first", "second")
    read = {found.resolve() for name in inputs if isinstance(found := getattr(options, name, None), Path)}
    for name in names:
        path: Path | None = getattr(options, name)
        if path is None:
            continue
        if not path.name or path.is_dir() or not os.access(path.resolve().parent, os.W_OK):
            raise QuestionSetError(
                f"{str(path)!r} cannot be written: it is a folder, or its own is missing or closed; name another file"
            )
        if path.resolve() in read:
            raise QuestionSetError(f"{path} is read by this command, and would be overwritten; name another file")


def write_page(path: Path, page: str) -> None:
    """Write a page in one step.

    Raises:
        QuestionSetError: the file cannot be written.
    """
    try:
        write_atomically(path, page)
    except OSError as error:
        raise QuestionSetError(f"{path} cannot be written ({error.strerror}); name another file") from error
