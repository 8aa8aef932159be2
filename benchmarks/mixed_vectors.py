"""Make as many vectors as wanted that lie as an encoder's do, of a few that it gave."""

from collections.abc import Iterator
from pathlib import Path

import faiss
import numpy as np

from embeddings.records import FloatArray
from embeddings.store.layout import IndexLayout
from embeddings.store.manifest import read_current

WINDOW = 1_024
# What is added to a mixture of two, as a share of how far the encoder's vectors lie apart.
NOISE = 0.5


def encoded(index: Path) -> FloatArray:
    """Return the vectors of an index folder that is too small for codes."""
    layout = IndexLayout(index)
    vectors = faiss.read_index(str(layout.snapshot(read_current(layout).snapshot).vectors))
    return np.asarray(vectors.reconstruct_n(0, vectors.ntotal), dtype=np.float32)


def mixed_vectors(some: FloatArray, count: int, seed: int) -> Iterator[FloatArray]:
    """Yield windows of unit vectors: each between two of some, with noise of the same covariance."""
    generator = np.random.default_rng(seed)
    mean = some.mean(axis=0)
    apart = some - mean
    covariance = np.cov(apart.T) + 1e-7 * np.eye(some.shape[1])
    factor = (NOISE * np.linalg.cholesky(covariance).T).astype(np.float32)
    for start in range(0, count, WINDOW):
        size = min(WINDOW, count - start)
        first, second = generator.integers(len(some), size=(2, size))
        share = generator.uniform(0.5, 1, (size, 1)).astype(np.float32)
        noise = generator.standard_normal((size, some.shape[1]), dtype=np.float32) @ factor
        vectors = mean + share * apart[first] + (1 - share) * apart[second] + noise
        yield vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
