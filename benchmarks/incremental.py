"""Measure what a rebuild costs after few articles have changed, beside a full one.

usage: python benchmarks/incremental.py [ARTICLES]

So many articles, each of some 1.4 passages, are recombined from the shipped articles' sentences and
written to files. They are built, then a hundredth of them is changed and they are built again, by
the command's own function, with the gate, in one process. Wall time depends on what else the machine
does; time on the processor hardly.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import platformdirs

from benchmarks.streaming import GeneratedArticles
from corpus.reading import ArticleFolder
from corpus.records import Article
from embeddings.encoders.model_folder import ModelRequest, find_model
from embeddings.gating.index_gate import IndexGate
from embeddings.store.builder import build
from embeddings.store.request import BuildRequest, BuildSummary
from scripts.progress import TerminalReporter

ARTICLES = 14_000  # 20,000 passages
CHANGED = 100  # one article in so many


def timed(what: str, act: Callable[[], BuildSummary]) -> tuple[float, float]:
    """Return the seconds on the wall and on the processors that a build takes, and print them."""
    wall, processor = time.perf_counter(), time.process_time()
    summary = act()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(
        f"{what:12} {wall:8.1f} s, {processor:8.1f} s on the processors; {summary.passages} passages, "
        f"{summary.encoded} encoded",
        flush=True,
    )
    return wall, processor


def main(articles: int) -> None:
    """Build, change, build again, and print the ratio."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "articles"
        folder.mkdir()
        for item in GeneratedArticles(articles).articles():
            if isinstance(item, Article):
                (folder / item.path).write_text(item.original, encoding="utf-8")
        model = find_model(ModelRequest(), Path(platformdirs.user_cache_dir("zhaiwen")))
        request = BuildRequest(ArticleFolder(folder), model, Path(name) / "index", gate=IndexGate())
        reporter = TerminalReporter()
        full = timed("full", lambda: build(request, reporter))
        for number in range(0, articles, CHANGED):
            path = folder / f"{number}.txt"
            path.write_text(f"{path.read_text(encoding='utf-8')}\n\n第{number}篇改过了。", encoding="utf-8")
        changed = timed("changed", lambda: build(request, reporter))
        timed("up to date", lambda: build(request, reporter))
    wall, processor = (part / whole for part, whole in zip(changed, full, strict=True))
    print(f"changing 1 article of {CHANGED} costs {wall:.1%} of the time, {processor:.1%} of that on the processors")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ARTICLES)
