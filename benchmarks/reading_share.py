"""Measure what part of a rebuild's time goes by before encoding, and whether it grows with the text alone.

usage: python benchmarks/reading_share.py [ARTICLES]
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corpus.chunking import ChunkSizes, chunk
from corpus.cleaning import clean
from corpus.lexicon import load_lexicon
from corpus.reading import open_source, shipped_articles
from corpus.records import Article, Markup
from embeddings.encoders.export import exported_encoder
from embeddings.encoders.model_folder import ModelRequest, find_model
from embeddings.encoders.onnx_encoder import OnnxEncoder
from embeddings.lexical import LexicalIndex
from embeddings.store.layout import SnapshotLayout
from embeddings.store.spool import TextSpool
from embeddings.store.texts import TextTools, write_texts
from embeddings.terms import TermSplitter
from scripts.options import Defaults

LENGTHS = (10_000, 100_000, 1_000_000)
REPEATS = 3
WINDOW = 1_024


class Watch:
    """Add up the seconds of each step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Add the time of the body to a step's."""
        started = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started


def steps(folder: Path, encoder: OnnxEncoder) -> tuple[dict[str, float], int]:
    """Return the seconds of each step of a rebuild, and the number of passages."""
    watch, splitter = Watch(), TermSplitter(load_lexicon())
    source = open_source(folder)
    found = source.articles()
    while True:
        with watch.step("reading"):
            item = next(found, None)
        if item is None:
            break
        if isinstance(item, Article):
            with watch.step("cleaning"):
                cleaned = clean(item)
            with watch.step("cutting"):
                chunk(cleaned, ChunkSizes(), encoder.count_tokens)
    with tempfile.TemporaryDirectory() as work, TextSpool.in_folder(Path(work)) as spool:
        with watch.step("all but encoding"):
            written = write_texts(
                source,
                TextTools(lambda cleaned: chunk(cleaned, ChunkSizes(), encoder.count_tokens), splitter),
                SnapshotLayout(Path(work)),
                spool,
                strict=False,
            )
        with watch.step("encoding"):
            for window in spool.windows(WINDOW):
                encoder.encode_passages(window)
    return watch.seconds, written.passages


def long_text(folder: Path, length: int) -> str:
    """Return the articles' bodies, one below the other, as often as it takes."""
    bodies = [item.original[item.body_start :] for item in open_source(folder).articles() if isinstance(item, Article)]
    whole = "\n\n".join(bodies)
    return (whole * (length // len(whole) + 1))[:length]


def microseconds(text: str, markup: Markup, encoder: OnnxEncoder) -> tuple[float, float]:
    """Return the time of cleaning and of cutting a text, for each character, the best of some."""
    cleaning, cutting = [], []
    for _ in range(REPEATS):
        started = time.perf_counter()
        cleaned = clean(Article("long", "long.md", text, markup))
        between = time.perf_counter()
        chunk(cleaned, ChunkSizes(), encoder.count_tokens)
        cleaning.append(between - started)
        cutting.append(time.perf_counter() - between)
    return min(cleaning) / len(text) * 1e6, min(cutting) / len(text) * 1e6


def main(folder: Path) -> None:
    """Print the shares, and the time of a character in texts of several lengths."""
    model = find_model(ModelRequest(), Defaults.from_environment(os.environ).cache)
    with tempfile.TemporaryDirectory() as work:
        encoder = exported_encoder(model, Path(work) / "encoder", print)
        LexicalIndex.from_texts(["上门"], list).search([("上", 1.0)], 1)  # what is loaded once is not counted
        steps(shipped_articles(), encoder)
        seconds, passages = steps(folder, encoder)
        total = seconds["all but encoding"] + seconds["encoding"]
        print(f"{passages} passages, {total:.2f} s")
        for name, value in seconds.items():
            print(f"{name:18}{value:9.3f} s{value / total:8.1%}{value / passages * 1000:9.3f} ms a passage")
        print("one text, microseconds a character: cleaning, cutting")
        for markup in Markup:
            for length in LENGTHS:
                cleaning, cutting = microseconds(long_text(folder, length), markup, encoder)
                print(f"{markup.value:10}{length:10,}{cleaning:8.2f}{cutting:8.2f}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else shipped_articles())
