"""The contract of a vector index, for every engine, against plain numpy."""

import gc
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import faiss
import numpy as np
import pytest

from embeddings.errors import SnapshotError
from embeddings.indexes import faiss_index
from embeddings.indexes.exact import ExactIndex
from embeddings.indexes.faiss_index import FaissIndex
from embeddings.indexes.ranking import best
from embeddings.protocols import VectorIndex
from embeddings.records import FloatArray, RowArray

Make = Callable[[FloatArray], VectorIndex]


def unit_vectors(count: int, dimension: int, seed: int) -> FloatArray:
    vectors = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


# FAISS learns 16 values a component from no fewer vectors.
WITH_CODES = partial(FaissIndex.from_vectors, codes_from=16)


@pytest.fixture(params=[ExactIndex, FaissIndex.from_vectors, WITH_CODES], ids=["exact", "faiss", "faiss with codes"])
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


def test_equal_vectors_are_in_order_of_row_however_many_they_are(make: Make) -> None:
    kinds = unit_vectors(5, 8, seed=10)
    for seed in range(5):
        which = np.random.default_rng(seed).integers(5, size=700)
        nearest = np.lexsort((np.arange(700), -(kinds @ kinds[0])[which]))
        index = make(kinds[which])
        for k in (1, 50, 120, 200, 700):
            (ranked,) = index.search(kinds[:1], k)
            assert ranked.rows.tolist() == nearest[:k].tolist()
            assert len(set(ranked.scores.tolist())) == len(set(which[nearest[:k]]))


@pytest.mark.parametrize(
    "within", [[], [0], [499], [7, 8, 11, 400], list(range(0, 500, 3)), list(range(499)), list(range(500))], ids=len
)
def test_only_rows_within_are_found(make: Make, within: list[int]) -> None:
    vectors, queries = unit_vectors(500, 24, seed=1), unit_vectors(5, 24, seed=2)
    rows = np.array(within, dtype=np.int64)
    for query, ranked in zip(queries, make(vectors).search(queries, 30, rows), strict=True):
        cosines = vectors[rows] @ query
        nearest = np.argsort(-cosines, kind="stable")[:30]
        assert ranked.rows.tolist() == rows[nearest].tolist()
        assert ranked.scores == pytest.approx(cosines[nearest], abs=1e-6)


def test_ties_within_are_in_order_of_row(make: Make) -> None:
    vectors = unit_vectors(600, 24, seed=11)
    vectors[::2] = vectors[0]
    (ranked,) = make(vectors).search(vectors[:1], 4, np.array([1, 5, 40, 41, 42, 500, 502, 504, 599], dtype=np.int64))
    assert ranked.rows.tolist() == [40, 42, 500, 502]


def test_a_shorter_list_begins_a_longer_one(make: Make) -> None:
    index, query = make(unit_vectors(3_000, 24, seed=12)), unit_vectors(1, 24, seed=13)
    longest = index.search(query, 250)[0].rows.tolist()
    for k in (1, 5, 100, 249):
        assert index.search(query, k)[0].rows.tolist() == longest[:k]


def test_scores_of_named_rows(make: Make) -> None:
    vectors, (query,) = unit_vectors(9, 8, seed=5), unit_vectors(1, 8, seed=6)
    rows = np.array([7, 0, 7], dtype=np.int64)
    assert make(vectors).scores(query, rows) == pytest.approx(vectors[rows] @ query, abs=1e-6)
    assert make(vectors).scores(query, rows[:0]).shape == (0,)
    with pytest.raises(IndexError, match="9"):
        make(vectors).scores(query, np.array([2, 9], dtype=np.int64))


def test_best_keeps_ties_at_the_border_in_order_of_row() -> None:
    rows = np.array([9, 4, 6, 1], dtype=np.int64)
    ranked = best(rows, np.array([0.5, 0.5, 0.9, 0.5], dtype=np.float32), 2)
    assert ranked.rows.tolist() == [6, 1]


def test_faiss_of_windows_is_faiss_of_the_whole(tmp_path: Path) -> None:
    vectors = unit_vectors(50, 8, seed=8)
    for codes_from in (16, 51):
        windows = (vectors[start : start + 20] for start in range(0, 50, 20))
        FaissIndex.from_windows(8, windows, codes_from).save(tmp_path / "windows.faiss")
        FaissIndex.from_vectors(vectors, codes_from).save(tmp_path / "whole.faiss")
        assert (tmp_path / "windows.faiss").read_bytes() == (tmp_path / "whole.faiss").read_bytes()
    assert np.load(tmp_path / "windows.npy").tolist() == vectors.tolist()


@pytest.mark.parametrize("codes_from", [16, 51])
def test_faiss_saved_and_loaded(tmp_path: Path, codes_from: int) -> None:
    vectors, queries = unit_vectors(50, 8, seed=7), unit_vectors(3, 8, seed=9)
    built = FaissIndex.from_vectors(vectors, codes_from)
    built.save(tmp_path / "v.faiss")
    loaded = FaissIndex.load(tmp_path / "v.faiss")
    for within in (None, np.arange(0, 50, 2)):
        for found, wanted in zip(loaded.search(queries, 7, within), built.search(queries, 7, within), strict=True):
            assert found.rows.tolist() == wanted.rows.tolist()
            assert found.scores.tolist() == wanted.scores.tolist()
    assert (loaded.count, loaded.dimension) == (50, 8)
    loaded.save(tmp_path / "again.faiss")
    assert (tmp_path / "again.faiss").read_bytes() == (tmp_path / "v.faiss").read_bytes()


def clustered(count: int, seed: int) -> FloatArray:
    """Return unit vectors of 48 components about 300 centres."""
    generator = np.random.default_rng(seed)
    centres = unit_vectors(300, 48, seed=1)[generator.integers(300, size=count)]
    vectors = centres + generator.normal(scale=0.1, size=centres.shape)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


# Everything; so much that codes choose; so little that all are compared.
@pytest.mark.parametrize("within", [None, np.arange(0, 24_000, 2), np.arange(0, 24_000, 3)], ids=["all", "1/2", "1/3"])
def test_codes_miss_next_to_nothing(within: RowArray | None) -> None:
    vectors, queries = clustered(24_000, seed=2), clustered(20, seed=3)
    index, exact = FaissIndex.from_vectors(vectors), ExactIndex(vectors)
    for k, least in ((50, 0.995), (200, 0.99), (1_500, 0.999), (3_000, 1.0)):
        found, wanted = index.search(queries, k, within), exact.search(queries, k, within)
        shares = [np.isin(a.rows, b.rows).mean() for a, b in zip(found, wanted, strict=True)]
        assert np.mean(shares) >= least


def test_few_vectors_have_no_codes(tmp_path: Path) -> None:
    for count, kind in ((19_999, "Flat"), (20_000, "IVF20,PQ4x4fs,Refine(Flat)")):
        index = FaissIndex.from_vectors(unit_vectors(count, 4, seed=14))
        index.save(tmp_path / "v.faiss")
        assert index.kind == FaissIndex.load(tmp_path / "v.faiss").kind == kind
        assert (tmp_path / "v.npy").exists() == (kind != "Flat")


@pytest.fixture
def many_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let 24,000 vectors lie in lists of which a quarter is gone through, as of some 500,000."""
    monkeypatch.setattr(faiss_index, "_VECTORS_A_LIST", 100)
    monkeypatch.setattr(faiss_index, "_PROBES", 64)


@pytest.mark.usefixtures("many_lists")
@pytest.mark.parametrize("within", [None, np.arange(0, 24_000, 2), np.arange(6_000, 20_000)], ids=["all", "1/2", "run"])
def test_lists_miss_little(within: RowArray | None) -> None:
    vectors, queries = clustered(24_000, seed=2), clustered(20, seed=3)
    index, exact = FaissIndex.from_vectors(vectors), ExactIndex(vectors)
    assert index.kind == "IVF240,PQ48x4fs,Refine(Flat)"
    for k in (10, 200, 1_500):
        found, wanted = index.search(queries, k, within), exact.search(queries, k, within)
        shares = [np.isin(a.rows, b.rows).mean() for a, b in zip(found, wanted, strict=True)]
        assert np.mean(shares) >= 0.97


@pytest.mark.usefixtures("many_lists")
def test_rows_in_far_lists_are_found() -> None:
    # All that may be found lies on the other side of what is asked for.
    far, near = clustered(12_000, seed=4), clustered(12_000, seed=5)
    far[:, 0], near[:, 0] = -2, 2
    vectors = np.concatenate([far, near])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    within = np.arange(12_000)
    (found,) = FaissIndex.from_vectors(vectors).search(near[:1], 100, within)
    (wanted,) = ExactIndex(vectors).search(near[:1], 100, within)
    assert len(set(found.rows.tolist())) == 100
    assert found.rows.max() < 12_000
    assert np.isin(found.rows, wanted.rows).mean() >= 0.97


def test_the_file_of_an_index_that_is_gone_stays_readable(tmp_path: Path) -> None:
    index = FaissIndex.build(tmp_path / "v.faiss", 8, iter([unit_vectors(50, 8, seed=7)]), 16)
    before = index.search(unit_vectors(1, 8, seed=9), 5)[0]
    del index
    again = FaissIndex.load(tmp_path / "v.faiss").search(unit_vectors(1, 8, seed=9), 5)[0]
    assert again.rows.tolist() == before.rows.tolist()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["v.faiss", "v.npy"]


def test_what_was_built_in_a_temporary_folder_is_gone_with_the_index() -> None:
    index = WITH_CODES(unit_vectors(50, 8, seed=7))
    folder = index._path.parent
    assert sorted(path.name for path in folder.iterdir()) == ["vectors.faiss", "vectors.npy"]
    del index
    gc.collect()
    assert not folder.exists()


def test_nothing_is_left_where_building_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def windows() -> Iterator[FloatArray]:
        yield unit_vectors(5, 8, seed=7)
        raise OSError("the disk is full")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(OSError, match="the disk is full"):
        FaissIndex.from_windows(8, windows())
    assert list(tmp_path.iterdir()) == []


def test_vectors_that_belong_to_other_codes(tmp_path: Path) -> None:
    WITH_CODES(unit_vectors(50, 8, seed=7)).save(tmp_path / "v.faiss")
    for array, message in (
        (unit_vectors(49, 8, seed=7), r"v\.npy holds an array of shape \(49, 8\), \(50, 8\) was wanted"),
        (unit_vectors(50, 8, seed=7).astype(np.float64), r"v\.npy holds no float32 array of 2 dimensions"),
    ):
        np.save(tmp_path / "v.npy", array)
        with pytest.raises(SnapshotError, match=message):
            FaissIndex.load(tmp_path / "v.faiss")
    (tmp_path / "v.npy").unlink()
    with pytest.raises(SnapshotError, match=r"v\.npy holds no array that can be read"):
        FaissIndex.load(tmp_path / "v.faiss")


def test_faiss_refuses_other_files(tmp_path: Path) -> None:
    path = tmp_path / "v.faiss"
    for content in (b"", b"nonsense" * 8):
        path.write_bytes(content)
        with pytest.raises(SnapshotError, match="no FAISS index that can be read"):
            FaissIndex.load(path)
    for index, kind in (
        (faiss.IndexFlatL2(4), "IndexFlatL2"),
        (faiss.IndexRefineFlat(faiss.IndexFlatIP(4)), "IndexRefineFlat"),
    ):
        faiss.write_index(index, str(path))
        with pytest.raises(SnapshotError, match=f"holds a {kind}, an IndexFlatIP or an IndexIVFPQFastScan was wanted"):
            FaissIndex.load(path)


def test_faiss_refuses_half_a_file(tmp_path: Path) -> None:
    WITH_CODES(unit_vectors(50, 8, seed=7)).save(tmp_path / "v.faiss")
    whole = (tmp_path / "v.faiss").read_bytes()
    for size in (len(whole) // 2, len(whole) - 1):
        (tmp_path / "v.faiss").write_bytes(whole[:size])
        with pytest.raises(SnapshotError, match="no FAISS index that can be read"):
            FaissIndex.load(tmp_path / "v.faiss")
