"""Define the seams: what every encoder and every index can do."""

from collections.abc import Callable, Sequence
from typing import Protocol

from embeddings.records import EncoderInfo, FloatArray, Ranked, RowArray

Progress = Callable[[int], None]


class Encoder(Protocol):
    """Turn texts into unit vectors."""

    @property
    def info(self) -> EncoderInfo:
        """Return what the encoder is."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the length of each passage text in tokens, prompt and special tokens included."""
        ...

    def encode_queries(self, texts: Sequence[str], progress: Progress | None = None) -> FloatArray:
        """Return an array of shape (len(texts), dimension) with rows of length 1.

        Args:
            texts: questions, without prompt.
            progress: called with the number of texts finished since the last call.

        Raises:
            TextTooLongError: a text has more than `info.max_tokens` tokens.
        """
        ...

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> FloatArray:
        """Do for passages what `encode_queries` does for questions."""
        ...


class VectorIndex(Protocol):
    """Find the nearest of many unit vectors by inner product, which is their cosine."""

    @property
    def dimension(self) -> int:
        """Return the number of components of a vector."""
        ...

    @property
    def count(self) -> int:
        """Return the number of vectors."""
        ...

    def search(self, queries: FloatArray, k: int) -> list[Ranked]:
        """Return for each query the min(k, count) nearest rows."""
        ...

    def scores(self, query: FloatArray, rows: RowArray) -> FloatArray:
        """Return the cosine of one query of shape (dimension,) with each of the named rows."""
        ...
