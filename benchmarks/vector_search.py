"""Measure ways to find the 200 nearest of many vectors: how long, and how many are missed.

usage: taskset -c 0 python benchmarks/vector_search.py INDEX [VECTORS]

Vectors are mixed from those of the index, one built of the shipped articles; queries are the
questions of the shipped question set. Every way but the first takes candidates and ranks them by
their cosine. Shares of rows are tried with the index that is used.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import faiss
import numpy as np

from benchmarks.mixed_vectors import encoded, mixed_vectors
from corpus.normalising import normalise
from embeddings.encoders.onnx_encoder import OnnxEncoder
from embeddings.evaluation.question_sets import read_questions
from embeddings.indexes.exact import ExactIndex
from embeddings.indexes.faiss_index import FaissIndex
from embeddings.indexes.ranking import best
from embeddings.records import FloatArray, Ranked
from embeddings.store.layout import IndexLayout
from embeddings.store.manifest import read_current
from embeddings.vector_space import VectorSpace

VECTORS = 100_000
QUERIES = 100
K = 200
SHOWN = 50
SHARES = (0.9, 0.5, 0.2, 0.05, 0.01)
TRAINED_ON = 8_192
# FAISS's names, and how many candidates are ranked by their cosine.
WAYS: dict[str, tuple[int, ...]] = {
    "SQ8": (250,),
    "SQfp16": (250,),
    "PQ96x4fs": (1_000, 2_000),
    "PQ192x4fs": (1_000, 2_000),
    "PQ384x4fs": (500, 1_000, 2_000),
    "IVF128,PQ384x4fs": (1_000,),
    "RaBitQ": (1_000, 4_000),
    "RaBitQfs": (1_000, 4_000),
    "HNSW32": (250,),
}
# Of 128 lists, and of HNSW's candidates.
PROBES = 32
DEPTH = 400

Search = Callable[[FloatArray], Ranked]


class Measured(NamedTuple):
    """Hold the median time of a search, and the shares of the first 200 and 50 that it finds."""

    milliseconds: float
    found: float
    found_first: float


def measure(search: Search, queries: FloatArray, wanted: list[Ranked]) -> Measured:
    """Search once for each query, after one that does not count."""
    search(queries[0])
    times, found, first = [], [], []
    for query, exact in zip(queries, wanted, strict=True):
        before = time.perf_counter()
        ranked = search(query)
        times.append(time.perf_counter() - before)
        found.append(np.isin(exact.rows[:K], ranked.rows[:K]).mean())
        first.append(np.isin(exact.rows[:SHOWN], ranked.rows[:SHOWN]).mean())
    return Measured(statistics.median(times) * 1000, float(np.mean(found)), float(np.mean(first)))


def candidates_of(name: str, vectors: FloatArray) -> tuple[faiss.Index, float]:
    """Build one of the ways, and return how many seconds that took."""
    started = time.perf_counter()
    index = faiss.index_factory(vectors.shape[1], name, faiss.METRIC_INNER_PRODUCT)
    index.train(vectors[np.linspace(0, len(vectors) - 1, TRAINED_ON).astype(np.int64)])
    index.add(vectors)
    if hasattr(index, "nprobe"):
        index.nprobe = PROBES
    if hasattr(index, "hnsw"):
        index.hnsw.efSearch = DEPTH
    return index, time.perf_counter() - started


def two_steps(index: faiss.Index, exact: FaissIndex, candidates: int) -> Search:
    """Return the search that ranks the candidates of an index by their cosine."""

    def search(query: FloatArray) -> Ranked:
        _, (rows,) = index.search(query[np.newaxis], candidates)
        rows = np.sort(rows[rows >= 0])
        return best(rows, exact.scores(query, rows), K)

    return search


def show(name: str, candidates: object, measured: Measured, built: object = "") -> None:
    """Print a row."""
    print(
        f"{name:26}{candidates:>11}{measured.milliseconds:8.2f}{measured.found:9.4f}{measured.found_first:9.4f}"
        f"  {built}",
        flush=True,
    )


def questions(index: Path) -> FloatArray:
    """Return the vectors of real questions, placed as those of the index are."""
    layout = IndexLayout(index)
    manifest = read_current(layout)
    encoder = OnnxEncoder.load(layout.encoder(manifest.encoder.fingerprint))
    space = VectorSpace.load(layout.snapshot(manifest.snapshot).space)
    asked = [question.text for question in read_questions(Path("corpus/questions/dev.jsonl"))[:QUERIES]]
    vectors = encoder.encode_queries([normalise(text) for text in asked])
    return np.array([space.place_question(vector) for vector in vectors])


def main(folder: Path, count: int) -> None:
    """Print a row for each way, then for each share of the rows."""
    faiss.omp_set_num_threads(1)
    queries = questions(folder)
    vectors = np.concatenate(list(mixed_vectors(encoded(folder), count, seed=1)))
    exact = FaissIndex.from_vectors(vectors, codes_from=count + 1)
    wanted = exact.search(queries, K)
    print(f"{'way':26}{'candidates':>11}{'ms':>8}{'of 200':>9}{'of 50':>9}  built in, size")
    show("all compared", count, measure(lambda query: exact.search(query[np.newaxis], K)[0], queries, wanted))
    for name, numbers in WAYS.items():
        index, seconds = candidates_of(name, vectors)
        built = f"{seconds:.1f} s, {len(faiss.serialize_index(index)) / 1e6:.1f} MB"
        for number in numbers:
            show(name, number, measure(two_steps(index, exact, number), queries, wanted), built)
    used, reference = FaissIndex.from_vectors(vectors), ExactIndex(vectors)
    show("as it is used", "", measure(lambda query: used.search(query[np.newaxis], K)[0], queries, wanted))
    for share in SHARES:
        rows = np.flatnonzero(np.random.default_rng(2).random(count) < share)
        within = reference.search(queries, K, rows)
        measured = measure(lambda query, rows=rows: used.search(query[np.newaxis], K, rows)[0], queries, within)  # type: ignore[misc]
        show(f"as it is used, {share:.0%} of rows", len(rows), measured)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else VECTORS)  # noqa: PLR2004
