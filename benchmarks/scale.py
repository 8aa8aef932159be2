"""Measure how an index grows: its size, the time and memory to build it, and how fast and well it is searched.

usage: python benchmarks/scale.py INDEX RESULTS.json [PASSAGES …]

INDEX is one of the shipped articles, as `zhaiwen rebuild --index INDEX` makes it; it gives vectors to
mix, the encoder and the tuning. `benchmarks/scale_data.py` says what passages are made of. Each size
is built part by part in a process of its own, by what builds real indexes, and searched in another,
both on one core; results are added to those of other sizes in the file. A million passages take 12 GB
below the temporary folder ($TMPDIR) and an hour. `benchmarks/scale_plot.py` draws the results.

A question's encoding is no part of its search here: all are encoded before. Each is searched once, after
which memory is measured, then `REPEATS` times, of which the fastest counts. Recall is that of the
vector index's ten (200) nearest, against comparing all.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.mixed_vectors import encoded, mixed_vectors
from benchmarks.scale_data import OF_AN_ARTICLE, Texts, Tokens
from corpus.lexicon import load_lexicon
from embeddings.duplicates import DuplicateFinder
from embeddings.encoders.onnx_encoder import OnnxEncoder
from embeddings.indexes.faiss_index import FaissIndex
from embeddings.late_interaction.token_files import TokenLayout, TokenWriter
from embeddings.lexical import LexicalIndex, TermStatistics
from embeddings.protocols import Progress
from embeddings.ranker import CANDIDATES
from embeddings.records import EncoderInfo, FloatArray, SearchOptions, TokenVectors
from embeddings.searcher import Searcher
from embeddings.store.layout import IndexLayout, SnapshotLayout
from embeddings.store.loading import assembled
from embeddings.store.manifest import Manifest, read_current
from embeddings.store.passage_store import PassageWriter
from embeddings.store.spool import TextSpool
from embeddings.terms import TermSplitter

NUMBERS = (10_000, 30_000, 100_000, 300_000, 1_000_000)
QUESTIONS = Path("corpus/questions/dev.jsonl")
ASKED = 200
OPTIONS = SearchOptions(k=5)
WINDOW = 1_024
# Seconds between two looks at a process's memory.
LOOK = 0.05
REPEATS = 5
MEGABYTE = 1e6


def main(index: Path, results: Path, numbers: Sequence[int]) -> None:
    """Measure each size, and add what was found to the file."""
    found: dict[str, object] = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
    for number in numbers:
        with tempfile.TemporaryDirectory(prefix="zhaiwen-scale-") as folder:
            row = {step: run(step, index, Path(folder), number) for step in STEPS}
        found[str(number)] = row
        results.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(json.dumps({number: row}, indent=1), flush=True)


def run(step: str, index: Path, folder: Path, number: int) -> object:
    """Run a step in a process of its own, on one core."""
    command = [sys.executable, __file__, step, str(index), str(folder), str(number)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    finished = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return json.loads(finished.stdout.splitlines()[-1])


@dataclass
class Watch:
    """Note how long each part of a build takes, and the most memory it has."""

    seconds: dict[str, float] = field(default_factory=dict)
    peaks: dict[str, float] = field(default_factory=dict)
    peak: float = 0.0

    @contextmanager
    def part(self, name: str, made: Callable[[], object] | None = None) -> Iterator[None]:
        """Watch the body; what it takes to make its input by itself is not its own."""
        before = time.perf_counter()
        if made is not None:
            made()
        spent = time.perf_counter() - before
        self.peak = 0.0
        finished = threading.Event()
        watcher = threading.Thread(target=self._look, args=(finished,))
        watcher.start()
        before = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - before - spent, 2)
        finished.set()
        watcher.join()
        self.peaks[name] = round(self.peak, 1)

    def _look(self, finished: threading.Event) -> None:
        while not finished.wait(LOOK):
            self.peak = max(self.peak, memory()["VmRSS"])


def memory() -> dict[str, float]:
    """Return this process's resident memory in megabytes: all, its own, and of mapped files."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    pairs = [line.split(":") for line in lines]
    return {
        pair[0]: round(int(pair[1].split()[0]) * 1024 / MEGABYTE, 1)
        for pair in pairs
        if pair[0] in ("VmRSS", "RssAnon", "RssFile")
    }


def opened(index: Path) -> tuple[SnapshotLayout, Manifest, OnnxEncoder]:
    """Return the parts of the real index that others are made from."""
    layout = IndexLayout(index)
    manifest = read_current(layout)
    return layout.snapshot(manifest.snapshot), manifest, OnnxEncoder.load(layout.encoder(manifest.encoder.fingerprint))


def questions() -> list[str]:
    """Return the questions that are asked."""
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()[:ASKED]
    return [str(json.loads(line)["question"]) for line in lines]


def build(index: Path, folder: Path, number: int) -> dict[str, object]:
    """Write an index of so many passages, part by part."""
    parts, watch = SnapshotLayout(folder), Watch()
    given, manifest, encoder = opened(index)
    tokens = Tokens(encoder, questions())
    del encoder
    shutil.copytree(given.lexicon, parts.lexicon)
    shutil.copy(given.space, parts.space)
    if manifest.calibrated:
        shutil.copy(given.calibration, parts.calibration)
    watch.peaks["before"] = memory()["VmRSS"]
    with TextSpool.in_folder(folder) as spool:
        copies = _texts(parts, spool, number, watch)
        splitter = TermSplitter(load_lexicon(parts.lexicon))
        statistics = TermStatistics(splitter.terms, splitter.words)
        with watch.part("terms"):
            for window in spool.windows(WINDOW):
                for text in window:
                    statistics.add(text)
        with watch.part("lexical"):
            LexicalIndex.build(parts.lexical, statistics, spool.windows(WINDOW))
        terms = len(statistics.vocabulary)
        del statistics
        some = encoded(index)
        with watch.part("vectors", lambda: sum(1 for _ in mixed_vectors(some, number, seed=1))):
            kind = FaissIndex.build(parts.vectors, some.shape[1], mixed_vectors(some, number, seed=1)).kind
        with (
            watch.part("tokens", lambda: sum(1 for window in spool.windows(WINDOW) for _ in tokens.of(window))),
            TokenWriter.create(parts.tokens, tokens.identity) as writer,
        ):
            for window in spool.windows(WINDOW):
                for passage in tokens.of(window):
                    writer.add(tokens.identity.place(passage))
    space = tokens.space
    np.save(TokenLayout(parts.tokens).space, np.vstack([space.passage_mean, space.query_mean, space.basis.T]))
    sizes = {path.name: _size(path) for path in folder.iterdir()}
    whole = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE, 1)
    return {
        "kind": kind,
        "terms": terms,
        "copies": copies,
        "seconds": watch.seconds,
        "peak_megabytes": watch.peaks,
        "peak_of_process": whole,
        "megabytes": sizes,
    }


def _texts(parts: SnapshotLayout, spool: TextSpool, number: int, watch: Watch) -> int:
    texts = Texts()
    with PassageWriter.create(parts.passages) as writer:
        with watch.part("texts", lambda: sum(1 for _ in texts.articles(number))):
            for article, passages in texts.articles(number):
                writer.add(article, passages)
                for passage in passages:
                    spool.append(passage.indexed)
        finder = DuplicateFinder(parts.folder)
        with watch.part("duplicates", lambda: sum(1 for _ in texts.passages(number))):
            for text in texts.passages(number):
                finder.add(text)
            firsts = finder.firsts()
            writer.mark_duplicates(firsts)
    return int(np.count_nonzero(firsts >= 0))


def _size(path: Path) -> float:
    files = [path] if path.is_file() else list(path.rglob("*"))
    return round(sum(file.stat().st_size for file in files) / MEGABYTE, 1)


class EncodedBefore:
    """Give what a real encoder made of questions before they were asked."""

    def __init__(self, real: OnnxEncoder) -> None:
        self._real = real
        self._known: dict[str, TokenVectors] = {}

    @property
    def info(self) -> EncoderInfo:
        """Return what the encoder is."""
        return self._real.info

    def learn(self, texts: Sequence[str]) -> None:
        """Encode each of the texts alone, as a service does."""
        for text in texts:
            (self._known[text],) = self._real.encode_queries_by_token([text])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the lengths of texts in tokens."""
        return self._real.count_tokens(texts)

    def encode_queries(self, texts: Sequence[str], progress: Progress | None = None) -> FloatArray:  # noqa: ARG002
        """Return the vectors of questions that are known."""
        return np.array([self._known[text].vector for text in texts])

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> FloatArray:
        """Encode passages."""
        return self._real.encode_passages(texts, progress)

    def encode_queries_by_token(self, texts: Sequence[str], progress: Progress | None = None) -> list[TokenVectors]:  # noqa: ARG002
        """Return the tokens of questions that are known."""
        return [self._known[text] for text in texts]

    def encode_passages_by_token(self, texts: Sequence[str], progress: Progress | None = None) -> list[TokenVectors]:
        """Encode passages by token."""
        return self._real.encode_passages_by_token(texts, progress)


def search(index: Path, folder: Path, number: int) -> dict[str, object]:
    """Open the index and ask; then see what was missed."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    threadpool_limits(limits=1, user_api="blas")
    _, manifest, real = opened(index)
    articles = {f"generated/{number}": "" for number in range(-(-number // OF_AN_ARTICLE))}
    encoder = EncodedBefore(real)
    before = time.perf_counter()
    searcher = assembled(SnapshotLayout(folder), replace(manifest, passages=number, articles=articles), encoder)
    opening = time.perf_counter() - before
    at_first = memory()
    asked = questions()
    encoder.learn([searcher.reader.read(question).text for question in asked])
    first = [_milliseconds(searcher, question) for question in asked]
    after = memory()
    again = np.array([[_milliseconds(searcher, question) for _ in range(REPEATS)] for question in asked])
    # What else runs on the machine only adds.
    steady = again.min(axis=1)
    found: dict[str, object] = {
        "opened_in_seconds": round(opening, 2),
        "megabytes_opened": at_first,
        "megabytes_after_searches": after,
        "load": round(os.getloadavg()[0], 1),
        "first_time_p50": round(float(np.median(first)), 2),
        "p50_of_all": round(float(np.median(again)), 2),
        "p50": round(float(np.median(steady)), 2),
        "p95": round(float(np.percentile(steady, 95)), 2),
        "parts_p50": _parts(searcher, asked),
    }
    found |= _missed(searcher, asked)
    searcher.passages.close()
    return found


def _milliseconds(searcher: Searcher, question: str) -> float:
    before = time.perf_counter()
    searcher.search(question, OPTIONS)
    return (time.perf_counter() - before) * 1000


def _parts(searcher: Searcher, asked: list[str]) -> dict[str, float]:
    """Return the median milliseconds of the two sides, each by itself."""
    vectors, terms = _queries(searcher, asked)
    ranker = searcher.ranker

    def lexical(number: int) -> None:
        matches = ranker.lexical.matches(terms[number])
        matches.best(CANDIDATES)
        matches.moments()

    sides: dict[str, Callable[[int], object]] = {
        "dense": lambda number: ranker.vectors.search(vectors[number : number + 1], CANDIDATES),
        "lexical": lexical,
    }
    return {
        name: round(float(np.median([_fastest(side, number) for number in range(len(asked))])), 2)
        for name, side in sides.items()
    }


def _fastest(work: Callable[[int], object], number: int) -> float:
    times = []
    for _ in range(REPEATS):
        before = time.perf_counter()
        work(number)
        times.append((time.perf_counter() - before) * 1000)
    return min(times)


def _queries(searcher: Searcher, asked: list[str]) -> tuple[FloatArray, list[Sequence[tuple[str, float]]]]:
    read = [searcher.reader.read(question) for question in asked]
    vectors = searcher.encoder.encode_queries([one.text for one in read])
    placed = [searcher.ranker.space.place_question(vector) for vector in vectors]
    return np.array(placed), [one.terms for one in read]


def _missed(searcher: Searcher, asked: list[str]) -> dict[str, object]:
    """Return the share of the nearest vectors that is found, and how far the lexical side is from exact."""
    vectors, terms = _queries(searcher, asked)
    ranker = searcher.ranker
    rows = np.arange(ranker.vectors.count)
    ten, all_, same, off = [], [], [], []
    for vector, weighted in zip(vectors, terms, strict=True):
        cosines = ranker.vectors.scores(vector, rows)
        nearest = np.argsort(-cosines, kind="stable")[:CANDIDATES]
        (found,) = ranker.vectors.search(vector[np.newaxis], CANDIDATES)
        ten.append(np.isin(nearest[:10], found.rows[:10]).mean())
        all_.append(np.isin(nearest, found.rows).mean())
        matches = ranker.lexical.matches(weighted)
        exact = matches.of(rows)
        order = np.lexsort((rows, -exact))[:CANDIDATES]
        same.append(matches.best(CANDIDATES).rows.tolist() == order[exact[order] > 0].tolist())
        wanted, estimate = float(exact.std(dtype=np.float64)), matches.moments().deviation
        off.append(abs(estimate / wanted - 1) if wanted else 0.0)
    return {
        "recall_at_10": round(float(np.mean(ten)), 4),
        "recall_at_200": round(float(np.mean(all_)), 4),
        "lexical_first_200_as_exact": round(float(np.mean(same)), 4),
        "lexical_deviation_off_at_most": float(np.max(off)),
    }


STEPS: dict[str, Callable[[Path, Path, int], dict[str, object]]] = {"build": build, "search": search}

if __name__ == "__main__":
    if sys.argv[1] in STEPS:
        print(json.dumps(STEPS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))))
    else:
        main(Path(sys.argv[1]), Path(sys.argv[2]), [int(number) for number in sys.argv[3:]] or NUMBERS)
