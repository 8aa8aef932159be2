"""Gather what a judge of a question set should read: `zhaiwen pool`."""

import argparse
import os
import sys
from pathlib import Path

from embeddings.errors import QuestionSetError
from embeddings.evaluation.pooling import joined, pool, read_pools, write_pools
from embeddings.evaluation.question_sets import read_questions
from embeddings.evaluation.records import Pool
from embeddings.records import Mode
from embeddings.store.loading import open_searcher
from scripts.options import Command, Defaults, add_index, run_command, whole_number
from scripts.progress import TerminalReporter

# What `MAX_RESULTS` passages lie in is seldom fewer sections.
_MOST = 20


def add_arguments(parser: argparse.ArgumentParser, defaults: Defaults) -> None:
    """Add the command's options."""
    parser.add_argument("questions", type=Path, metavar="QUESTIONS", help="a question set, judged or not")
    parser.add_argument("pool", type=Path, metavar="POOL", help="the record to write; one that exists is added to")
    parser.add_argument(
        "--depth",
        type=whole_number(1, _MOST),
        default=5,
        help="at most how many sections of each mode of search (default: %(default)s)",
    )
    parser.add_argument("--kind", help="ask only the questions of this kind")
    add_index(parser, defaults)


def run(options: argparse.Namespace) -> int:
    """Pool and tell how much is to be read; return the exit code."""
    asked = read_questions(options.questions, judged=False)
    questions = [question for question in asked if options.kind in {None, question.kind}]
    if not questions:
        kinds = ", ".join(sorted({question.kind or "none" for question in asked}))
        raise QuestionSetError(f"no question is of the kind {options.kind!r}; there are: {kinds}")
    old = _read_before(options.pool)
    searcher = open_searcher(options.index)
    with TerminalReporter().bar(f"asking {len(questions)} questions", len(questions) * len(Mode)) as progress:
        pools = joined(old, pool(searcher, questions, Mode, options.depth, progress))
    write_pools(options.pool, pools)
    read = sum(len(one.sections) for one in old)
    sections = sum(len(one.sections) for one in pools)
    print(
        f"{options.pool}: {sections} sections for {len(pools)} questions, {sections - read} of them new and to be read"
    )
    return 0


def _read_before(path: Path) -> tuple[Pool, ...]:
    """Return the pools of a record; none where there is no such file yet, but could be."""
    try:
        if path.exists():
            return read_pools(path)
        writable = os.access(path.resolve().parent, os.W_OK)
    except (OSError, RuntimeError) as error:
        raise QuestionSetError(f"{path} cannot be written ({error}); name another file") from error
    if not writable:
        raise QuestionSetError(f"{path} cannot be written: its folder is missing or closed; name another file")
    return ()


COMMAND = Command("pool", "Gather what a judge of a question set should read.", add_arguments, run)

if __name__ == "__main__":
    sys.exit(run_command(COMMAND, None, os.environ))
