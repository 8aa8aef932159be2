"""Build an index from a folder of articles: `zhaiwen rebuild`."""

import argparse
import os
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from corpus.readers.jsonl import JsonlFields
from corpus.reading import open_source, shipped_articles
from embeddings.encoders.model_folder import ModelRequest, find_model
from embeddings.errors import QuestionSetError
from embeddings.gating.answers import MARGIN
from embeddings.gating.index_gate import MAX_REMOVED, IndexGate
from embeddings.gating.stored_questions import stored_form
from embeddings.store.builder import build
from embeddings.store.planning import plan
from embeddings.store.request import BuildRequest, RefusedError
from scripts.building_options import add_building, calibrator_of, questions_of, tuning_of
from scripts.evaluation_options import FAILED, check_outputs
from scripts.options import (
    LEFT_OUT,
    Command,
    Defaults,
    add_index,
    add_jsonl_fields,
    add_model,
    run_command,
    share,
    whole_number,
)
from scripts.progress import TerminalReporter
from scripts.rebuild_view import plan_lines, summary_lines, write_plan, write_refusal, write_summary
from scripts.watching import watch

READERS = ("pypdfium2", "python-docx", "trafilatura")
_KEPT = 5


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
    parser.add_argument("--full", action="store_true", help="build all of it anew, even where the index is up to date")
    parser.add_argument("--strict", action="store_true", help="publish nothing and exit with 2 if anything is left out")
    parser.add_argument("--dry-run", action="store_true", help="tell which articles have changed, and write nothing")
    parser.add_argument(
        "--watch", action="store_true", help="stay, and rebuild whenever the folder has changed and settled"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was done, or refused, as JSON")
    _add_gate(parser)


def _add_gate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--max-removed",
        type=share,
        default=MAX_REMOVED,
        metavar="SHARE",
        help="refuse an index that lost more of the articles (default: %(default)s)",
    )
    parser.add_argument(
        "--margin",
        type=share,
        default=MARGIN,
        metavar="VALUE",
        help="refuse an index of which a measure falls by more, and not by chance (default: %(default)s)",
    )
    parser.add_argument("--force", action="store_true", help="publish what was refused; needs --reason")
    parser.add_argument("--reason", default="", metavar="TEXT", help="why it is forced; kept with the index")
    parser.add_argument(
        "--keep",
        type=whole_number(1, 1_000),
        default=_KEPT,
        metavar="N",
        help="how many snapshots stay, older ones are removed (default: %(default)s)",
    )


def run(options: argparse.Namespace) -> int:
    """Read, clean, cut, encode, check and publish; return the exit code.

    It is `LEFT_OUT` where not all was published, and `FAILED` where the gate refused.
    """
    check_outputs(options, ["json"])
    if options.force != bool(options.reason.strip()):
        raise QuestionSetError('--force and --reason "…" belong together: what is published all the same says why')
    if options.dry_run:
        return _plan(options)
    if options.watch:
        return watch(options.articles, options.index, lambda: _rebuild(options))
    return _rebuild(options)


def _plan(options: argparse.Namespace) -> int:
    found = plan(_request(options, TerminalReporter()))
    for line in plan_lines(found):
        print(line)
    if options.json is not None:
        write_plan(options.json, found)
    return LEFT_OUT if found.problems else 0


def _rebuild(options: argparse.Namespace) -> int:
    reporter = TerminalReporter()
    request = _request(options, reporter)
    try:
        summary = build(request, reporter)
    except RefusedError as error:
        print(f"zhaiwen rebuild: {error}", file=sys.stderr)
        for note in error.verdict.notes:
            print(f"zhaiwen rebuild: {note}", file=sys.stderr)
        if options.json is not None:
            write_refusal(options.json, error.verdict)
        return FAILED
    for problem in summary.problems:
        print(f"zhaiwen: left out {problem}", file=sys.stderr)
    if summary.changed:
        reporter.say(f"files in {options.articles} changed while they were read; run the command again")
    for line in summary_lines(summary, options.index):
        print(line, flush=True)
    if options.json is not None:
        write_summary(options.json, summary)
    return LEFT_OUT if summary.problems else 0


def _request(options: argparse.Namespace, reporter: TerminalReporter) -> BuildRequest:
    source = open_source(options.articles, options.jsonl_fields)
    # A folder without any article is told before a model is prepared, which may take a minute.
    next(source.articles(), None)
    reporter.say(f"preparing the model {options.model}")
    model = find_model(ModelRequest(options.model, options.query_prompt, options.passage_prompt), options.cache)
    tuning, cross_encoder = tuning_of(options)
    if not model.prompts_known:
        reporter.say(f"no prompts are known for {model.name}; name them by --query-prompt and --passage-prompt")
    asked = questions_of(options)
    return BuildRequest(
        source,
        model,
        options.index,
        tuning=tuning,
        lexicon=options.lexicon,
        calibrator=calibrator_of(options, asked),
        gate=IndexGate(asked, options.max_removed, options.margin),
        questions={} if asked is None else stored_form(asked),
        cross_encoder=cross_encoder,
        reading=_reading(options.jsonl_fields),
        full=options.full,
        strict=options.strict,
        force=options.reason.strip(),
        keep=options.keep,
    )


def _reading(fields: JsonlFields) -> str:
    """Return what decides, besides the files, what is read: a newly installed reader reads more."""
    return f"{fields} {[(name, _version(name)) for name in READERS]}"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


COMMAND = Command("rebuild", "Build an index from a folder of articles and publish it.", add_arguments, run)

if __name__ == "__main__":
    sys.exit(run_command(COMMAND, None, os.environ))
