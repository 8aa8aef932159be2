"""Write an array of unknown length to a file, some rows at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray


class GrowingArray:
    """Write rows to a .npy file whose number is not known before the last.

    Args:
        file: a new one, open for writing.
        dtype: of the components.
        width: of a row; None for rows that are single numbers.
    """

    def __init__(self, file: BinaryIO, dtype: np.dtype[Any], width: int | None = None) -> None:
        self._file = file
        self._dtype = dtype
        self._width = width
        self.count = 0
        self._write_header()

    @classmethod
    @contextmanager
    def create(cls, path: Path, kind: type[np.generic], width: int | None = None) -> Iterator["GrowingArray"]:
        """Give an array into a new file, which is whole when the body has ended."""
        with path.open("wb") as file:
            growing = cls(file, np.dtype(kind), width)
            yield growing
            growing.finish()

    def append(self, rows: NDArray[Any]) -> None:
        """Write the next rows."""
        self._file.write(np.ascontiguousarray(rows, dtype=self._dtype).tobytes())
        self.count += len(rows)

    def finish(self) -> None:
        """Write into the header how many there are; numpy leaves room there for any number."""
        self._file.seek(0)
        self._write_header()

    def _write_header(self) -> None:
        header = {
            "descr": np.lib.format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (self.count,) if self._width is None else (self.count, self._width),
        }
        np.lib.format.write_array_header_1_0(self._file, header)
