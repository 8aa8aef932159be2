"""Measure our service beside the one that most people would write: `zhaiwen benchmark`."""

import argparse
import os
import sys
from pathlib import Path

from embeddings.encoders.model_folder import ModelRequest, find_model
from embeddings.errors import DependencyError, QuestionSetError
from embeddings.evaluation.beir import read_beir_questions
from embeddings.evaluation.records import Question
from embeddings.files import write_atomically
from scripts.evaluation_options import FAILED, asked_of, beir_index, check_outputs
from scripts.options import Command, Defaults, add_index, add_model, run_command, whole_number
from scripts.progress import TerminalReporter

_PROJECT = Path(__file__).parents[1]
_RESULTS = _PROJECT / "benchmarks" / "results"
_MOST_CLIENTS = 1_000
_MOST_SECONDS = 3_600
_MOST_STARTS = 20
_MOST_QUESTIONS = 1_000_000
# A median of three is not moved by one start that was disturbed.
_STARTS = 3
# Some 500 answers of the plain service with 32 clients, on two cores; so its p95 stands on 25.
_SECONDS = 15


def add_arguments(parser: argparse.ArgumentParser, defaults: Defaults) -> None:
    """Add the command's options."""
    sets = parser.add_mutually_exclusive_group()
    sets.add_argument(
        "--questions",
        type=Path,
        default=_PROJECT / "corpus" / "questions" / "dev.jsonl",
        metavar="QUESTIONS",
        help="judged questions about the articles of the index (default: ours about the shipped articles)",
    )
    sets.add_argument("--beir", type=Path, metavar="DIR", help="the questions and the corpus of a BEIR folder")
    parser.add_argument("--split", default="test", help="which qrels of the BEIR folder (default: %(default)s)")
    add_index(parser, defaults)
    add_model(parser, defaults)
    number = whole_number(1, _MOST_CLIENTS)
    parser.add_argument(
        "--clients", type=number, nargs="+", default=[1, 8, 32], metavar="N", help="how many ask (default: 1 8 32)"
    )
    seconds = whole_number(1, _MOST_SECONDS)
    parser.add_argument(
        "--seconds", type=seconds, default=_SECONDS, help="how long each of them (default: %(default)s)"
    )
    starts = whole_number(1, _MOST_STARTS)
    parser.add_argument("--starts", type=starts, default=_STARTS, help="starts of each service (default: %(default)s)")
    parser.add_argument(
        "--limit", type=whole_number(1, _MOST_QUESTIONS), metavar="N", help="ask the first N questions only"
    )
    parser.add_argument(
        "--json",
        type=Path,
        default=_RESULTS / "benchmark.json",
        metavar="FILE",
        help="write all figures to this file, and tables beside it with the ending .md (default: %(default)s)",
    )
    parser.add_argument(
        "--plots", type=Path, default=_RESULTS, metavar="FOLDER", help="write plots there (default: %(default)s)"
    )


def run(options: argparse.Namespace) -> int:
    """Measure, write and print; return the exit code."""
    if not (_PROJECT / "benchmarks" / "plain_service.py").is_file():
        raise DependencyError(
            "the service that ours is compared with lies in benchmarks/, which is not installed; run this in a checkout"
        )
    # What draws, and what is measured, loads for seconds.
    from benchmarks.serving import plots, report  # noqa: PLC0415
    from benchmarks.serving.material import gather  # noqa: PLC0415
    from benchmarks.serving.run import Wanted, measure  # noqa: PLC0415

    options.plots.mkdir(parents=True, exist_ok=True)
    check_outputs(options, ["json"])
    reporter = TerminalReporter()
    questions = _questions(options)[: options.limit]
    index = beir_index(options, reporter) if options.beir is not None else options.index
    found = measure(
        Wanted(
            index=index,
            model=find_model(ModelRequest(options.model, options.query_prompt, options.passage_prompt), options.cache),
            material=gather(index, options.beir, questions),
            clients=tuple(sorted(set(options.clients))),
            seconds=options.seconds,
            starts=options.starts,
        ),
        reporter,
    )
    tables = report.to_markdown(found)
    _write(options.json, report.to_json(found))
    _write(options.json.with_suffix(".md"), tables)
    plots.draw(found, options.plots)
    print(tables)
    return FAILED if any(load.failed for load in (*found.plain.loads, *found.ours.loads, *found.cached.loads)) else 0


def _questions(options: argparse.Namespace) -> tuple[Question, ...]:
    if options.beir is not None:
        return read_beir_questions(options.beir, options.split)
    return asked_of(options.questions).questions


def _write(path: Path, text: str) -> None:
    try:
        write_atomically(path, text)
    except OSError as error:
        raise QuestionSetError(f"{path} cannot be written ({error.strerror}); name another file") from error


COMMAND = Command("benchmark", "Measure our service beside the one that most people would write.", add_arguments, run)

if __name__ == "__main__":
    sys.exit(run_command(COMMAND, None, os.environ))
