"""Choose a search's few numbers on a question set: `zhaiwen tune`."""

import argparse
import os
import re
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from corpus.lexicon import shipped_wordlists
from corpus.readers.jsonl import DEFAULT_FIELDS
from corpus.reading import open_source, shipped_articles
from embeddings.encoders.model_folder import ModelRequest, find_model
from embeddings.errors import TuningError
from embeddings.evaluation.measures import MAIN_MEASURE
from embeddings.evaluation.systems import IndexAnswering
from embeddings.evaluation.tuning_search import FOLDS, Choice, KeepingEncoder, TuningSearch
from embeddings.files import sha256_of, write_atomically
from embeddings.records import Mode
from embeddings.searcher import Searcher
from embeddings.store.builder import build
from embeddings.store.loading import open_searcher
from embeddings.store.request import BuildRequest
from embeddings.tuning import Evidence, Tried, Tuning, TuningFile
from scripts.evaluation_options import asked_of, check_judgements, check_outputs
from scripts.options import Command, Defaults, add_model, run_command
from scripts.progress import TerminalReporter

_SIZES = re.compile(r"(\d{2,4}):(\d{2,4})")
_DEFAULT_SIZES = "128:256,96:192,192:320"
_SHOWN = 10
# Of what was tried, the file keeps so many, the best first.
_KEPT = 40


def add_arguments(parser: argparse.ArgumentParser, defaults: Defaults) -> None:
    """Add the command's options."""
    parser.add_argument("questions", type=Path, metavar="QUESTIONS", help="judged questions, JSONL or CSV")
    parser.add_argument(
        "--articles", type=Path, default=shipped_articles(), metavar="ARTICLES", help="what the questions are about"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="the tuning file to write")
    parser.add_argument(
        "--sizes",
        type=_sizes,
        default=_DEFAULT_SIZES,
        metavar="SIZES",
        help="targets and maxima of passages in tokens to try; the first is kept unless another is better by more than "
        "chance (default: %(default)s)",
    )
    parser.add_argument(
        "--lexicon", type=Path, default=shipped_wordlists(), metavar="DIR", help="a folder of word lists"
    )
    parser.add_argument(
        "--work", type=Path, metavar="DIR", help="where to build the indexes, and find them again (default: nowhere)"
    )
    add_model(parser, defaults)


def _sizes(text: str) -> tuple[tuple[int, int], ...]:
    parts = text.split(",")
    found = [match for match in map(_SIZES.fullmatch, parts) if match is not None]
    if len(found) != len(parts) or any(int(match[1]) > int(match[2]) for match in found):
        raise argparse.ArgumentTypeError(f"{text!r} was given, pairs such as {_DEFAULT_SIZES} were wanted")
    return tuple((int(match[1]), int(match[2])) for match in found)


def run(options: argparse.Namespace) -> int:
    """Build an index of each size, try tunings on the questions, and write the best; return the exit code."""
    reporter = TerminalReporter()
    check_outputs(options, ["output"])
    asked = asked_of(options.questions)
    with ExitStack() as stack:
        work = options.work or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        searchers = {size: _searcher(options, size, work, reporter) for size in options.sizes}
        for searcher in searchers.values():
            stack.callback(searcher.passages.close)
            check_judgements(IndexAnswering(searcher, work, Mode.HYBRID), asked, argparse.Namespace(pool=None))
        encoder = KeepingEncoder(next(iter(searchers.values())).encoder)

        def tuned(tuning: Tuning) -> Searcher:
            return searchers[tuning.target_tokens, tuning.max_tokens].retuned(tuning, encoder)

        target, maximum = options.sizes[0]
        start = replace(Tuning(), target_tokens=target, max_tokens=maximum)
        with reporter.bar("trying tunings", 0) as progress:
            choice = TuningSearch(tuned, asked.questions, options.sizes, progress).choose(start)
    _write(options, choice, encoder.info.name, len(asked.questions))
    print("\n".join(_lines(choice)))
    return 0


def _searcher(options: argparse.Namespace, size: tuple[int, int], work: Path, reporter: TerminalReporter) -> Searcher:
    target, maximum = size
    reporter.say(f"building an index of passages of {target} tokens, at most {maximum}")
    request = BuildRequest(
        open_source(options.articles, DEFAULT_FIELDS),
        find_model(ModelRequest(options.model, options.query_prompt, options.passage_prompt), options.cache),
        work / f"{target}-{maximum}",
        replace(Tuning(), target_tokens=target, max_tokens=maximum),
        options.lexicon,
    )
    build(request, reporter)
    searcher = open_searcher(request.index)
    used = searcher.ranker.tuning
    if (used.target_tokens, used.max_tokens) != size:
        raise TuningError(
            f"passages of {target}:{maximum} tokens were asked for, {searcher.encoder.info.name} allows "
            f"{used.target_tokens}:{used.max_tokens}; name smaller --sizes"
        )
    return searcher


def _write(options: argparse.Namespace, choice: Choice, encoder: str, asked: int) -> None:
    evidence = Evidence(
        questions=options.questions.name,
        questions_sha256=sha256_of(options.questions),
        asked=asked,
        measure=MAIN_MEASURE,
        folds=FOLDS,
        encoder=encoder,
        cross_validated=choice.cross_validated,
        tried=choice.tried[:_KEPT],
    )
    try:
        write_atomically(options.output, TuningFile(choice.tuning, evidence).to_json())
    except OSError as error:
        raise TuningError(f"{options.output} cannot be written ({error.strerror}); name another file") from error


def _lines(choice: Choice) -> list[str]:
    return [
        f"{MAIN_MEASURE} of such a choice on questions that it was not made on: {_estimate(choice.cross_validated)}",
        f"chosen of {len(choice.tried)} tunings: {_named(choice.cross_validated)}",
        "",
        "the best on all questions:",
        *(f"{_estimate(one)}  {_named(one)}" for one in choice.tried[:_SHOWN]),
    ]


def _estimate(one: Tried) -> str:
    return f"{one.mean:.3f} [{one.low:.3f}, {one.high:.3f}]"


def _named(one: Tried) -> str:
    return ", ".join(f"{name} {value}" for name, value in one.values.items() if value != "")


COMMAND = Command("tune", "Choose a search's few numbers on a question set.", add_arguments, run)

if __name__ == "__main__":
    sys.exit(run_command(COMMAND, None, os.environ))
