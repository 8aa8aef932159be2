"""Measure how much memory a rebuild's parts take for each passage, beyond what they take for any.

usage: python benchmarks/streaming.py [ARTICLES …]

Articles are recombined from the shipped articles' sentences, one at a time. Each part runs in a
process of its own at each number of articles; a figure is the growth of that process's peak of
resident memory, in bytes, divided by the growth in passages, from one number to the next.
"""

import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from corpus.chunking import ChunkSizes, chunk
from corpus.cleaning import clean
from corpus.lexicon import load_lexicon
from corpus.reading import ArticleFolder, shipped_articles
from corpus.records import About, Article, CleanArticle, FileHash, Markup, Passage, Problem
from embeddings.duplicates import DuplicateFinder
from embeddings.indexes.faiss_index import FaissIndex
from embeddings.lexical import LexicalIndex, TermStatistics
from embeddings.records import FloatArray
from embeddings.store.layout import SnapshotLayout
from embeddings.store.spool import TextSpool
from embeddings.store.texts import TextTools, write_texts
from embeddings.terms import TermSplitter

NUMBERS = (10_000, 30_000, 100_000)
DIMENSION = 384  # of the default model
WINDOW = 1_024
SENTENCES = 6, 14  # least and most of an article
COPIED = 10  # one article in so many is that of before with a word in front
SENTENCE = re.compile(r"[^。！？；\n#]{8,}[。！？；]")


class GeneratedArticles:
    """Make articles as they are asked for; holds the sentences only."""

    def __init__(self, articles: int) -> None:
        shipped = ArticleFolder(shipped_articles()).articles()
        self._sentences = [
            sentence for item in shipped if isinstance(item, Article) for sentence in SENTENCE.findall(item.original)
        ]
        self._articles = articles

    def file_hashes(self) -> Iterator[FileHash]:
        """Yield one hash for them all."""
        yield FileHash("generated", str(self._articles))

    def articles(self) -> Iterator[Article | Problem]:
        """Yield each article."""
        body = ""
        for number in range(self._articles):
            generator = random.Random(number)  # noqa: S311
            sentences = generator.choices(self._sentences, k=generator.randint(*SENTENCES))
            body = f"转载。{body}" if number % COPIED == 1 else "\n\n".join(sentences)
            about = About(title=f"文章{number}")
            yield Article(f"generated/{number}.txt", f"{number}.txt", body, Markup.PLAIN, about=about)


class Grown(NamedTuple):
    """Hold what one process found out."""

    passages: int
    peak: int
    seconds: float


def cut(article: CleanArticle) -> tuple[Passage, ...]:
    """Cut an article at the usual sizes, two tokens for three characters."""
    return chunk(article, ChunkSizes(), lambda texts: [len(text) * 2 // 3 + 2 for text in texts])


TOOLS = TextTools(cut, TermSplitter(load_lexicon()))


def passages(articles: int) -> Iterator[Passage]:
    """Yield the passages of so many articles."""
    for item in GeneratedArticles(articles).articles():
        if isinstance(item, Article):
            yield from cut(clean(item))


def none(articles: int) -> int:
    """Read, clean and cut, and keep nothing."""
    return sum(1 for _ in passages(articles))


def duplicates(articles: int) -> int:
    """Find duplicates."""
    finder = DuplicateFinder()
    for passage in passages(articles):
        finder.add(passage.text)
    return len(finder.firsts())


def lexical(articles: int) -> int:
    """Make the lexical index."""
    splitter = TOOLS.splitter
    statistics = TermStatistics(splitter.terms, splitter.words)
    with tempfile.TemporaryDirectory() as folder, TextSpool.in_folder(Path(folder)) as spool:
        for passage in passages(articles):
            spool.append(passage.indexed)
            statistics.add(passage.indexed)
        return LexicalIndex.from_windows(statistics, spool.windows(WINDOW)).count


def texts(articles: int) -> int:
    """Write all but the vectors, as a rebuild does."""
    with tempfile.TemporaryDirectory() as folder, TextSpool.in_folder(Path(folder)) as spool:
        parts = SnapshotLayout(Path(folder))
        return write_texts(GeneratedArticles(articles), TOOLS, parts, spool, strict=True).passages


def everything(articles: int) -> int:
    """Write all, with vectors that come from no model."""
    with tempfile.TemporaryDirectory() as folder, TextSpool.in_folder(Path(folder)) as spool:
        parts = SnapshotLayout(Path(folder))
        written = write_texts(GeneratedArticles(articles), TOOLS, parts, spool, strict=True)
        FaissIndex.from_windows(DIMENSION, map(encode, spool.windows(WINDOW))).save(parts.vectors)
        return written.passages


def encode(window: list[str]) -> FloatArray:
    """Return unit vectors that say nothing."""
    vectors = np.zeros((len(window), DIMENSION), dtype=np.float32)
    vectors[np.arange(len(window)), [len(text) % DIMENSION for text in window]] = 1
    return vectors


PARTS: dict[str, Callable[[int], int]] = {
    "nothing kept": none,
    "duplicates": duplicates,
    "lexical": lexical,
    "texts": texts,
    "everything": everything,
}


def grown(part: str, articles: int) -> Grown:
    """Run a part in a process of its own."""
    command = [sys.executable, __file__, part, str(articles)]
    with tempfile.TemporaryDirectory() as folder:
        finished = subprocess.run(
            command, check=True, capture_output=True, text=True, env={"TMPDIR": folder, "PYTHONPATH": "."}
        )
    count, peak, seconds = finished.stdout.split()
    return Grown(int(count), int(peak), float(seconds))


def main(numbers: list[int]) -> None:
    """Print a row for each part and step."""
    print(f"{'part':14}{'articles':>9}{'passages':>10}{'peak, MB':>10}{'seconds':>9}{'bytes a passage':>17}")
    for part in PARTS:
        rows = [grown(part, number) for number in numbers]
        slopes = [f"{(b.peak - a.peak) / (b.passages - a.passages):.0f}" for a, b in pairwise(rows)]
        for number, row, slope in zip(numbers, rows, ["", *slopes], strict=True):
            print(
                f"{part:14}{number:9}{row.passages:10}{row.peak / 1e6:10.1f}{row.seconds:9.1f}{slope:>17}", flush=True
            )


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in PARTS:
        started = time.perf_counter()
        found = PARTS[sys.argv[1]](int(sys.argv[2]))
        print(found, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, time.perf_counter() - started)
    else:
        with suppress(KeyboardInterrupt):
            main([int(number) for number in sys.argv[1:]] or list(NUMBERS))
