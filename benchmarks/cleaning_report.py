"""Report what cleaning takes out of articles, and whether what stays is found.

usage: python benchmarks/cleaning_report.py FOLDER [--removed] [--index INDEX] [--mode MODE]

For each article of the folder: characters and edits by rule. --removed prints all removed text, for
a person to read. With an index of the folder, every sentence of the clean texts is asked for word by
word, and those are counted that stand in one of the first five results.
"""

import argparse
import re
from pathlib import Path

from corpus.cleaning import clean
from corpus.reading import ArticleFolder
from corpus.records import CleanArticle, Problem
from embeddings.questions import MAX_QUESTION_CHARACTERS
from embeddings.records import Mode, SearchOptions
from embeddings.store.loading import open_searcher
from scripts.cleaning_view import count_rules

# A piece between sentence ends that is long enough to be asked for.
_SENTENCE = re.compile(r"[^。！？!?；;\r\n]{6,}[。！？!?；;]?")
_ASKED = 5


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--removed", action="store_true")
    parser.add_argument("--index", type=Path)
    parser.add_argument("--mode", type=Mode, default=Mode.LEXICAL)
    options = parser.parse_args()
    articles = []
    for item in ArticleFolder(options.folder).articles():
        if isinstance(item, Problem):
            print(f"left out {item}")
            continue
        articles.append(clean(item))
        report(articles[-1], options.removed)
    if options.index is not None:
        found, asked = findable(articles, options.index, options.mode)
        print(f"{found} of {asked} sentences stand in one of the first {_ASKED} results for themselves")


def report(article: CleanArticle, removed: bool) -> None:
    """Print one article's edits by rule: how many, characters taken out, characters put in."""
    original = article.article.original
    print(f"{article.article.path}: {len(original)} characters, {len(article.text)} clean")
    for edit in article.edits if removed else ():
        print(f"  {edit.rule}: {original[edit.start : edit.end]!r} -> {edit.replacement!r}")
    for rule in count_rules([article]):
        print(f"  {rule.rule:22} {rule.edits:5} edits {rule.removed:6} characters out {rule.put_in:4} in")


def findable(articles: list[CleanArticle], index: Path, mode: Mode) -> tuple[int, int]:
    """Return how many sentences are found by asking for them, and how many were asked for."""
    sentences = [match[0].strip() for article in articles for match in _SENTENCE.finditer(article.text)]
    sentences = [sentence[:MAX_QUESTION_CHARACTERS] for sentence in sentences]
    answers = open_searcher(index).search_many(sentences, SearchOptions(k=_ASKED, mode=mode))
    found = 0
    for sentence, answer in zip(sentences, answers, strict=True):
        shown = ["".join((*result.passage.headings, result.passage.text)) for result in answer.results]
        if any(sentence.rstrip(":：") in text for text in shown):
            found += 1
        else:
            print(f"not found: {sentence}")
    return found, len(sentences)


if __name__ == "__main__":
    main()
