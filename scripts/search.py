"""Ask an index one question on the terminal: `zhaiwen search`."""

import argparse
import os
import sys

from embeddings.questions import check_question
from embeddings.records import Result, SearchOptions, StoredPassage
from embeddings.searcher import MAX_RESULTS
from embeddings.store.loading import open_searcher
from scripts.options import Command, Defaults, add_index, add_mode, run_command, whole_number
from service.notices import notices_for

_SHOWN_COPIES = 3


def add_arguments(parser: argparse.ArgumentParser, defaults: Defaults) -> None:
    """Add the command's options."""
    parser.add_argument("question", help="a question in Chinese, as people ask it")
    parser.add_argument("-k", type=whole_number(1, MAX_RESULTS), default=5, help="how many (default: %(default)s)")
    add_index(parser, defaults)
    add_mode(parser)


def run(options: argparse.Namespace) -> int:
    """Search and print; return the exit code."""
    question = check_question(options.question)
    answer = open_searcher(options.index).search(question, SearchOptions(k=options.k, mode=options.mode))
    *urgent, quiet = notices_for(answer.dangers)
    for notice in urgent:
        print(notice, file=sys.stderr)
    if answer.corrected is not None:
        print(f"searched for: {answer.corrected}", file=sys.stderr)
    if answer.answerable is False:
        print("there is probably no answer in this index; what comes nearest:", file=sys.stderr)
    if not answer.results:
        print("no passage shares a word with the question; try --mode hybrid", file=sys.stderr)
    for result in answer.results:
        print(_paragraph(result), end="\n\n")
    print(quiet, file=sys.stderr)
    return 0


def _paragraph(result: Result) -> str:
    passage = result.passage
    path = " > ".join((passage.article.title, *passage.headings))
    copies = "".join(f"   also in {_place(copy)}\n" for copy in result.also_in[:_SHOWN_COPIES])
    if len(result.also_in) > _SHOWN_COPIES:
        copies += f"   and in {len(result.also_in) - _SHOWN_COPIES} more\n"
    return f"{result.rank}. {path}  [{result.score:.3f}]\n   {_place(passage)}\n{copies}{passage.text}"


def _place(passage: StoredPassage) -> str:
    return f"{passage.article.path}, characters {passage.start}-{passage.end}"


COMMAND = Command("search", "Print the passages that answer a question.", add_arguments, run)

if __name__ == "__main__":
    sys.exit(run_command(COMMAND, None, os.environ))
