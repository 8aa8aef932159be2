"""The space of a snapshot's vectors: its means, its moments against plain numpy, and every kind of damage."""

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from embeddings.errors import SnapshotError
from embeddings.records import FloatArray
from embeddings.vector_space import SpaceFitter, VectorSpace, shrunk_mean

# Texts at the origin that a mean is shrunk by.
SHRUNK_BY = 20


def unit_vectors(count: int, dimension: int, seed: int) -> FloatArray:
    """Return vectors in a narrow cone, as encoders give them."""
    vectors = np.random.default_rng(seed).standard_normal((count, dimension)) + 3
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def fitted(vectors: FloatArray, question_mean: FloatArray, window: int) -> tuple[VectorSpace, FloatArray]:
    """Return the space and the placed vectors, given some at a time."""
    fitter = SpaceFitter(vectors.shape[1])
    windows = [vectors[start : start + window] for start in range(0, len(vectors), window)]
    for some in windows:
        fitter.add(some)
    placed = np.concatenate([fitter.place(some) for some in windows])
    return fitter.space(question_mean), placed


def test_a_mean_of_few_texts_is_drawn_to_the_origin() -> None:
    total = np.array([3.0, -1.0])
    assert shrunk_mean(total, 5).tolist() == pytest.approx([3 / (5 + SHRUNK_BY), -1 / (5 + SHRUNK_BY)])
    assert shrunk_mean(np.zeros(2), 0).tolist() == [0, 0]
    assert shrunk_mean(total, 5).dtype == np.float32


def test_placed_by_hand() -> None:
    mean, nothing = np.array([0.6, 0.0], dtype=np.float32), np.zeros(2, dtype=np.float32)
    space = VectorSpace(mean, nothing, np.zeros(2), np.zeros((2, 2)))
    # (0.6, 0.8) less (0.6, 0) is (0, 0.8).
    assert space.place_question(np.array([0.6, 0.8], dtype=np.float32)).tolist() == pytest.approx([0, 1])
    passages = replace(space, passage_mean=np.array([0.0, 0.8], dtype=np.float32)).place_passages(
        np.array([[0.6, 0.8], [1, 0]], dtype=np.float32)
    )
    length = (1 + 0.8**2) ** 0.5
    assert passages.ravel().tolist() == pytest.approx([1, 0, 1 / length, -0.8 / length])


def test_what_lies_at_the_mean_stays_at_the_origin() -> None:
    mean = np.array([1.0, 0.0], dtype=np.float32)
    space = VectorSpace(mean, mean, np.zeros(2), np.zeros((2, 2)))
    assert space.place_question(mean).tolist() == [0, 0]
    assert space.place_passages(mean[np.newaxis]).tolist() == [[0, 0]]
    assert space.moments(space.place_question(mean)) == (0, 0)


@pytest.mark.parametrize("window", [1, 7, 64, 300])
def test_moments_are_those_of_all_cosines(window: int) -> None:
    vectors, questions = unit_vectors(300, 24, seed=1), unit_vectors(20, 24, seed=2)
    question_mean = shrunk_mean(questions.sum(axis=0, dtype=np.float64), len(questions))
    space, placed = fitted(vectors, question_mean, window)
    assert space.passage_mean == pytest.approx(vectors.sum(axis=0) / (300 + SHRUNK_BY), abs=1e-6)
    assert placed == pytest.approx(space.place_passages(vectors), abs=1e-6)
    assert np.linalg.norm(placed, axis=1) == pytest.approx(np.ones(300), abs=1e-6)
    for question in questions:
        cosines = (placed @ space.place_question(question)).astype(np.float64)
        mean, deviation = space.moments(space.place_question(question))
        assert mean == pytest.approx(cosines.mean(), abs=1e-6)
        assert deviation == pytest.approx(cosines.std(), abs=1e-6)


@pytest.mark.parametrize("count", [1, 2, 700])
def test_equal_passages_do_not_deviate(count: int) -> None:
    vectors = np.repeat(unit_vectors(1, 384, seed=3), count, axis=0)
    space, placed = fitted(vectors, np.zeros(384, dtype=np.float32), window=256)
    for question in unit_vectors(10, 384, seed=4):
        asked = space.place_question(question)
        mean, deviation = space.moments(asked)
        assert mean == pytest.approx(float(placed[0] @ asked), abs=1e-6)
        assert 0 <= deviation < 1e-6


def test_the_cone_opens() -> None:
    # As encoded, all cosines lie close together; around the means they do not.
    vectors = unit_vectors(300, 24, seed=5)
    space, placed = fitted(vectors, shrunk_mean(vectors.sum(axis=0, dtype=np.float64), 300), window=50)
    (question,) = unit_vectors(1, 24, seed=6)
    assert (vectors @ question).std() * 5 < space.moments(space.place_question(question)).deviation
    assert placed.shape == vectors.shape


@pytest.fixture
def space() -> VectorSpace:
    question_mean = np.linspace(0, 0.5, 6).astype(np.float32)
    return fitted(unit_vectors(30, 6, seed=7), question_mean, window=30)[0]


def test_saved_and_loaded(space: VectorSpace, tmp_path: Path) -> None:
    space.save(tmp_path / "space.npz")
    loaded = VectorSpace.load(tmp_path / "space.npz")
    for name in VectorSpace.__slots__:
        there, back = getattr(space, name), getattr(loaded, name)
        assert there.tolist() == back.tolist()
        assert there.dtype == back.dtype


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"space\.npz holds no vector space that can be read; build it anew"):
        VectorSpace.load(tmp_path / "space.npz")


def _swapped_byte(place: int) -> Callable[[bytes], bytes]:
    return lambda raw: raw[:place] + bytes([raw[place] ^ 0xFF]) + raw[place + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda _: b"no archive", id="text"),
        pytest.param(lambda raw: raw[:-1], id="cut by a byte"),
        pytest.param(lambda raw: raw[: len(raw) // 2], id="cut in half"),
        pytest.param(lambda raw: raw[:100], id="only the beginning"),
        pytest.param(_swapped_byte(0), id="first byte"),
        pytest.param(_swapped_byte(200), id="a number"),
        pytest.param(_swapped_byte(-10), id="the directory"),
    ],
)
def test_damaged_bytes(space: VectorSpace, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "space.npz"
    space.save(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(SnapshotError, match=r"space\.npz holds no vector space that can be read"):
        VectorSpace.load(path)


def test_no_cut_and_no_swapped_byte_raises_anything_else(space: VectorSpace, tmp_path: Path) -> None:
    path = tmp_path / "space.npz"
    space.save(path)
    raw = path.read_bytes()
    spoiled = [raw[:size] for size in range(0, len(raw), 97)]
    spoiled += [_swapped_byte(place)(raw) for place in range(0, len(raw), 11)]
    refused = 0
    for content in spoiled:
        path.write_bytes(content)
        try:
            VectorSpace.load(path)
        except SnapshotError:
            refused += 1
    # Some bytes say nothing, such as the time at which it was written.
    assert refused > 0.8 * len(spoiled)


Arrays = dict[str, NDArray[np.generic]]


def _arrays(space: VectorSpace) -> Arrays:
    return {name: getattr(space, name) for name in VectorSpace.__slots__}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"question_mean": np.zeros(5, np.float32)},
            r"holds arrays of the shapes \[\(5,\), \(6,\), \(6,\), \(6, 6\)\]",
        ),
        ({"question_mean": np.float32(0)}, r"holds arrays of the shapes \[\(\), "),
        ({"covariance": np.zeros(36)}, r"holds arrays of the shapes \[\(6,\), \(6,\), \(6,\), \(36,\)\]"),
        ({"centre": np.zeros((6, 1))}, r"holds arrays of the shapes \[\(6,\), \(6,\), \(6, 1\), \(6, 6\)\]"),
        ({"centre": np.array(["a"] * 6)}, "holds arrays of the kinds .*str"),
        ({"passage_mean": np.zeros(6)}, r"holds arrays of the kinds \['float32', 'float64', 'float64', 'float64'\]"),
    ],
)
def test_arrays_that_do_not_fit(
    space: VectorSpace, tmp_path: Path, changed: dict[str, NDArray[np.generic]], message: str
) -> None:
    path = tmp_path / "space.npz"
    with path.open("wb") as file:
        np.savez(file, **(_arrays(space) | changed))  # type: ignore[arg-type]
    with pytest.raises(SnapshotError, match=message):
        VectorSpace.load(path)


@pytest.mark.parametrize("missing", VectorSpace.__slots__)
def test_an_array_is_missing(space: VectorSpace, tmp_path: Path, missing: str) -> None:
    path = tmp_path / "space.npz"
    with path.open("wb") as file:
        np.savez(file, **{name: array for name, array in _arrays(space).items() if name != missing})  # type: ignore[arg-type]
    with pytest.raises(SnapshotError, match="holds no vector space that can be read"):
        VectorSpace.load(path)


def test_objects_are_never_unpickled(space: VectorSpace, tmp_path: Path) -> None:
    path = tmp_path / "space.npz"
    with path.open("wb") as file:
        np.savez(file, **(_arrays(space) | {"centre": np.array([object()] * 6)}))
    with pytest.raises(SnapshotError, match="holds no vector space that can be read"):
        VectorSpace.load(path)


def test_another_kind_of_file(tmp_path: Path) -> None:
    path = tmp_path / "space.npz"
    with path.open("wb") as file:
        np.save(file, np.zeros(6, dtype=np.float32))
    with pytest.raises(SnapshotError, match="holds no vector space that can be read"):
        VectorSpace.load(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("question_mean.npy", "no array")
    with pytest.raises(SnapshotError, match="holds no vector space that can be read"):
        VectorSpace.load(path)
