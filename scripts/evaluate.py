"""Measure how well an index or a service answers a question set: `zhaiwen evaluate`."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from corpus.unicode import printable
from embeddings.errors import AnsweringError, QuestionSetError
from embeddings.evaluation.asking import respond
from embeddings.evaluation.comparison import check_enough, common, compare, is_worse
from embeddings.evaluation.evaluating import Asked, blank_outcomes, count_cut_quotes, journal_key, results_of
from embeddings.evaluation.journal import Journal
from embeddings.evaluation.results import Response, Results
from embeddings.evaluation.results_file import read_results, write_results
from embeddings.evaluation.service_answering import ServiceAnswering
from embeddings.evaluation.systems import Answering, IndexAnswering
from embeddings.evaluation.trec import write_qrels, write_run
from scripts.evaluation_options import (
    FAILED,
    add_question_sets,
    add_worst,
    beir_index,
    check_conditions,
    check_judgements,
    check_outputs,
    condition,
    open_index,
    read_asked,
    tell_left_out,
    write_page,
)
from scripts.evaluation_view import against, result_lines
from scripts.options import LEFT_OUT, Command, Defaults, add_index, add_model, run_command
from scripts.progress import TerminalReporter

_WRITTEN = ("json", "report", "run_file", "qrels")


def add_arguments(parser: argparse.ArgumentParser, defaults: Defaults) -> None:
    """Add the command's options."""
    add_question_sets(parser, positional=True)
    add_index(parser, defaults)
    # None tells apart whether an index was named: without one, the corpus of a BEIR folder is indexed below the cache.
    parser.set_defaults(index=None, default_index=defaults.index)
    add_model(parser, defaults)
    parser.add_argument(
        "--url",
        help="ask a running service instead of an index, such as http://127.0.0.1:8000, with the key in ZHAIWEN_KEY",
    )
    # No option: what a command line holds, every user of the machine can read.
    parser.set_defaults(key=defaults.key)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all results to this file, for `compare`")
    parser.add_argument(
        "--resume", action="store_true", help="go on with what a run that was cut off left beside --json"
    )
    parser.add_argument("--report", type=Path, metavar="PAGE", help="write an HTML page that people can read")
    parser.add_argument("--run", type=Path, metavar="FILE", dest="run_file", help="write a TREC run file")
    parser.add_argument("--qrels", type=Path, metavar="FILE", help="write the judgements for the run, as TREC qrels")
    add_worst(parser, "how many of the worst questions to print (default: %(default)s)")
    parser.add_argument(
        "--fail-if",
        type=condition,
        action="append",
        default=[],
        metavar="CONDITION",
        help="exit with 1 where it holds, such as 'nDCG@10 < 0.80'; may be repeated",
    )
    parser.add_argument(
        "--fail-if-worse",
        type=Path,
        metavar="BASELINE",
        help="exit with 1 where nDCG@10 is significantly below that of these results (p < 0.05)",
    )


def run(options: argparse.Namespace) -> int:
    """Evaluate, write and print; return the exit code."""
    if options.resume and options.json is None:
        raise QuestionSetError("--resume needs --json FILE: what was answered before stands in FILE.partial")
    check_outputs(options, _WRITTEN)
    asked = read_asked(options)
    check_conditions(options.fail_if, asked)
    baseline = None if options.fail_if_worse is None else read_results(options.fail_if_worse)
    if baseline is not None:
        check_enough(len(common(baseline.outcomes, blank_outcomes(asked))))
    reporter = TerminalReporter()
    with _answering(options, reporter) as answering:
        check_judgements(answering, asked, options)
        responses, journal = _respond(answering, asked, options, reporter)
        results = results_of(answering.system, asked, responses)
        if isinstance(answering, IndexAnswering):
            results = replace(results, cut_quotes=count_cut_quotes(asked.questions, answering.searcher.passages))
    if options.json is not None:
        write_results(options.json, results)
    if journal is not None:
        journal.remove()
    _write(results, asked, responses, options)
    for text in result_lines(results, options.worst):
        print(text)
    tell_left_out(results, reporter)
    if _fails(results, baseline, options):
        return FAILED
    return LEFT_OUT if results.left_out else 0


@contextmanager
def _answering(options: argparse.Namespace, reporter: TerminalReporter) -> Iterator[Answering]:
    if options.url is None:
        of_folder = options.beir is not None and options.index is None
        folder = beir_index(options, reporter) if of_folder else options.index or options.default_index
        yield open_index(folder, options.mode)
    elif options.index is None:
        with ServiceAnswering.connect(options.url, options.mode, key=options.key) as service:
            yield service
    else:
        raise QuestionSetError("--index was given with --url, which has an index of its own; leave one of them out")


def _respond(
    answering: Answering, asked: Asked, options: argparse.Namespace, reporter: TerminalReporter
) -> tuple[list[Response], Journal | None]:
    """Ask everything; where that is cut off, what was answered stays beside the results to be."""
    journal = None
    if options.json is not None:
        partial = options.json.with_name(f"{options.json.name}.partial")
        journal = Journal.open(partial, journal_key(answering.system, asked), options.resume)
        if options.resume:
            reporter.say(f"{len(journal.known)} of {len(asked.all)} questions were answered before")
    with ExitStack() as stack:
        if journal is not None:
            stack.enter_context(journal)
        title = f"asking {len(asked.all)} questions ({options.mode.value})"
        progress = stack.enter_context(reporter.bar(title, len(asked.all)))
        kept = "name a file with --json, and --resume can finish" if journal is None else "--resume finishes it"
        try:
            return respond(answering, asked.all, progress, journal), journal
        except AnsweringError as error:
            raise AnsweringError(f"{error}; {kept}") from error
        except KeyboardInterrupt:
            reporter.say(f"cut off; {kept}")
            raise


def _write(results: Results, asked: Asked, responses: list[Response], options: argparse.Namespace) -> None:
    if options.run_file is not None:
        write_run(options.run_file, responses, f"zhaiwen-{results.system.mode}")
    if options.qrels is not None:
        write_qrels(options.qrels, asked.grades)
    if options.report is not None:
        from embeddings.evaluation.report import report_page  # noqa: PLC0415 -- loads what draws the plots

        write_page(options.report, report_page(results))


def _fails(results: Results, baseline: Results | None, options: argparse.Namespace) -> bool:
    """Print how the results stand to the baseline, and which conditions hold; return whether they fail."""
    failed = [condition.text for condition in options.fail_if if condition.holds(results)]
    if baseline is not None:
        comparison = compare(baseline, results)
        print(f"\nto {printable(str(options.fail_if_worse))}: {against(comparison)}")
        if is_worse(comparison):
            failed.append(against(comparison))
    for text in failed:
        print(f"zhaiwen evaluate: failed, for {text}", file=sys.stderr)
    return bool(failed)


COMMAND = Command("evaluate", "Measure how well an index or a service answers a question set.", add_arguments, run)

if __name__ == "__main__":
    sys.exit(run_command(COMMAND, None, os.environ))
