"""Check articles as an editor would: `zhaiwen check-corpus`."""

import argparse
import datetime
import os
import sys
from pathlib import Path

from corpus.checking import check_about, check_article
from corpus.cleaning import clean
from corpus.errors import CorpusError
from corpus.link_checking import LinkChecker
from corpus.reading import open_source, shipped_articles
from corpus.records import Article, Finding, Limits, Problem
from corpus.structure import section_texts
from corpus.unicode import printable
from embeddings.duplicates import similar_pairs
from scripts.options import Command, Defaults, add_jsonl_fields, run_command, whole_number

# The exit code where there is something to mend.
FOUND = 1
# Two to five minutes of reading; the shipped articles keep to it.
_LEAST = 700
_MOST = 2_000
# Two sections of one length that share half of their text have 1/3. No two of the 453 shipped
# sections reach 0.2 (`zhaiwen check-corpus --similar 20`).
_SIMILAR = 33
_PERCENT = 100
_BOUND = 1_000_000


def add_arguments(parser: argparse.ArgumentParser, defaults: Defaults) -> None:
    """Add the command's options."""
    del defaults
    parser.add_argument(
        "articles",
        nargs="?",
        type=Path,
        default=shipped_articles(),
        help="a folder or a JSONL file (default: the shipped articles)",
    )
    for name, default in (("least", _LEAST), ("most", _MOST)):
        parser.add_argument(
            f"--{name}",
            type=whole_number(0, _BOUND),
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
    if options.least > options.most:
        raise CorpusError(f"--least {options.least} is more than --most {options.most}; give a smaller one")
    source = open_source(options.articles, options.jsonl_fields)
    links = LinkChecker(options.articles if options.articles.is_dir() else options.articles.parent)
    limits = Limits(options.least, options.most, datetime.date.today())
    found = articles = 0
    sections: dict[str, str] = {}
    for item in source.articles():
        findings: list[Finding | Problem] = [item] if isinstance(item, Problem) else []
        if isinstance(item, Article):
            cleaned = clean(item)
            findings += [*check_about(item, limits.today), *check_article(cleaned, links, limits)]
            for headings, text in section_texts(cleaned.text, item.markup).items():
                sections["#".join((item.id, *headings))] = text
            articles += 1
        for finding in findings:
            print(printable(str(finding)))
        found += len(findings)
    names = list(sections)
    for pair in similar_pairs(list(sections.values()), options.similar / _PERCENT):
        told = f"{names[pair.second]} says nearly the same ({pair.similarity:.0%}); let one of them say it"
        print(printable(f"{names[pair.first]}: {told}"))
        found += 1
    print(f"{articles} articles, {len(sections)} sections: {f'{found} to mend' if found else 'clean'}")
    return FOUND if found else 0


COMMAND = Command("check-corpus", "Check articles as an editor would.", add_arguments, run)

if __name__ == "__main__":
    sys.exit(run_command(COMMAND, None, os.environ))
