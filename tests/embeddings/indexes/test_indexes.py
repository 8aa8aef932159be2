"""The contract of a vector index, for every engine, against plain numpy."""

from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np
import pytest

from embeddings.errors import SnapshotError
from embeddings.indexes.exact import ExactIndex
from embeddings.indexes.faiss_index import FaissIndex
from embeddings.indexes.ranking import best
from embeddings.protocols import VectorIndex
from embeddings.records import FloatArray

Make = Callable[[FloatArray], VectorIndex]


def unit_vectors(count: int, dimension: int, seed: int) -> FloatArray:
    vectors = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture(params=[ExactIndex, FaissIndex.from_vectors], ids=["exact", "faiss"])
def make(request: pytest.FixtureRequest) -> Make:
    made: Make = request.param
    return made


def test_nearest_by_hand(make: Make) -> None:
    index = make(np.array([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32))
    (ranked,) = index.search(np.array([[0, 1]], dtype=np.float32), 2)
    assert ranked.rows.tolist() == [1, 2]
    assert ranked.scores.tolist() == pytest.approx([1.0, 0.8])
    assert (index.count, index.dimension) == (3, 2)


def test_as_plain_numpy(make: Make) -> None:
    vectors, queries = unit_vectors(500, 24, seed=1), unit_vectors(20, 24, seed=2)
    for query, ranked in zip(queries, make(vectors).search(queries, 30), strict=True):
        cosines = vectors @ query
        assert ranked.rows.tolist() == np.argsort(-cosines, kind="stable")[:30].tolist()
        assert ranked.scores == pytest.approx(cosines[ranked.rows], abs=1e-6)


def test_more_wanted_than_there_are(make: Make) -> None:
    (ranked,) = make(unit_vectors(3, 8, seed=3)).search(unit_vectors(1, 8, seed=4), 10)
    assert sorted(ranked.rows.tolist()) == [0, 1, 2]


def test_equal_vectors_are_in_order_of_row(make: Make) -> None:
    same = np.repeat(np.array([[0, 1]], dtype=np.float32), 12, axis=0)
    (ranked,) = make(np.concatenate([np.array([[1, 0]], dtype=np.float32), same])).search(same[:1], 5)
    assert ranked.rows.tolist() == [1, 2, 3, 4, 5]


def test_scores_of_named_rows(make: Make) -> None:
    vectors, (query,) = unit_vectors(9, 8, seed=5), unit_vectors(1, 8, seed=6)
    rows = np.array([7, 0, 7], dtype=np.int64)
    assert make(vectors).scores(query, rows) == pytest.approx(vectors[rows] @ query, abs=1e-6)
    assert make(vectors).scores(query, rows[:0]).shape == (0,)


def test_best_keeps_ties_at_the_border_in_order_of_row() -> None:
    rows = np.array([9, 4, 6, 1], dtype=np.int64)
    ranked = best(rows, np.array([0.5, 0.5, 0.9, 0.5], dtype=np.float32), 2)
    assert ranked.rows.tolist() == [6, 1]


def test_faiss_of_windows_is_faiss_of_the_whole() -> None:
    vectors, queries = unit_vectors(50, 8, seed=8), unit_vectors(3, 8, seed=9)
    index = FaissIndex.from_windows(8, (vectors[start : start + 20] for start in range(0, 50, 20)))
    assert index.count == 50
    for found, wanted in zip(index.search(queries, 7), ExactIndex(vectors).search(queries, 7), strict=True):
        assert found.rows.tolist() == wanted.rows.tolist()


def test_faiss_saved_and_loaded(tmp_path: Path) -> None:
    vectors = unit_vectors(50, 8, seed=7)
    FaissIndex.from_vectors(vectors).save(tmp_path / "v.faiss")
    loaded = FaissIndex.load(tmp_path / "v.faiss")
    assert loaded.search(vectors[:1], 1)[0].rows.tolist() == [0]
    assert loaded.count == 50


def test_faiss_refuses_other_files(tmp_path: Path) -> None:
    path = tmp_path / "v.faiss"
    path.write_bytes(b"nonsense" * 8)
    with pytest.raises(SnapshotError, match="no FAISS index that can be read"):
        FaissIndex.load(path)
    faiss.write_index(faiss.IndexFlatL2(4), str(path))
    with pytest.raises(SnapshotError, match="IndexFlatL2, an IndexFlatIP was wanted"):
        FaissIndex.load(path)
