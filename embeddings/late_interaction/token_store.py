"""Compare a question with passages token by token."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embeddings.arrays import ArrayReader, mapped_array
from embeddings.errors import REBUILD_HINT, SnapshotError
from embeddings.late_interaction.token_files import TokenLayout
from embeddings.late_interaction.token_space import INT8_SCALE, MEANS, TokenSpace, space_of
from embeddings.records import FloatArray, IdArray, RowArray, TokenVectors


@dataclass(frozen=True, slots=True)
class AskedTokens:
    """Hold a question's tokens in the space, shape (m, k), and how much each says, shape (m,)."""

    projected: FloatArray
    weights: FloatArray


class TokenStore:
    """Hold the tokens of all passages, read from the disk as they are asked for; safe to share between threads.

    A passage's late score is the mean over the question's tokens, weighted by how rare they are,
    of the cosine with that token of the passage that is nearest to it (MaxSim of ColBERT,
    arXiv:2004.12832, with the inverse document frequency as weight).
    """

    def __init__(
        self, space: TokenSpace, tokens: ArrayReader, starts: RowArray, offsets: IdArray, frequencies: IdArray
    ) -> None:
        self._space = space
        self._tokens = tokens
        self._starts = starts
        self._offsets = offsets
        self._ids = np.ascontiguousarray(frequencies[:, 0])
        self._counts = np.ascontiguousarray(frequencies[:, 1])

    @classmethod
    def open(cls, folder: Path) -> "TokenStore":
        """Open a folder that `TokenWriter` wrote; its tokens stay on the disk until they are asked for.

        Raises:
            SnapshotError: a file is missing, damaged, or does not belong to the others.
        """
        layout = TokenLayout(folder)
        space = mapped_array(layout.space, np.float32, 2)
        tokens = mapped_array(layout.tokens, np.int8, 2)
        starts = mapped_array(layout.starts, np.int64, 1)
        offsets = mapped_array(layout.offsets, np.int32, 2)
        frequencies = mapped_array(layout.frequencies, np.int32, 2)
        _check(layout.space, MEANS < len(space) == MEANS + tokens.shape[1] <= MEANS + space.shape[1])
        _check(layout.starts, len(starts) > 0 and starts[0] == 0 and starts[-1] == len(tokens))
        _check(layout.starts, bool(np.all(np.diff(starts) >= 0)))
        _check(layout.offsets, offsets.shape == (len(tokens), 2))
        _check(layout.frequencies, frequencies.shape[1:] == (2,) and _are_frequencies(frequencies, len(starts) - 1))
        return cls(space_of(space), ArrayReader(layout.tokens, tokens), starts, offsets, frequencies)

    @property
    def count(self) -> int:
        """Return the number of passages."""
        return len(self._starts) - 1

    def offsets(self, row: int) -> IdArray:
        """Return for each token of a passage which characters of its indexed text it stands for, shape (n, 2)."""
        return self._offsets[self._starts[row] : self._starts[row + 1]]

    def weights(self, ids: IdArray) -> FloatArray:
        """Return how much the tokens with these ids say: ln((N + 1) / (df + 0.5)), always above 0.

        df of the N passages hold the token; none hold one that the index does not know.
        """
        if not len(self._ids):
            return np.full(len(ids), np.log((self.count + 1) / 0.5), dtype=np.float32)
        places = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
        frequencies = np.where(self._ids[places] == ids, self._counts[places], 0)
        return np.asarray(np.log((self.count + 1) / (frequencies + 0.5)), dtype=np.float32)

    def max_similarities(self, query: FloatArray, rows: RowArray) -> FloatArray:
        """Return for each question token and passage the cosine with the nearest token of the passage.

        It is the same to the last bit whichever other rows are asked for. All tokens of the rows
        are held at once, 4 bytes a component.

        Args:
            query: m tokens of a question in the space, as `TokenSpace.project_query` gives them.
            rows: the passages.

        Returns:
            Shape (m, len(rows)); zeros for a passage without tokens.
        """
        if not len(rows):
            return np.zeros((len(query), 0), dtype=np.float32)
        starts, stops = self._starts[rows], self._starts[rows + 1]
        return _max_in_parts(self._similarities(query, starts, stops), _begins(stops - starts))

    def asked(self, question: TokenVectors) -> AskedTokens:
        """Return a question's tokens as all its scores need them."""
        if not len(question.ids):
            return AskedTokens(np.zeros((0, 0), dtype=np.float32), np.zeros(0, dtype=np.float32))
        return AskedTokens(self._space.project_query(question.tokens), self.weights(question.ids))

    def late_scores(self, question: AskedTokens, rows: RowArray) -> FloatArray:
        """Return the late score of each of the passages, shape (len(rows),); zeros for a question without tokens."""
        if not len(question.weights):
            return np.zeros(len(rows), dtype=np.float32)
        return _weighted(question, self.max_similarities(question.projected, rows))

    def part_scores(self, question: AskedTokens, rows: RowArray, lengths: Sequence[Sequence[int]]) -> list[list[float]]:
        """Return the late score that each part of some passages has by itself: each of its sentences, say.

        Args:
            question: as for `late_scores`.
            rows: of the passages.
            lengths: for each passage how many characters of its indexed text there are from the beginning
                of each part to the end of the passage, in the order of the parts. A part ends where the
                next one begins; what is in front of the first, such as a title, belongs to none. A
                token belongs to the part that it begins in; a part without any has score 0.
        """
        if not len(question.weights) or not len(rows):
            return [[0.0] * len(parts) for parts in lengths]
        starts, stops = self._starts[rows], self._starts[rows + 1]
        similarities = self._similarities(question.projected, starts, stops)
        ends = np.cumsum(stops - starts).tolist()
        return [
            self._scores_of_parts(question, row, parts, similarities[:, begin:end])
            for row, parts, begin, end in zip(rows.tolist(), lengths, [0, *ends[:-1]], ends, strict=True)
        ]

    def _scores_of_parts(
        self, question: AskedTokens, row: int, lengths: Sequence[int], similarities: FloatArray
    ) -> list[float]:
        offsets = self.offsets(row)
        if not len(offsets):
            return [0.0] * len(lengths)
        begins = np.searchsorted(offsets[:, 0], offsets[:, 1].max() - np.array(lengths, dtype=np.int64))
        scores: list[float] = _weighted(question, _max_in_parts(similarities, begins)).tolist()
        return scores

    def _similarities(self, query: FloatArray, starts: RowArray, stops: RowArray) -> FloatArray:
        """Return the cosines of a question's tokens with those of passages, passage after passage."""
        tokens = self._tokens.spans(starts, stops).astype(np.float32)
        return np.asarray(query @ tokens.T / np.float32(INT8_SCALE), dtype=np.float32)


def _begins(lengths: RowArray) -> RowArray:
    """Return where each part begins, given how long each is."""
    return np.asarray(np.cumsum(lengths) - lengths)


def _weighted(question: AskedTokens, nearest: FloatArray) -> FloatArray:
    """Return the weighted means of the columns. Added row by row, so none depends on the columns beside it."""
    weights = question.weights
    return np.asarray(np.sum(nearest * weights[:, np.newaxis], axis=0) / np.sum(weights), dtype=np.float32)


def _max_in_parts(similarities: FloatArray, begins: RowArray) -> FloatArray:
    """Return for each row its greatest value in each part; zeros for a part without tokens.

    Args:
        similarities: shape (m, tokens).
        begins: the token that each part begins with, ascending; it ends where the next one begins.
    """
    greatest = np.zeros((len(similarities), len(begins)), dtype=np.float32)
    ends = np.empty_like(begins)
    ends[:-1] = begins[1:]
    ends[-1:] = similarities.shape[1]
    filled = np.flatnonzero(ends != begins)
    if greatest.size and len(filled):
        greatest[:, filled] = np.maximum.reduceat(similarities, begins[filled], axis=1)
    return greatest


def _check(path: Path, belongs: bool) -> None:
    if not belongs:
        raise SnapshotError(f"{path} does not fit the other files of {path.parent}; {REBUILD_HINT}")


def _are_frequencies(frequencies: IdArray, passages: int) -> bool:
    ids, counts = frequencies[:, 0], frequencies[:, 1]
    return bool(np.all(np.diff(ids) > 0) and np.all(counts > 0) and np.all(counts <= passages))
