"""Rank passages for one question: both sides, their fusion, and a second look at the first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embeddings.fusion import Scores, convex, reciprocal_ranks, standardised
from embeddings.indexes.ranking import best
from embeddings.lexical import LexicalIndex, Matches
from embeddings.protocols import Reranker, VectorIndex
from embeddings.records import FloatArray, Mode, Query, Ranked, RowArray, Stage, Standing
from embeddings.tuning import Fusion, Tuning
from embeddings.vector_space import VectorSpace

# How far down each side is read before fusion: fixed, so that the order of results does not
# depend on how many are asked for, and twice what can be asked for. Not measured.
CANDIDATES = 200
# What a first result is compared with, to see how far it stands out.
_RIVALS = 10


@dataclass(frozen=True, slots=True)
class Signals:
    """Hold what a ranking says of whether there is an answer; 0 each where nothing was found.

    `score` is the best passage's, `lead` how far it is above the mean of the first `_RIVALS`; `dense`
    is its cosine, `lexical` its BM25 for each term of the question, `rerank` the reranker's score.
    """

    score: float = 0.0
    lead: float = 0.0
    dense: float = 0.0
    lexical: float = 0.0
    rerank: float = 0.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """Hold candidate rows, best first, with the score that ranked them; it never rises.

    `stages` has, for each stage that took part, the rows that it ranked, best first.
    """

    rows: RowArray
    scores: Scores
    stages: dict[Stage, Ranked]
    signals: Signals


@dataclass(frozen=True, slots=True)
class Ranker:
    """Rank the passages of one index; threads may share it.

    `id_places` has for each row the place of its passage's id among all ids, in their order: equal
    scores are in this order, whichever way the articles were read.
    """

    vectors: VectorIndex
    lexical: LexicalIndex
    space: VectorSpace
    tuning: Tuning
    reranker: Reranker | None
    id_places: NDArray[np.integer]

    def rank(self, query: Query, mode: Mode, within: RowArray | None = None, depth: int = CANDIDATES) -> Ranking:
        """Return the passages that are candidates, best first; equal scores in order of passage id.

        Args:
            query: the question.
            mode: which sides rank.
            within: the rows to choose from, ascending; None stands for all.
            depth: how many candidates each side names.
        """
        shared = self.lexical.matches(query.terms)
        lexical = shared.best(depth, within)
        if mode is Mode.LEXICAL:
            return self._of_one_side(query, Stage.LEXICAL, lexical, shared)
        (dense,) = self.vectors.search(query.vector[np.newaxis], depth, within)
        if mode is Mode.DENSE:
            return self._of_one_side(query, Stage.DENSE, dense, shared)
        return self._of_both(query, dense, lexical, shared)

    def explain(self, query: Query, ranking: Ranking, rows: RowArray) -> list[tuple[Standing, ...]]:
        """Return where each of the rows stood after each stage; of both sides the score anyway."""
        sides = {
            Stage.DENSE: self.vectors.scores(query.vector, rows),
            Stage.LEXICAL: self.lexical.matches(query.terms).of(rows),
        }
        explained = []
        for place, row in enumerate(rows.tolist()):
            standings = [
                _standing(stage, ranking.stages.get(stage), row, float(scores[place]))
                for stage, scores in sides.items()
            ]
            later = [_standing(stage, ranked, row) for stage, ranked in ranking.stages.items() if stage not in sides]
            explained.append((*standings, *(one for one in later if one.rank is not None)))
        return explained

    def _of_one_side(self, query: Query, stage: Stage, ranked: Ranked, shared: Matches) -> Ranking:
        scores = (
            self._dense_standard(query, ranked.scores)
            if stage is Stage.DENSE
            else _lexical_standard(ranked.scores, shared)
        )
        order = self._order(ranked.rows, scores)
        rows, scores = ranked.rows[order], scores[order]
        return Ranking(rows, scores, {stage: ranked}, self._signals(query, rows, scores, shared, 0.0))

    def _of_both(self, query: Query, dense: Ranked, lexical: Ranked, shared: Matches) -> Ranking:
        rows = np.union1d(dense.rows, lexical.rows)
        if self.tuning.fusion is Fusion.RECIPROCAL_RANK:
            sums = reciprocal_ranks([dense, lexical], rows)
        else:
            cosines = self._dense_standard(query, self._cosines(query, rows, dense))
            words = _lexical_standard(shared.of(rows), shared)
            sums = convex(cosines, words, self.tuning.dense_weight)
        order = self._order(rows, sums)
        rows, sums = rows[order], sums[order]
        stages = {
            Stage.DENSE: dense,
            Stage.LEXICAL: lexical,
            Stage.FUSION: Ranked(rows, sums.astype(np.float32)),
        }
        if self.reranker is None or not len(rows):
            return Ranking(rows, sums, stages, self._signals(query, rows, sums, shared, 0.0))
        return self._reranked(query, stages, sums, shared, self.reranker)

    def _reranked(
        self, query: Query, stages: dict[Stage, Ranked], sums: Scores, shared: Matches, reranker: Reranker
    ) -> Ranking:
        """Look again at the first candidates; the others follow in the order they had."""
        rows = stages[Stage.FUSION].rows
        first, rest = rows[: self.tuning.reranked], rows[self.tuning.reranked :]
        given = reranker.scores(query, first)
        totals = sums[: len(first)] + self.tuning.rerank_weight * given
        order = self._order(first, totals)
        # What was not looked at counts as the worst that was; so, having less from before, it never comes before it.
        others = sums[len(first) :] + self.tuning.rerank_weight * float(given.min())
        scores = np.concatenate([totals[order], others])
        reranked = np.concatenate([first[order], rest])
        signals = self._signals(query, reranked, scores, shared, float(given[order[0]]))
        return Ranking(reranked, scores, stages | {Stage.RERANK: best(first, given, len(first))}, signals)

    def _order(self, rows: RowArray, scores: Scores) -> RowArray:
        """Return places that bring rows into order, the best first."""
        return np.lexsort((self.id_places[rows], -scores))

    def _dense_standard(self, query: Query, cosines: FloatArray) -> Scores:
        moments = self.space.moments(query.vector)
        return standardised(cosines, moments.mean, moments.deviation)

    def _cosines(self, query: Query, rows: RowArray, known: Ranked) -> FloatArray:
        """Return the cosine of each of the rows, ascending; those that are known are among them."""
        places = np.searchsorted(rows, known.rows)
        cosines = np.empty(len(rows), dtype=np.float32)
        cosines[places] = known.scores
        asked = np.ones(len(rows), dtype=bool)
        asked[places] = False
        cosines[asked] = self.vectors.scores(query.vector, rows[asked])
        return cosines

    def _signals(self, query: Query, rows: RowArray, scores: Scores, shared: Matches, rerank: float) -> Signals:
        if not len(rows):
            return Signals()
        return Signals(
            score=float(scores[0]),
            lead=float(scores[0] - scores[:_RIVALS].mean()),
            dense=float(self.vectors.scores(query.vector, rows[:1])[0]),
            lexical=float(shared.of(rows[:1])[0]) / max(len(query.terms), 1),
            rerank=rerank,
        )


def _lexical_standard(scores: FloatArray, shared: Matches) -> Scores:
    """Return scores standardised by those of all passages."""
    return standardised(scores, *shared.moments())


def _standing(stage: Stage, ranked: Ranked | None, row: int, score: float = 0.0) -> Standing:
    places = np.flatnonzero(ranked.rows == row).tolist() if ranked is not None else []
    if ranked is None or not places:
        return Standing(stage, None, score)
    return Standing(stage, places[0] + 1, float(ranked.scores[places[0]]))


def signal_values(signals: Sequence[Signals]) -> Scores:
    """Return signals as rows of shape (len(signals), 5)."""
    return np.array([[getattr(one, name) for name in Signals.__slots__] for one in signals], dtype=np.float64)
