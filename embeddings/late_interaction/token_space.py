"""Make vectors of tokens small and comparable: centred, turned onto few axes, of length 1."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embeddings.records import FloatArray, IdArray, TokenVectors

Int8Array = NDArray[np.int8]

# A passage's component of 1 is stored as so much.
INT8_SCALE = 127
# Components of question tokens are whole multiples of 1 / this. Their products with stored components
# are then whole numbers, and all sums of those stay below 2²⁴ (by Cauchy and Schwarz below
# (127 + √k / 2) · (2¹⁶ + √k / 2) for k dimensions): float32 adds them without rounding, so a
# similarity is the same in any order, batch and processor.
_QUERY_STEPS = 1 << 16
# An array of a space begins with two means.
MEANS = 2


@dataclass(frozen=True, slots=True)
class PlacedTokens:
    """Hold what is kept of one passage's n tokens: their k components, numbers, and characters.

    `tokens` has shape (n, k), `ids` (n,) and `offsets` (n, 2), as in `TokenVectors`.
    """

    tokens: Int8Array
    ids: IdArray
    offsets: IdArray


@dataclass(frozen=True, slots=True)
class TokenSpace:
    """Hold where tokens lie on average, shape (d,), and the k directions in which they differ most, shape (d, k).

    The vectors that an encoder gives for tokens all point much the same way; what tells them apart
    is what is left when the average is taken off. Questions have an average of their own.
    """

    passage_mean: FloatArray
    query_mean: FloatArray
    basis: FloatArray

    def project_passage(self, tokens: FloatArray) -> Int8Array:
        """Return 127 times the unit vectors of a passage's tokens, rounded, shape (n, k); zeros stay zeros.

        No component is off by more than 0.5 / 127, so no cosine with a unit vector by more than
        √k times that.
        """
        units = unit_rows(_projected(tokens, self.passage_mean, self.basis))
        return np.rint(units * INT8_SCALE).astype(np.int8)

    def place(self, passage: TokenVectors) -> PlacedTokens:
        """Return what is kept of a passage's tokens."""
        return PlacedTokens(self.project_passage(passage.tokens), passage.ids, passage.offsets)

    def project_query(self, tokens: FloatArray) -> FloatArray:
        """Return the unit vectors of a question's tokens, shape (n, k), to 16 bits; zeros stay zeros."""
        units = unit_rows(_projected(tokens, self.query_mean, self.basis))
        return np.asarray(np.rint(units * _QUERY_STEPS) / _QUERY_STEPS, dtype=np.float32)


def space_of(rows: FloatArray) -> TokenSpace:
    """Return the space of an array of shape (2 + k, d): passages' mean, questions' mean, directions."""
    return TokenSpace(rows[0], rows[1], np.ascontiguousarray(rows[MEANS:].T))


def unit_rows(rows: FloatArray) -> FloatArray:
    """Return the rows with length 1; those of all zeros as they are."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def _projected(tokens: FloatArray, mean: FloatArray, basis: FloatArray) -> FloatArray:
    return np.asarray((tokens - mean) @ basis, dtype=np.float32)


def fit_token_space(passages: Sequence[FloatArray], questions: Sequence[FloatArray], dimensions: int) -> TokenSpace:
    """Return the space that keeps most of what tells the tokens of passages apart (principal components).

    Args:
        passages: the tokens of some passages, each of shape (any, d); at least one passage.
        questions: the tokens of some questions; where they have none, the passages' average stands in.
        dimensions: how many to keep; all d where that is less.
    """
    size = passages[0].shape[1]
    passage_mean = _mean(passages, np.zeros(size))
    query_mean = _mean(questions, passage_mean)
    scatter = np.zeros((size, size))
    for tokens in passages:
        centred = tokens - passage_mean
        scatter += centred.T @ centred
    # In ascending order of what they explain, and of either sign: so that the greatest component is positive.
    directions = np.linalg.eigh(scatter).eigenvectors[:, ::-1][:, :dimensions]
    greatest = np.take_along_axis(directions, np.abs(directions).argmax(axis=0, keepdims=True), axis=0)
    basis = directions * np.sign(greatest)
    return TokenSpace(passage_mean.astype(np.float32), query_mean.astype(np.float32), basis.astype(np.float32))


def _mean(texts: Sequence[FloatArray], otherwise: NDArray[np.float64]) -> NDArray[np.float64]:
    count = sum(map(len, texts))
    if not count:
        return otherwise
    total = np.sum([tokens.sum(axis=0, dtype=np.float64) for tokens in texts], axis=0)
    return np.asarray(total / count, dtype=np.float64)
