"""Arrays on the disk."""

import os
from pathlib import Path

import numpy as np
import pytest

from embeddings.arrays import ArrayReader, ArrayWriter, mapped_array, release
from embeddings.errors import SnapshotError


def test_rows_are_written_one_after_the_other(tmp_path: Path) -> None:
    with ArrayWriter.create(tmp_path / "a.npy", np.int16, (2,)) as writer:
        writer.append(np.array([[1, 2]], dtype=np.int64))
        writer.append(np.array([[3, 4], [5, 6]], dtype=np.int64))
        assert writer.count == 3
    assert mapped_array(tmp_path / "a.npy", np.int16, 2).tolist() == [[1, 2], [3, 4], [5, 6]]


def test_no_rows_at_all(tmp_path: Path) -> None:
    with ArrayWriter.create(tmp_path / "a.npy", np.uint8, (0, 8)):
        pass
    assert mapped_array(tmp_path / "a.npy", np.uint8, 3).shape == (0, 0, 8)


def test_what_is_let_go_of_is_read_again(tmp_path: Path) -> None:
    wanted = np.arange(100_000, dtype=np.int32)
    np.save(tmp_path / "a.npy", wanted)
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r")
    for array in (mapped, wanted):
        release(array)
        assert int(array.sum(dtype=np.int64)) == 99_999 * 50_000


@pytest.mark.parametrize("system", ["with preadv", "without", "small"])
def test_parts_are_read(tmp_path: Path, system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if system == "without":
        monkeypatch.delattr(os, "preadv")
    if system != "small":
        monkeypatch.setattr(ArrayReader, "small", 0)
    wanted = np.arange(300, dtype=np.int32).reshape(100, 3)
    np.save(tmp_path / "a.npy", wanted)
    reader = ArrayReader(tmp_path / "a.npy", mapped_array(tmp_path / "a.npy", np.int32, 2))
    for rows in ([], [0], [99], [5, 6, 7, 20, 3, 3, 4, 99, 0, 1]):
        assert reader.rows(np.array(rows, dtype=np.int64)).tolist() == wanted[rows].tolist()
    for spans in ([], [(0, 100)], [(7, 9), (100, 100), (8, 12), (0, 0), (3, 4)], [(5, 5)]):
        starts, stops = np.array(spans, dtype=np.int64).reshape(-1, 2).T
        rows = [row for start, stop in spans for row in range(start, stop)]
        assert reader.spans(starts, stops).tolist() == wanted[rows].tolist()


@pytest.mark.skipif(not hasattr(os, "preadv"), reason="there the file is mapped")
def test_a_file_that_is_cut_off_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ArrayReader, "small", 0)
    np.save(tmp_path / "a.npy", np.arange(300, dtype=np.int32))
    reader = ArrayReader(tmp_path / "a.npy", np.load(tmp_path / "a.npy"))
    with (tmp_path / "a.npy").open("r+b") as file:
        file.truncate(600)
    with pytest.raises(OSError, match="has become shorter; build it anew"):
        reader.spans(np.array([0]), np.array([300]))


def test_what_is_no_such_array(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    with pytest.raises(SnapshotError, match=r"a\.npy holds no array that can be read .*build it anew"):
        mapped_array(path, np.float32, 1)
    np.save(path, np.zeros((2, 2), dtype=np.float32))
    whole = path.read_bytes()
    for dtype, dimensions in ((np.float32, 1), (np.float64, 2)):
        with pytest.raises(SnapshotError, match=f"no {np.dtype(dtype)} array of {dimensions} dimensions"):
            mapped_array(path, dtype, dimensions)
    for content in (whole[:-1], whole[:40], b"nonsense" * 20, whole.replace(b"'shape': (2, 2)", b"'shape': (2, 2,")):
        path.write_bytes(content)
        with pytest.raises(SnapshotError, match="holds no array that can be read"):
            mapped_array(path, np.float32, 2)
    np.save(path, np.array([{"code": 1}]), allow_pickle=True)
    with pytest.raises(SnapshotError, match="holds no array that can be read"):
        mapped_array(path, np.float32, 1)
