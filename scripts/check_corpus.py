"""Check articles as an editor would: `zhaiwen check-corpus`."""

import argparse
import datetime
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from corpus.checking import Limits, check_article
from corpus.cleaning import clean
from corpus.reading import ArticleFolder, shipped_articles
from corpus.records import Article, Problem
from corpus.structure import blocks
from embeddings.duplicates import similar_pairs
from scripts.options import Command, Defaults, add_jsonl_fields, run_command, whole_number

# The exit code where there is something to mend.
FOUND = 1
# Two sections of one length that share half of their text have 1/3. No two of the 48 shipped
# articles reach 0.2 (`zhaiwen check-corpus --similar 20`).
_SIMILAR = 33
_PERCENT = 100
_MOST = 1_000_000


def add_arguments(parser: argparse.ArgumentParser, defaults: Defaults) -> None:
    """Add the command's options."""
    del defaults
    parser.add_argument(
        "articles", nargs="?", type=Path, default=shipped_articles(), help="a folder (default: the shipped articles)"
    )
    for name, default in (("least", 700), ("most", 2_000)):
        parser.add_argument(
            f"--{name}",
            type=whole_number(0, _MOST),
            default=default,
            help=f"the {name} Chinese characters of an article (default: %(default)s)",
        )
    parser.add_argument(
        "--similar",
        type=whole_number(1, _PERCENT),
        default=_SIMILAR,
        metavar="PERCENT",
        help="tell of sections that have so much of their character pairs in common (default: %(default)s)",
    )
    add_jsonl_fields(parser)


def run(options: argparse.Namespace) -> int:
    """Check and print; return the exit code, `FOUND` where there is something to mend."""
    limits = Limits(options.least, options.most, datetime.date.today())
    found = 0
    articles: list[Article] = []
    for item in ArticleFolder(options.articles, options.jsonl_fields).articles():
        findings = [item] if isinstance(item, Problem) else list(check_article(item, options.articles, limits))
        for finding in findings:
            print(finding)
        found += len(findings)
        if isinstance(item, Article):
            articles.append(item)
    sections = [section for article in articles for section in _sections(article)]
    for pair in similar_pairs([text for _, text in sections], options.similar / _PERCENT):
        first, second = sections[pair.first][0], sections[pair.second][0]
        print(f"{first} and {second} say nearly the same ({pair.similarity:.0%}); let one of them say it")
        found += 1
    print(f"{len(articles)} articles, {len(sections)} sections: {f'{found} to mend' if found else 'clean'}")
    return FOUND if found else 0


def _sections(article: Article) -> Iterator[tuple[str, str]]:
    """Yield the name, as question sets and runs have it, and the text of each section of an article."""
    text = clean(article).text
    parts: dict[tuple[str, ...], list[str]] = {}
    for block in blocks(text, article.markup):
        parts.setdefault(block.headings, []).append(text[block.start : block.end])
    for headings, own in parts.items():
        yield "#".join((article.id, *headings)), "\n".join(own)


COMMAND = Command("check-corpus", "Check articles as an editor would.", add_arguments, run)

if __name__ == "__main__":
    sys.exit(run_command(COMMAND, None, os.environ))
