"""Write the tokens of all passages, some passages at a time.

<folder>/
  space.npy        the space: passages' mean, questions' mean, then each direction; float32 (2 + k, d)
  tokens.npy       the tokens of all passages in it, one below the other; int8 (tokens, k)
  starts.npy       at which token each passage begins, and at last their number; int64 (passages + 1,)
  offsets.npy      which characters of its passage's indexed text each token stands for; int32 (tokens, 2)
  frequencies.npy  a token's id, ascending, and how many passages hold it; int32 (different tokens, 2)
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from embeddings.late_interaction.token_space import TokenSpace
from embeddings.records import TokenVectors


@dataclass(frozen=True, slots=True)
class TokenLayout:
    """Name the files of a folder of tokens."""

    folder: Path

    @property
    def space(self) -> Path:
        """Return the path of the space."""
        return self.folder / "space.npy"

    @property
    def tokens(self) -> Path:
        """Return the path of the tokens."""
        return self.folder / "tokens.npy"

    @property
    def starts(self) -> Path:
        """Return the path of the passages' starts."""
        return self.folder / "starts.npy"

    @property
    def offsets(self) -> Path:
        """Return the path of the tokens' characters."""
        return self.folder / "offsets.npy"

    @property
    def frequencies(self) -> Path:
        """Return the path of the tokens' frequencies."""
        return self.folder / "frequencies.npy"


class TokenWriter:
    """Take passages in order of row, and hold of them only where they begin and which tokens they have."""

    def __init__(self, space: TokenSpace, tokens: BinaryIO, offsets: BinaryIO) -> None:
        self._space = space
        self._tokens = _GrowingArray(tokens, np.dtype(np.int8), space.basis.shape[1])
        self._offsets = _GrowingArray(offsets, np.dtype(np.int32), 2)
        self._starts = array("q", [0])
        self._frequencies: Counter[int] = Counter()

    @classmethod
    @contextmanager
    def create(cls, folder: Path, space: TokenSpace) -> Iterator["TokenWriter"]:
        """Give a writer into a new folder, which is whole when the body has ended."""
        folder.mkdir()
        layout = TokenLayout(folder)
        with layout.tokens.open("wb") as tokens, layout.offsets.open("wb") as offsets:
            writer = cls(space, tokens, offsets)
            yield writer
            writer._finish(layout)

    def add(self, passages: Iterable[TokenVectors]) -> None:
        """Take the next passages."""
        for passage in passages:
            self._tokens.append(self._space.project_passage(passage.tokens))
            self._offsets.append(passage.offsets)
            self._starts.append(self._tokens.count)
            self._frequencies.update(set(passage.ids.tolist()))

    def _finish(self, layout: TokenLayout) -> None:
        self._tokens.finish()
        self._offsets.finish()
        np.save(layout.starts, np.array(self._starts, dtype=np.int64))
        np.save(layout.frequencies, np.array(sorted(self._frequencies.items()), dtype=np.int32).reshape(-1, 2))
        space = self._space
        np.save(layout.space, np.vstack([space.passage_mean, space.query_mean, space.basis.T]))


class _GrowingArray:
    """Write rows to a .npy file whose number is not known before the last."""

    def __init__(self, file: BinaryIO, dtype: np.dtype[Any], width: int) -> None:
        self._file = file
        self._dtype = dtype
        self._width = width
        self.count = 0
        self._write_header()

    def append(self, rows: NDArray[Any]) -> None:
        """Write the next rows."""
        self._file.write(np.ascontiguousarray(rows, dtype=self._dtype).reshape(-1, self._width).tobytes())
        self.count += len(rows)

    def finish(self) -> None:
        """Write into the header how many there are; numpy leaves room there for any number."""
        self._file.seek(0)
        self._write_header()

    def _write_header(self) -> None:
        header = {
            "descr": np.lib.format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (self.count, self._width),
        }
        np.lib.format.write_array_header_1_0(self._file, header)
