"""Arrays on the disk."""

from pathlib import Path

import numpy as np
import pytest

from embeddings.arrays import ArrayWriter, mapped_array, release
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
