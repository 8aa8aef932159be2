"""Place questions and passages around the middle of their own kind, so that their cosines differ."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import REBUILD_HINT, SnapshotError
from embeddings.records import FloatArray

# Encoders like E5 put all texts into a narrow cone, and questions beside passages in it, so that cosines
# lie between 0.8 and 0.95 and some passages are near to every question. Taking away the mean of each
# side opens the cone. nDCG@10 on dev, dense / with lexical, convex:
#   as encoded                                                      .368 / .512
#   the passages' mean taken away from both                         .395 / not measured
#   each side's own mean, of 500 of the articles' sentences encoded as questions   .472 / .540
#   each side's own mean, of the dev questions, by cross-validation .477 / not measured
# The articles' own sentences do nearly as well as real questions, which not every operator has.
# Means of few texts say little of the rest: they count as much as so many texts at the origin.
# Not measured; it keeps a single passage from being its own mean.
_SHRINKAGE = 20
_LEAST_NORM = 1e-9
# What numpy raises where a file is damaged; of one array alone, or of an archive with a broken header.
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, TypeError, NotImplementedError, zipfile.BadZipFile)


class Moments(NamedTuple):
    """Hold the mean and the standard deviation of a question's cosines over all passages."""

    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class VectorSpace:
    """Hold what is known of a snapshot's vectors, each of d components.

    `question_mean` and `passage_mean` have shape (d,); `centre` (d,) and `covariance` (d, d) are those
    of the passages after they were placed.
    """

    question_mean: FloatArray
    passage_mean: FloatArray
    centre: NDArray[np.float64]
    covariance: NDArray[np.float64]

    def place_question(self, vector: FloatArray) -> FloatArray:
        """Return a question's unit vector, shape (d,), around the mean of questions; again of length 1."""
        (placed,) = _unit(vector[np.newaxis] - self.question_mean)
        return np.asarray(placed)

    def place_passages(self, vectors: FloatArray) -> FloatArray:
        """Return passages' unit vectors, shape (n, d), around their mean; again of length 1."""
        return _unit(vectors - self.passage_mean)

    def moments(self, placed: FloatArray) -> Moments:
        """Return the mean and the deviation of the cosines of a placed question with all passages."""
        question = placed.astype(np.float64)
        variance = float(question @ self.covariance @ question)
        return Moments(float(question @ self.centre), max(variance, 0.0) ** 0.5)

    def save(self, path: Path) -> None:
        """Write the space to a file."""
        with path.open("wb") as file:
            np.savez(
                file,
                question_mean=self.question_mean,
                passage_mean=self.passage_mean,
                centre=self.centre,
                covariance=self.covariance,
            )

    @classmethod
    def load(cls, path: Path) -> "VectorSpace":
        """Read what `save` wrote.

        Raises:
            SnapshotError: the file is missing, or holds something else.
        """
        try:
            # Of a damaged archive numpy would leave the file open.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                space = cls(**{name: arrays[name] for name in cls.__slots__})
        except _UNREADABLE as error:
            raise SnapshotError(f"{path} holds no vector space that can be read; {REBUILD_HINT}") from error
        d = space.question_mean.size
        shapes = [getattr(space, name).shape for name in cls.__slots__]
        if shapes != [(d,), (d,), (d,), (d, d)]:
            raise SnapshotError(f"{path} holds arrays of the shapes {shapes}, which do not fit; {REBUILD_HINT}")
        kinds = [getattr(space, name).dtype.name for name in cls.__slots__]
        if kinds != ["float32", "float32", "float64", "float64"]:
            raise SnapshotError(f"{path} holds arrays of the kinds {kinds}, which do not fit; {REBUILD_HINT}")
        return space


def shrunk_mean(total: NDArray[np.float64], count: int) -> FloatArray:
    """Return the mean of so many vectors that sum up to `total`, drawn to the origin where they are few."""
    return (total / (count + _SHRINKAGE)).astype(np.float32)


class SpaceFitter:
    """Learn a space from the passages' vectors, given twice, some at a time."""

    def __init__(self, dimension: int) -> None:
        self._total = np.zeros(dimension, dtype=np.float64)
        self._centre = np.zeros(dimension, dtype=np.float64)
        self._products = np.zeros((dimension, dimension), dtype=np.float64)
        self._count = 0

    def add(self, vectors: FloatArray) -> None:
        """Take vectors of shape (any, d) for the first time."""
        self._total += vectors.sum(axis=0, dtype=np.float64)
        self._count += len(vectors)

    @property
    def passage_mean(self) -> FloatArray:
        """Return the mean to take away, once all vectors were taken."""
        return shrunk_mean(self._total, self._count)

    def place(self, vectors: FloatArray) -> FloatArray:
        """Take the same vectors again, in the same order, and return them placed."""
        placed = _unit(vectors - self.passage_mean)
        wide = placed.astype(np.float64)
        self._centre += wide.sum(axis=0)
        self._products += wide.T @ wide
        return placed

    def space(self, question_mean: FloatArray) -> VectorSpace:
        """Return the space, after all vectors were placed."""
        centre = self._centre / self._count
        covariance = self._products / self._count - np.outer(centre, centre)
        return VectorSpace(question_mean, self.passage_mean, centre, covariance)


def _unit(vectors: FloatArray) -> FloatArray:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, _LEAST_NORM), dtype=np.float32)
