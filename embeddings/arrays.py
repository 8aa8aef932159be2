"""Keep arrays on the disk: write them row by row, map them into memory, let go of that."""

import mmap
import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tokenize import TokenError
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

from embeddings.errors import REBUILD_HINT, SnapshotError

# What numpy raises where a header is damaged.
_UNREADABLE = (OSError, ValueError, EOFError, SyntaxError, TypeError, OverflowError, TokenError)


class ArrayWriter:
    """Write rows of one shape to a .npy file whose number is not known before the last."""

    def __init__(self, file: BinaryIO, dtype: DTypeLike, row: tuple[int, ...]) -> None:
        self._file = file
        self._dtype = np.dtype(dtype)
        self._row = row
        self.count = 0
        self._write_header()

    @classmethod
    @contextmanager
    def create(cls, path: Path, dtype: DTypeLike, row: tuple[int, ...] = ()) -> Iterator["ArrayWriter"]:
        """Give a writer of rows of this shape into a new file, which is whole when the body has ended."""
        with path.open("wb") as file:
            writer = cls(file, dtype, row)
            yield writer
            # Numpy leaves room in the header for any number.
            file.seek(0)
            writer._write_header()

    def append(self, rows: NDArray[Any]) -> None:
        """Write the next rows, shape (any, *row)."""
        self._file.write(np.ascontiguousarray(rows, dtype=self._dtype).reshape(-1, *self._row).data)
        self.count += len(rows)

    def _write_header(self) -> None:
        header = {
            "descr": np.lib.format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (self.count, *self._row),
        }
        np.lib.format.write_array_header_1_0(self._file, header)


def release(mapped: NDArray[Any]) -> None:
    """Let go of the memory of a `memmap`, which reads it again where it must; of another array do nothing."""
    pages = getattr(mapped, "_mmap", None)
    # Not every system has it; there the memory is the system's to take.
    if pages is not None and hasattr(mmap, "MADV_DONTNEED"):
        pages.madvise(mmap.MADV_DONTNEED)


def mapped_array(path: Path, dtype: DTypeLike, dimensions: int) -> NDArray[Any]:
    """Return the array of a .npy file, which stays on the disk until it is asked for.

    Raises:
        SnapshotError: the file is missing or damaged, or holds another kind of array.
    """
    try:
        # Arrays of objects cannot be mapped: loading executes nothing.
        found = np.lib.format.open_memmap(path, mode="r")
    except _UNREADABLE as error:
        raise SnapshotError(f"{path} holds no array that can be read ({str(error)[:200]}); {REBUILD_HINT}") from error
    if found.dtype != np.dtype(dtype) or found.ndim != dimensions:
        raise SnapshotError(f"{path} holds no {np.dtype(dtype)} array of {dimensions} dimensions; {REBUILD_HINT}")
    # A plain view: each slice of a `memmap` costs microseconds more.
    return np.asarray(found)


class ArrayReader:
    """Read parts of a .npy file into memory that is given back after use; threads may share it.

    What is read of a mapped file counts as memory of the process ever after, with 64 kB around it on
    Linux: of 1,000,000 vectors, all after some hundred searches. Reading takes 2 µs a part. Files of
    no more than `small` bytes are mapped all the same.
    """

    small = 16_000_000

    def __init__(self, path: Path, mapped: NDArray[Any]) -> None:
        self._mapped = mapped
        self._header = path.stat().st_size - mapped.nbytes
        self._width = mapped.nbytes // max(len(mapped), 1)
        # Not every system has it; and what a small file takes is not worth a call to the system for each part.
        reads = hasattr(os, "preadv") and mapped.nbytes > self.small
        self._file = os.open(path, os.O_RDONLY) if reads else None
        if self._file is not None:
            weakref.finalize(self, os.close, self._file)

    def rows(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Return some rows of the array, each of which must be there."""
        found = np.empty((len(rows), *self._mapped.shape[1:]), dtype=self._mapped.dtype)
        if self._file is None or not found.size:
            found[:] = self._mapped[rows]
            return found
        # Rows that stand together are read together.
        begins = np.flatnonzero(np.diff(rows, prepend=-2) != 1).tolist()
        space = found.data.cast("B")
        firsts = rows[begins].tolist()
        for begin, end, first in zip(begins, [*begins[1:], len(rows)], firsts, strict=True):
            self._read(space[begin * self._width : end * self._width], first)
        return found

    def spans(self, starts: NDArray[np.int64], stops: NDArray[np.int64]) -> NDArray[Any]:
        """Return the rows from each of `starts` to before its one of `stops`, span after span."""
        if self._file is None:
            spans = zip(starts.tolist(), stops.tolist(), strict=True)
            return np.concatenate([self._mapped[:0], *(self._mapped[start:stop] for start, stop in spans)])
        lengths = stops - starts
        found = np.empty((int(lengths.sum()), *self._mapped.shape[1:]), dtype=self._mapped.dtype)
        if found.size:
            space, place = found.data.cast("B"), 0
            for start, size in zip(starts.tolist(), (lengths * self._width).tolist(), strict=True):
                self._read(space[place : place + size], start)
                place += size
        return found

    def _read(self, space: memoryview, row: int) -> None:
        place = self._header + row * self._width
        # A signal or a great size may end a read early.
        while self._file is not None and len(space):
            size = os.preadv(self._file, [space], place)
            if not size:
                raise OSError("a file of the index has become shorter; build it anew")
            space, place = space[size:], place + size
