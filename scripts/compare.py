"""Tell what a change made of the answers to a question set: `zhaiwen compare`."""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from embeddings.errors import QuestionSetError
from embeddings.evaluation.comparison import compare, is_worse
from embeddings.evaluation.evaluating import Asked, count_cut_quotes, evaluate
from embeddings.evaluation.measures import MAIN_MEASURE
from embeddings.evaluation.results import Results
from embeddings.evaluation.results_file import read_results
from embeddings.evaluation.runs import measure_run
from scripts.evaluation_options import (
    FAILED,
    add_question_sets,
    add_worst,
    check_judgements,
    check_outputs,
    open_index,
    read_asked,
    tell_left_out,
    write_page,
)
from scripts.evaluation_view import against, comparison_lines, pair_tables
from scripts.options import LEFT_OUT, Command, Defaults, run_command
from scripts.progress import TerminalReporter


def add_arguments(parser: argparse.ArgumentParser, defaults: Defaults) -> None:  # noqa: ARG001 -- a command's signature
    """Add the command's options."""
    for name in ("first", "second"):
        parser.add_argument(
            name, type=Path, help="results that `evaluate --json` wrote, a TREC run file, or an index folder"
        )
    add_question_sets(parser, positional=False)
    parser.add_argument(
        "--measure", default=MAIN_MEASURE, help="by which slices and questions are compared (default: %(default)s)"
    )
    add_worst(parser, "how many of the questions lost and won to print (default: %(default)s)")
    parser.add_argument("--report", type=Path, metavar="PAGE", help="write an HTML page that people can read")
    parser.add_argument(
        "--fail-if-worse", action="store_true", help="exit with 1 where the second is significantly worse (p < 0.05)"
    )


def run(options: argparse.Namespace) -> int:
    """Compare and print; return the exit code."""
    check_outputs(options, ("report",))
    reporter = TerminalReporter()
    asked = read_asked(options) if options.questions is not None or options.beir is not None else None
    first, second = (_results(path, asked, options, reporter) for path in (options.first, options.second))
    comparison = compare(first, second, options.measure)
    if options.report is not None:
        from embeddings.evaluation.report import comparison_page  # noqa: PLC0415 -- loads what draws the plots

        write_page(options.report, comparison_page(comparison))
    for line in comparison_lines(comparison):
        print(line)
    console = Console()
    for table in pair_tables(comparison, options.worst):
        console.print()
        console.print(table)
    for results in (first, second):
        tell_left_out(results, reporter)
    if options.fail_if_worse and is_worse(comparison):
        print(f"zhaiwen compare: failed, for {against(comparison)}", file=sys.stderr)
        return FAILED
    return LEFT_OUT if first.left_out or second.left_out else 0


def _results(path: Path, asked: Asked | None, options: argparse.Namespace, reporter: TerminalReporter) -> Results:
    """Return the results that a file holds, or those of the run or index that it is."""
    if path.is_file() and _is_json(path):
        return read_results(path)
    if not path.exists():
        raise QuestionSetError(f"{path}: there is no such file or folder; name results, a run or an index")
    if asked is None:
        raise QuestionSetError(f"{path} is a run or an index: name the questions, too, with --questions or --beir")
    if path.is_file():
        return measure_run(path, asked)
    answering = open_index(path, options.mode)
    check_judgements(answering, asked, options)
    with reporter.bar(f"asking {path} {len(asked.all)} questions", len(asked.all)) as progress:
        results = evaluate(answering, asked, progress)
    return replace(results, cut_quotes=count_cut_quotes(asked.questions, answering.searcher.passages))


def _is_json(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(1) == b"{"


COMMAND = Command("compare", "Tell what a change made of the answers to a question set.", add_arguments, run)

if __name__ == "__main__":
    sys.exit(run_command(COMMAND, None, os.environ))
