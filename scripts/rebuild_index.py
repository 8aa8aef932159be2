"""Build an index from a folder of articles: `zhaiwen rebuild`."""

import argparse
import os
import sys
from pathlib import Path

from corpus.errors import CorpusError
from corpus.reading import read_folder, shipped_articles
from corpus.records import Problem
from embeddings.encoders.model_folder import ModelRequest, find_model
from embeddings.store.builder import BuildRequest, BuildSummary, build
from scripts.options import Command, Defaults, add_index, add_model, run_command
from scripts.progress import TerminalReporter


def add_arguments(parser: argparse.ArgumentParser, defaults: Defaults) -> None:
    """Add the command's options."""
    parser.add_argument(
        "articles",
        nargs="?",
        type=Path,
        default=shipped_articles(),
        metavar="ARTICLES",
        help="a folder of .md and .txt articles (default: those that come with the project)",
    )
    add_index(parser, defaults)
    add_model(parser, defaults)
    parser.add_argument("--full", action="store_true", help="build even where the index is up to date")
    parser.add_argument(
        "--strict", action="store_true", help="publish nothing and exit with 2 if an article is left out"
    )


def run(options: argparse.Namespace) -> int:
    """Read, chunk, encode and publish; return the exit code."""
    reporter = TerminalReporter()
    reporter.say(f"reading articles from {options.articles}")
    reading = read_folder(options.articles)
    _report_problems(reading.problems)
    if options.strict and reading.problems:
        raise CorpusError(f"{len(reading.problems)} files were left out and --strict was given; nothing was built")
    reporter.say(f"preparing the model {options.model}")
    model = find_model(ModelRequest(options.model, options.query_prompt, options.passage_prompt), options.cache)
    if not model.prompts_known:
        reporter.say(f"no prompts are known for {model.name}; name them by --query-prompt and --passage-prompt")
    request = BuildRequest(reading.articles, model, options.index, full=options.full, strict=options.strict)
    summary = build(request, reporter)
    _report_problems(summary.problems)
    print(_sentence(summary, options.index))
    return 0


def _report_problems(problems: tuple[Problem, ...]) -> None:
    for problem in problems:
        print(f"zhaiwen: left out {problem}", file=sys.stderr)


def _sentence(summary: BuildSummary, index: Path) -> str:
    counts = f"{summary.articles} articles, {summary.passages} passages"
    if not summary.built:
        return f"{index} is up to date: {counts}, snapshot {summary.snapshot}"
    return f"{index} now serves {counts}, snapshot {summary.snapshot}"


COMMAND = Command("rebuild", "Build an index from a folder of articles and publish it.", add_arguments, run)

if __name__ == "__main__":
    sys.exit(run_command(COMMAND, None, os.environ))
