"""Show what cleaning makes of an article, original and clean text side by side: `zhaiwen show-cleaning`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from corpus.cleaning import clean
from corpus.errors import CorpusError
from corpus.reading import read_file
from corpus.records import Article, Problem
from corpus.unicode import printable
from embeddings.files import write_atomically
from scripts.cleaning_page import page
from scripts.cleaning_terminal import TerminalView
from scripts.cleaning_view import RuleCount, count_rules, total
from scripts.options import LEFT_OUT, Command, Defaults, add_jsonl_fields, run_command

_NAMED_IDS = 5


def add_arguments(parser: argparse.ArgumentParser, defaults: Defaults) -> None:  # noqa: ARG001 -- a command's signature
    """Add the command's options."""
    parser.add_argument("file", type=Path, metavar="FILE", help="an article, or a JSONL file of many")
    parser.add_argument("--id", metavar="ID", help="show only the article with this id")
    parser.add_argument("--all", action="store_true", help="show long stretches without edits, too")
    add_jsonl_fields(parser)
    parser.add_argument("--html", type=Path, metavar="PAGE", help="write the same as an HTML page instead")


def run(options: argparse.Namespace) -> int:
    """Read, clean and show; return the exit code."""
    if options.html is not None and _is_same_file(options.html, options.file):
        raise CorpusError(f"--html would replace {options.file} itself; name another file for the page")
    articles, problems = _read(options)
    for problem in problems:
        print(f"zhaiwen: left out {printable(str(problem))}", file=sys.stderr)
    cleaned = tuple(clean(article) for article in articles)
    counts = count_rules(cleaned)
    console = Console(highlight=False, markup=False, emoji=False)
    if options.html is not None:
        _write_page(options.html, page(cleaned, counts, show_all=options.all))
        console.out(f"{printable(str(options.html))} shows {len(cleaned)} articles")
    else:
        view = TerminalView.for_console(console, [count.rule for count in counts])
        for article in cleaned:
            view.show(article, show_all=options.all)
    _print_counts(console, counts)
    return LEFT_OUT if problems else 0


def _read(options: argparse.Namespace) -> tuple[list[Article], list[Problem]]:
    """Return the file's articles, or only that with the id, and why lines were left out.

    Raises:
        CorpusError: there is nothing to show.
    """
    file, id_ = options.file, options.id
    if os.path.isdir(file):  # a Path's own is_dir fails on a name too long for any file
        raise CorpusError(f"{file} is a folder, the file of an article was wanted; name one in it")
    articles: list[Article] = []
    problems: list[Problem] = []
    for reading in read_file(file, options.jsonl_fields):
        if isinstance(reading, Problem):
            problems.append(reading)
        elif reading.id == id_:
            return [reading], []  # what is wrong with other lines was not asked
        else:
            articles.append(reading)
    if articles and id_ is None:
        return articles, problems
    told = "; ".join(printable(str(problem)) for problem in problems[:_NAMED_IDS])
    if not articles:
        raise CorpusError(told or f"{file} holds no article; name a file that has text")
    ids = ", ".join(printable(repr(article.id)) for article in articles[:_NAMED_IDS])
    more = f" and {len(articles) - _NAMED_IDS} more" if len(articles) > _NAMED_IDS else ""
    left_out = f"; left out: {told}" if told else ""
    raise CorpusError(f"{file} holds no article with the id {id_!r}; it has {ids}{more}{left_out}")


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them does not exist
        return False


def _write_page(path: Path, content: str) -> None:
    try:
        write_atomically(path, content)
    except OSError as error:
        raise CorpusError(f"{path} cannot be written ({error.strerror}); name another file for --html") from error


def _print_counts(console: Console, counts: Sequence[RuleCount]) -> None:
    if not counts:
        console.out("no rule changed anything")
        return
    table = Table("rule", box=None, pad_edge=False)
    for name in ("edits", "characters removed", "characters put in"):
        table.add_column(name, justify="right")
    for count in (*counts, total(counts)):
        table.add_row(Text(count.rule), str(count.edits), str(count.removed), str(count.put_in))
    console.print(table)


COMMAND = Command("show-cleaning", "Show an article's original and clean text side by side.", add_arguments, run)

if __name__ == "__main__":
    sys.exit(run_command(COMMAND, None, os.environ))
