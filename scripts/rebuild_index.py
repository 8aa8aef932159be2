"""Build an index from a folder of articles: `zhaiwen rebuild`."""

import argparse
import os
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from corpus.readers.jsonl import JsonlFields
from corpus.reading import open_source, shipped_articles
from embeddings.encoders.model_folder import ModelRequest, find_model
from embeddings.store.builder import build
from embeddings.store.request import BuildRequest, BuildSummary
from scripts.building_options import add_building, calibrator_of, tuning_of
from scripts.options import LEFT_OUT, Command, Defaults, add_index, add_jsonl_fields, add_model, run_command
from scripts.progress import TerminalReporter

READERS = ("pypdfium2", "python-docx", "trafilatura")


def add_arguments(parser: argparse.ArgumentParser, defaults: Defaults) -> None:
    """Add the command's options."""
    parser.add_argument(
        "articles",
        nargs="?",
        type=Path,
        default=shipped_articles(),
        metavar="ARTICLES",
        help="a folder of .md, .txt, .html, .jsonl, .docx and .pdf articles, or one .jsonl file "
        "(default: those that come with the project)",
    )
    add_jsonl_fields(parser)
    add_index(parser, defaults)
    add_model(parser, defaults)
    add_building(parser)
    parser.add_argument("--full", action="store_true", help="build even where the index is up to date")
    parser.add_argument("--strict", action="store_true", help="publish nothing and exit with 2 if anything is left out")


def run(options: argparse.Namespace) -> int:
    """Read, clean, cut, encode and publish; return the exit code, `LEFT_OUT` where not all of it was published."""
    reporter = TerminalReporter()
    source = open_source(options.articles, options.jsonl_fields)
    # A folder without any article is told before a model is prepared, which may take a minute.
    next(source.articles(), None)
    reporter.say(f"preparing the model {options.model}")
    model = find_model(ModelRequest(options.model, options.query_prompt, options.passage_prompt), options.cache)
    tuning, cross_encoder = tuning_of(options)
    if not model.prompts_known:
        reporter.say(f"no prompts are known for {model.name}; name them by --query-prompt and --passage-prompt")
    request = BuildRequest(
        source,
        model,
        options.index,
        tuning=tuning,
        lexicon=options.lexicon,
        calibrator=calibrator_of(options, options.articles),
        cross_encoder=cross_encoder,
        reading=_reading(options.jsonl_fields),
        full=options.full,
        strict=options.strict,
    )
    summary = build(request, reporter)
    for problem in summary.problems:
        print(f"zhaiwen: left out {problem}", file=sys.stderr)
    if summary.changed:
        reporter.say(f"files in {options.articles} changed while they were read; run the command again")
    print(_sentence(summary, options.index))
    return LEFT_OUT if summary.problems else 0


def _reading(fields: JsonlFields) -> str:
    """Return what decides, besides the files, what is read: a newly installed reader reads more."""
    return f"{fields} {[(name, _version(name)) for name in READERS]}"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _sentence(summary: BuildSummary, index: Path) -> str:
    counts = (
        f"{summary.articles} articles, {summary.passages} passages "
        f"({summary.copies} of them in {summary.groups} groups of near-duplicates)"
    )
    if summary.problems:
        counts += f", {len(summary.problems)} left out"
    if not summary.built:
        return f"{index} is up to date: {counts}, snapshot {summary.snapshot}"
    return f"{index} now serves {counts}, snapshot {summary.snapshot}"


COMMAND = Command("rebuild", "Build an index from a folder of articles and publish it.", add_arguments, run)

if __name__ == "__main__":
    sys.exit(run_command(COMMAND, None, os.environ))
