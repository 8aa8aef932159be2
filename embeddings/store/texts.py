"""Read, clean and cut articles one by one, straight into the files of a snapshot."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from corpus.cleaning import clean
from corpus.errors import CorpusError
from corpus.records import Article, ArticleSource, CleanArticle, Passage, Problem
from embeddings.duplicates import DuplicateFinder
from embeddings.lexical import LexicalIndex, TermStatistics
from embeddings.pinyin import sounds_of
from embeddings.store.base_texts import BaseTexts
from embeddings.store.layout import SnapshotLayout
from embeddings.store.passage_store import PassageWriter
from embeddings.store.spool import TextSpool
from embeddings.terms import TermSplitter

# Texts whose terms are put in order together.
_WINDOW = 1_024
Cut = Callable[[CleanArticle], tuple[Passage, ...]]


@dataclass(frozen=True, slots=True)
class WrittenTexts:
    """Say what was written: `copies` passages are in `groups`; `articles` maps ids to content hashes as read."""

    articles: dict[str, str]
    problems: tuple[Problem, ...]
    passages: int
    groups: int
    copies: int


@dataclass(frozen=True, slots=True)
class TextTools:
    """Hold what cuts articles into passages, passages into terms, and what was cut before."""

    cut: Cut
    splitter: TermSplitter
    before: BaseTexts = field(default_factory=lambda: BaseTexts(None, {}))


def write_texts(
    source: ArticleSource, tools: TextTools, parts: SnapshotLayout, spool: TextSpool, strict: bool
) -> WrittenTexts:
    """Write the passages and the lexical index of a snapshot; hold the texts of one article at a time.

    Args:
        source: of the articles.
        tools: cut articles and passages, and give those that were cut before.
        parts: where to write.
        spool: takes what is to be encoded, in order of row.
        strict: refuse to leave anything out.

    Raises:
        CorpusError: no article gives a passage, or one is left out and `strict` is set.
    """
    statistics, finder = TermStatistics(tools.splitter.terms, tools.splitter.words), DuplicateFinder(parts.folder)
    articles: dict[str, str] = {}
    problems: list[Problem] = []
    with PassageWriter.create(parts.passages) as writer:
        for item in source.articles():
            if isinstance(item, Problem):
                problems.append(item)
                continue
            try:
                article, passages = tools.before.passages_of(item) or _passages(item, tools)
            except CorpusError as error:
                # Many documents may come from one file: the id tells which one it was.
                place = item.path if item.path == item.id else f"{item.path} ({item.id})"
                problems.append(Problem(place, str(error)))
                continue
            articles[item.id] = item.content_hash
            writer.add(article, passages)
            for passage in passages:
                spool.append(passage.indexed)
                statistics.add(passage.indexed)
                finder.add(passage.text)
        _check(articles, problems, strict)
        firsts = finder.firsts()
        writer.mark_duplicates(firsts)
    lexical = LexicalIndex.build(parts.lexical, statistics, spool.windows(_WINDOW))
    sounds_of(lexical.words).save(parts.sounds)
    grouped = firsts[firsts >= 0]
    return WrittenTexts(articles, tuple(problems), len(firsts), len(np.unique(grouped)), len(grouped))


def _passages(article: Article, tools: TextTools) -> tuple[Article, tuple[Passage, ...]]:
    cleaned = clean(article)
    passages = tools.cut(cleaned)
    if not any(tools.splitter.terms(passage.text) for passage in passages):
        raise CorpusError("it holds no word to search for; write some or remove it")
    return cleaned.article, passages


def _check(articles: dict[str, str], problems: list[Problem], strict: bool) -> None:
    refuse(problems, strict)
    if not articles:
        found = "; ".join(map(str, problems[:3])) or "there is none"
        raise CorpusError(f"the articles give no passage ({found}); add text to them")


def refuse(problems: list[Problem] | tuple[Problem, ...], strict: bool) -> None:
    """Raise CorpusError if there are problems and none is allowed."""
    if strict and problems:
        raise CorpusError(
            f"{len(problems)} were left out ({'; '.join(map(str, problems[:3]))}) and --strict was given; "
            "nothing was published"
        )
