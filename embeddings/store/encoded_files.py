"""Keep in a snapshot what its passages were encoded to, for the next one to take over.

encoded/
  keys.npy        what was encoded, as `encoded.keys_of` gives it; uint64 (passages, 2)
  vectors.npy     the encoder's unit vectors, as they are before they are placed; float32 (passages, d)
  sentences.npz   the same of the sentences that stand for questions: keys, and vectors (n, d)
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embeddings.arrays import ArrayWriter
from embeddings.late_interaction.token_files import TokenReader, TokenWriter
from embeddings.late_interaction.token_space import TokenSpace
from embeddings.records import FloatArray, RowArray
from embeddings.store.encoded import EncodedPassage, Keys, KeyTable
from embeddings.store.layout import SnapshotLayout


@dataclass(frozen=True, slots=True)
class EncodedLayout:
    """Name the files of a folder of encoded passages."""

    folder: Path

    @property
    def keys(self) -> Path:
        """Return the path of the keys."""
        return self.folder / "keys.npy"

    @property
    def vectors(self) -> Path:
        """Return the path of the vectors."""
        return self.folder / "vectors.npy"

    @property
    def sentences(self) -> Path:
        """Return the path of the sentences' keys and vectors."""
        return self.folder / "sentences.npz"


class EncodedWriter:
    """Take encoded passages in order of row."""

    def __init__(self, vectors: ArrayWriter, tokens: TokenWriter | None) -> None:
        self._vectors = vectors
        self._tokens = tokens

    @classmethod
    @contextmanager
    def create(
        cls, parts: SnapshotLayout, keys: Keys, dimension: int, space: TokenSpace | None
    ) -> Iterator["EncodedWriter"]:
        """Give a writer into a snapshot; tokens are written where there is a space for them."""
        layout = EncodedLayout(parts.encoded)
        parts.encoded.mkdir()
        np.save(layout.keys, keys)
        with ExitStack() as files:
            vectors = files.enter_context(ArrayWriter.create(layout.vectors, np.float32, (dimension,)))
            tokens = files.enter_context(TokenWriter.create(parts.tokens, space)) if space is not None else None
            yield cls(vectors, tokens)

    def add(self, passage: EncodedPassage) -> None:
        """Take the next passage."""
        self._vectors.append(passage.vector[np.newaxis])
        if self._tokens is not None and passage.tokens is not None:
            self._tokens.add(passage.tokens)


class SnapshotEncodings:
    """Give what a snapshot's passages were encoded to; for a snapshot that is known to be whole."""

    def __init__(self, parts: SnapshotLayout) -> None:
        layout = EncodedLayout(parts.encoded)
        self._table = KeyTable(np.load(layout.keys))
        self._vectors = np.load(layout.vectors, mmap_mode="r")
        self._tokens = TokenReader(parts.tokens) if parts.tokens.is_dir() else None
        with np.load(layout.sentences) as sentences:
            self.sentences = SentenceVectors(sentences["keys"], sentences["vectors"])

    @property
    def space(self) -> TokenSpace | None:
        """Return the space of the tokens, None where there are none."""
        return self._tokens.space if self._tokens is not None else None

    def find(self, keys: Keys) -> RowArray:
        """Return for each key its row, -1 where it has none."""
        return self._table.find(keys)

    @property
    def count(self) -> int:
        """Return the number of passages."""
        return len(self._vectors)

    def vectors(self, rows: RowArray) -> FloatArray:
        """Return the encoder's vectors of these rows, shape (len(rows), d)."""
        return np.asarray(self._vectors[rows])

    def get(self, place: int) -> EncodedPassage:
        """Return the passage of a row."""
        tokens = self._tokens.get(place) if self._tokens is not None else None
        return EncodedPassage(np.asarray(self._vectors[place]), tokens)


@dataclass(frozen=True, slots=True)
class SentenceVectors:
    """Hold sentences that stand for questions: their keys, shape (n, 2), and unit vectors, (n, d)."""

    keys: Keys
    vectors: FloatArray

    def save(self, parts: SnapshotLayout) -> None:
        """Write them into a snapshot."""
        with EncodedLayout(parts.encoded).sentences.open("wb") as file:
            np.savez(file, keys=self.keys, vectors=self.vectors)
