"""Write the tokens of all passages, some passages at a time, and read them again one by one.

<folder>/
  space.npy        the space: passages' mean, questions' mean, then each direction; float32 (2 + k, d)
  tokens.npy       the tokens of all passages in it, one below the other; int8 (tokens, k)
  ids.npy          their numbers in the tokenizer's vocabulary; int32 (tokens,)
  starts.npy       at which token each passage begins, and at last their number; int64 (passages + 1,)
  offsets.npy      which characters of its passage's indexed text each token stands for; int32 (tokens, 2)
  frequencies.npy  a token's id, ascending, and how many passages hold it; int32 (different tokens, 2)
"""

from array import array
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embeddings.arrays import ArrayWriter
from embeddings.late_interaction.token_space import PlacedTokens, TokenSpace, space_of


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
    def ids(self) -> Path:
        """Return the path of the tokens' numbers in the vocabulary."""
        return self.folder / "ids.npy"

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

    def __init__(self, tokens: ArrayWriter, ids: ArrayWriter, offsets: ArrayWriter) -> None:
        self._tokens = tokens
        self._ids = ids
        self._offsets = offsets
        self._starts = array("q", [0])
        self._frequencies: Counter[int] = Counter()

    @classmethod
    @contextmanager
    def create(cls, folder: Path, space: TokenSpace) -> Iterator["TokenWriter"]:
        """Give a writer into a new folder, which is whole when the body has ended."""
        folder.mkdir()
        layout = TokenLayout(folder)
        with ExitStack() as files:
            writer = cls(
                files.enter_context(ArrayWriter.create(layout.tokens, np.int8, (space.basis.shape[1],))),
                files.enter_context(ArrayWriter.create(layout.ids, np.int32)),
                files.enter_context(ArrayWriter.create(layout.offsets, np.int32, (2,))),
            )
            yield writer
        writer._finish(layout, space)

    def add(self, passage: PlacedTokens) -> None:
        """Take the next passage."""
        self._tokens.append(passage.tokens)
        self._ids.append(passage.ids)
        self._offsets.append(passage.offsets)
        self._starts.append(self._tokens.count)
        self._frequencies.update(set(passage.ids.tolist()))

    def _finish(self, layout: TokenLayout, space: TokenSpace) -> None:
        np.save(layout.starts, np.array(self._starts, dtype=np.int64))
        np.save(layout.frequencies, np.array(sorted(self._frequencies.items()), dtype=np.int32).reshape(-1, 2))
        np.save(layout.space, np.vstack([space.passage_mean, space.query_mean, space.basis.T]))


class TokenReader:
    """Give the tokens of each passage again, to write them anew; for a folder that is known to be whole."""

    def __init__(self, folder: Path) -> None:
        layout = TokenLayout(folder)
        self.space = space_of(np.load(layout.space))
        self._tokens = np.load(layout.tokens, mmap_mode="r")
        self._ids = np.load(layout.ids, mmap_mode="r")
        self._offsets = np.load(layout.offsets, mmap_mode="r")
        self._starts = np.load(layout.starts, mmap_mode="r")

    def get(self, row: int) -> PlacedTokens:
        """Return the tokens of one passage."""
        part = slice(int(self._starts[row]), int(self._starts[row + 1]))
        return PlacedTokens(self._tokens[part], self._ids[part], self._offsets[part])
