"""Define the seams: what every encoder and every index can do."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from embeddings.records import EncoderInfo, FloatArray, Query, Ranked, RowArray, TokenVectors

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

    def encode_queries_by_token(self, texts: Sequence[str], progress: Progress | None = None) -> list[TokenVectors]:
        """Return for each question its unit vector and its tokens' vectors.

        Where `info.token_dimension` is None, no text has tokens. All tokens of all texts are held
        at once, 4 bytes a component: give many texts some at a time.

        Args:
            texts: questions, without prompt.
            progress: called with the number of texts finished since the last call.

        Raises:
            TextTooLongError: a text has more than `info.max_tokens` tokens.
        """
        ...

    def encode_passages_by_token(self, texts: Sequence[str], progress: Progress | None = None) -> list[TokenVectors]:
        """Do for passages what `encode_queries_by_token` does for questions."""
        ...


class Reporter(Protocol):
    """Tell the operator what goes on."""

    def say(self, text: str) -> None:
        """Report one step."""
        ...

    def bar(self, title: str, total: int) -> AbstractContextManager[Progress]:
        """Show progress towards a total."""
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

    def search(self, queries: FloatArray, k: int, within: RowArray | None = None) -> list[Ranked]:
        """Return for each query the k nearest rows, or as many as there are.

        Args:
            queries: unit vectors, shape (any, dimension).
            k: from 1.
            within: rows to choose from, ascending, each once; None stands for all. They are
                chosen before the search, so k of them are found wherever there are k.
        """
        ...

    def scores(self, query: FloatArray, rows: RowArray) -> FloatArray:
        """Return the cosine of one query of shape (dimension,) with each of the named rows.

        It is that of the full vectors, however the search finds its way, and equal for equal vectors.
        """
        ...


class Reranker(Protocol):
    """Look again at passages that were found."""

    def scores(self, query: Query, rows: RowArray) -> FloatArray:
        """Return how well each of the passages answers, shape (len(rows),); higher is better."""
        ...
