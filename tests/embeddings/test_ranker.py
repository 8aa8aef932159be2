"""Ranking with parts that can be computed by eye."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from embeddings.indexes.exact import ExactIndex
from embeddings.lexical import LexicalIndex
from embeddings.ranker import Ranker, Ranking, Signals, signal_values
from embeddings.records import FloatArray, Mode, Query, Ranked, RowArray, Stage, Standing, TokenVectors
from embeddings.tuning import Fusion, Tuning
from embeddings.vector_space import VectorSpace

# As (cosine with the question, text): the question is the vector (1, 0) and the term 电.
PASSAGES = ((0.6, "电"), (0.8, "门"), (0.0, "电"), (1.0, "门"), (-0.6, "门"))
COSINES = np.array([cosine for cosine, _ in PASSAGES])
# 电 stands in two passages of five, each as long as all others on average.
BM25 = float(np.log(1 + (5 - 2 + 0.5) / (2 + 0.5))) / (1 + 1.5)
SHARED = np.array([BM25, 0, BM25, 0, 0])
Z_DENSE = (COSINES - COSINES.mean()) / COSINES.std()
Z_LEXICAL = (SHARED - SHARED.mean()) / SHARED.std()
NONE = np.zeros((0, 1), dtype=np.float32)


@dataclass
class WatchedIndex:
    """Search exactly, and remember within which rows."""

    exact: ExactIndex
    within: list[list[int] | None] = field(default_factory=list)

    @property
    def dimension(self) -> int:
        return self.exact.dimension

    @property
    def count(self) -> int:
        return self.exact.count

    def search(self, queries: FloatArray, k: int, within: RowArray | None = None) -> list[Ranked]:
        self.within.append(None if within is None else within.tolist())
        return self.exact.search(queries, k, within)

    def scores(self, query: FloatArray, rows: RowArray) -> FloatArray:
        return self.exact.scores(query, rows)


@dataclass
class RowReranker:
    """Give each row a fixed score, and remember which rows were looked at."""

    given: Sequence[float]
    seen: list[list[int]] = field(default_factory=list)

    def scores(self, query: Query, rows: RowArray) -> FloatArray:
        assert query.text == "电"
        self.seen.append(rows.tolist())
        return np.array([self.given[row] for row in rows.tolist()], dtype=np.float32)


def query(*terms: tuple[str, float]) -> Query:
    nothing = TokenVectors(np.zeros(2, np.float32), NONE, np.zeros(0, np.int32), np.zeros((0, 2), np.int32))
    return Query("电", terms, np.array([1, 0], dtype=np.float32), nothing)


ASKED = query(("电", 1.0))


def space_of(vectors: FloatArray) -> VectorSpace:
    wide = vectors.astype(np.float64)
    nothing = np.zeros(vectors.shape[1], dtype=np.float32)
    return VectorSpace(nothing, nothing, wide.mean(axis=0), np.cov(wide, rowvar=False, bias=True))


def ranker_of(
    passages: Sequence[tuple[float, str]] = PASSAGES, reranker: RowReranker | None = None, **tuning: object
) -> Ranker:
    vectors = np.array([[cosine, (1 - cosine**2) ** 0.5] for cosine, _ in passages], dtype=np.float32)
    return Ranker(
        WatchedIndex(ExactIndex(vectors)),
        LexicalIndex.from_texts([text for _, text in passages], list),
        space_of(vectors),
        replace(Tuning(dense_weight=0.6, rerank_weight=14.0), **tuning),  # type: ignore[arg-type]
        reranker,
        np.arange(len(passages)),
    )


def close(value: float) -> Any:
    """Return what equals a number that was computed in float32."""
    return pytest.approx(float(value), abs=1e-5)


def rows(*given: int) -> RowArray:
    return np.array(given, dtype=np.int64)


def falls(ranking: Ranking) -> bool:
    return bool(np.all(np.diff(ranking.scores) <= 0))


def test_dense_mode() -> None:
    ranking = ranker_of().rank(ASKED, Mode.DENSE)
    assert ranking.rows.tolist() == [3, 1, 0, 2, 4]
    assert ranking.scores == pytest.approx(Z_DENSE[[3, 1, 0, 2, 4]], abs=1e-5)
    assert ranking.stages.keys() == {Stage.DENSE}
    assert ranking.stages[Stage.DENSE].scores.tolist() == pytest.approx([1, 0.8, 0.6, 0, -0.6])


def test_lexical_mode_ranks_what_shares_a_term() -> None:
    ranker = ranker_of()
    ranking = ranker.rank(ASKED, Mode.LEXICAL)
    assert ranking.rows.tolist() == [0, 2]
    assert ranking.scores == pytest.approx(Z_LEXICAL[[0, 2]], abs=1e-5)
    assert ranking.stages.keys() == {Stage.LEXICAL}
    # Nor is any vector compared.
    assert isinstance(ranker.vectors, WatchedIndex)
    assert ranker.vectors.within == []


@pytest.mark.parametrize("weight", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_convex_sums(weight: float) -> None:
    ranking = ranker_of(dense_weight=weight).rank(ASKED, Mode.HYBRID)
    sums = weight * Z_DENSE + (1 - weight) * Z_LEXICAL
    # By the words alone 0 and 2 are equal, and so are the rest: then the lower row is first.
    order = np.lexsort((np.arange(5), -np.round(sums, 5)))
    assert ranking.rows.tolist() == order.tolist()
    assert ranking.scores == pytest.approx(sums[order], abs=1e-5)
    assert ranking.stages[Stage.FUSION].rows.tolist() == order.tolist()


def test_reciprocal_ranks_and_convex_sums_differ() -> None:
    # By cosine 3 1 0 2 4, by words 0 2: 1/63 + 1/61, 1/64 + 1/62, 1/61, 1/62, 1/65.
    ranking = ranker_of(fusion=Fusion.RECIPROCAL_RANK).rank(ASKED, Mode.HYBRID)
    assert ranking.rows.tolist() == [0, 2, 3, 1, 4]
    assert ranking.scores.tolist() == pytest.approx([1 / 63 + 1 / 61, 1 / 64 + 1 / 62, 1 / 61, 1 / 62, 1 / 65])
    # Its score says how far the best cosine stands out: nearly as much as a word.
    assert ranker_of(dense_weight=0.6).rank(ASKED, Mode.HYBRID).rows.tolist() == [0, 3, 1, 2, 4]


def test_candidates_of_both_sides() -> None:
    # Each side names one: 3 by its cosine, 0 by its word.
    ranking = ranker_of().rank(ASKED, Mode.HYBRID, depth=1)
    assert ranking.rows.tolist() == [0, 3]
    # Their scores do not depend on how many are named.
    whole = ranker_of().rank(ASKED, Mode.HYBRID)
    assert set(ranking.scores.tolist()) < set(whole.scores.tolist())


@pytest.mark.parametrize("mode", Mode)
def test_equal_passages_are_in_order_of_their_ids(mode: Mode) -> None:
    ranking = ranker_of([(0.6, "电")] * 7).rank(ASKED, mode)
    assert ranking.rows.tolist() == list(range(7))
    ids = np.array([6, 0, 5, 1, 4, 2, 3])
    by_id = [1, 3, 5, 6, 4, 2, 0]
    for reranker in (None, RowReranker([0.5] * 7)):
        other = replace(ranker_of([(0.6, "电")] * 7, reranker), id_places=ids)
        assert other.rank(ASKED, mode).rows.tolist() == by_id
    # Nothing stands out: rounding must not be taken for a difference.
    assert ranking.scores.tolist() == [0] * 7


@pytest.mark.parametrize("count", [7, 300, 1_000])
def test_rounding_is_no_difference(count: int) -> None:
    # Of so many equal scores float32 gives another mean than each of them, and a deviation above 0.
    texts = ["电话催收门" * 3] * count
    for asked in (query(("电", 1.0), ("催", 0.3)), query(("电", 1e4), ("催", 777.7))):
        for mode in (Mode.HYBRID, Mode.LEXICAL):
            assert set(ranker_of([(0.6, text) for text in texts]).rank(asked, mode).scores.tolist()) == {0}
    vectors = np.repeat(np.array([[0.36, 0.48, 0.8]], dtype=np.float32), count, axis=0)
    # As sums of products give them, a little above 0.
    space = replace(space_of(vectors), covariance=np.eye(3) * 1e-17)
    noisy = replace(ranker_of(), vectors=ExactIndex(vectors), space=space, id_places=np.arange(count))
    asked = replace(query(), vector=np.array([0.6, 0.8, 0], dtype=np.float32))
    noisy = replace(noisy, lexical=LexicalIndex.from_texts(texts, list))
    assert set(noisy.rank(asked, Mode.DENSE).scores.tolist()) == {0}


@pytest.mark.parametrize("mode", Mode)
def test_one_passage(mode: Mode) -> None:
    ranking = ranker_of([(0.6, "电")]).rank(ASKED, mode)
    assert (ranking.rows.tolist(), ranking.scores.tolist()) == ([0], [0])


def test_a_question_without_terms() -> None:
    ranker = ranker_of()
    for asked in (query(), query(("新", 1.0))):
        assert ranker.rank(asked, Mode.LEXICAL).rows.tolist() == []
        assert ranker.rank(asked, Mode.LEXICAL).signals == Signals()
        hybrid = ranker.rank(asked, Mode.HYBRID)
        assert hybrid.rows.tolist() == [3, 1, 0, 2, 4]
        # No passage shares a word, so the words say nothing: they are not all below their mean.
        assert hybrid.scores == pytest.approx(0.6 * Z_DENSE[[3, 1, 0, 2, 4]], abs=1e-5)
        assert hybrid.signals.lexical == 0


def test_rows_within_are_chosen_before_the_search() -> None:
    ranker = ranker_of()
    # With room for one, the nearest of all would leave nothing of rows 2 and 4.
    dense = ranker.rank(ASKED, Mode.DENSE, rows(2, 4), depth=1)
    assert dense.rows.tolist() == [2]
    assert isinstance(ranker.vectors, WatchedIndex)
    assert ranker.vectors.within == [[2, 4]]
    assert ranker.rank(ASKED, Mode.LEXICAL, rows(2, 4), depth=1).rows.tolist() == [2]
    assert ranker.rank(ASKED, Mode.HYBRID, rows(2, 4)).rows.tolist() == [2, 4]
    # A score says the same whatever else may be found.
    whole = ranker.rank(ASKED, Mode.DENSE)
    assert dense.scores.tolist() == whole.scores[whole.rows == 2].tolist()


@pytest.mark.parametrize("mode", Mode)
def test_nothing_within(mode: Mode) -> None:
    reranker = RowReranker([0] * 5)
    ranking = ranker_of(reranker=reranker).rank(ASKED, mode, rows())
    assert (ranking.rows.tolist(), ranking.scores.tolist(), ranking.signals) == ([], [], Signals())
    assert ranker_of(reranker=reranker).explain(ASKED, ranking, rows()) == []
    assert reranker.seen == []


def test_only_the_first_are_looked_at_again() -> None:
    before = ranker_of().rank(ASKED, Mode.HYBRID)
    assert before.rows.tolist() == [0, 3, 1, 2, 4]
    reranker = RowReranker([0.1, 0.3, 9, 0.2, 9])
    ranking = ranker_of(reranker=reranker, reranked=3, rerank_weight=10.0).rank(ASKED, Mode.HYBRID)
    assert reranker.seen == [[0, 3, 1]]
    sums = dict(zip(before.rows.tolist(), before.scores.tolist(), strict=True))
    totals = {row: sums[row] + 10 * reranker.given[row] for row in (0, 3, 1)}
    assert ranking.rows.tolist() == [1, 3, 0, 2, 4]
    assert ranking.scores[:3].tolist() == pytest.approx([totals[1], totals[3], totals[0]], abs=1e-5)
    # Those that were not looked at count as the worst that was, which had 0.1.
    assert ranking.scores[3:].tolist() == pytest.approx([sums[2] + 10 * 0.1, sums[4] + 10 * 0.1], abs=1e-5)
    assert falls(ranking)


def test_what_was_not_looked_at_never_comes_first() -> None:
    # The last that was looked at is far worse than what follows, and so is the weight of its words.
    reranker = RowReranker([-9, 5, 0, 5, 0])
    ranking = ranker_of(reranker=reranker, reranked=3, rerank_weight=1.0).rank(ASKED, Mode.HYBRID)
    assert ranking.rows.tolist() == [3, 1, 0, 2, 4]
    assert falls(ranking)
    # The weight may be 0: then nothing changes.
    unweighted = ranker_of(reranker=reranker, reranked=3, rerank_weight=0.0).rank(ASKED, Mode.HYBRID)
    assert unweighted.rows.tolist() == [0, 3, 1, 2, 4]
    assert unweighted.scores.tolist() == ranker_of().rank(ASKED, Mode.HYBRID).scores.tolist()


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("reranked", [1, 5, 30, 100])
def test_scores_never_rise(seed: int, reranked: int) -> None:
    random = np.random.default_rng(seed)
    passages = [(float(cosine), random.choice(list("电门话"))) for cosine in random.uniform(-1, 1, 40).round(1)]
    reranker = RowReranker(random.normal(size=40).round(1).tolist())
    ranking = ranker_of(passages, reranker, reranked=reranked, rerank_weight=2.0).rank(ASKED, Mode.HYBRID)
    assert falls(ranking)
    assert sorted(ranking.rows.tolist()) == list(range(40))
    fused = ranking.stages[Stage.FUSION].rows.tolist()
    assert sorted(ranking.rows[:reranked].tolist()) == sorted(fused[:reranked])
    assert ranking.rows[reranked:].tolist() == fused[reranked:]


def test_equal_totals_are_in_order_of_their_ids() -> None:
    reranker = RowReranker([0.5] * 4)
    ranking = ranker_of([(0.6, "电")] * 4, reranker, reranked=2).rank(ASKED, Mode.HYBRID)
    assert ranking.rows.tolist() == [0, 1, 2, 3]
    assert ranking.scores.tolist() == [0.5 * 14] * 4
    # By cosine, -1 and 1 deviations from the mean, the second comes first; then both have 1.
    ranker = ranker_of([(-1, "门"), (1, "门")], RowReranker([2, 0]), dense_weight=1.0, rerank_weight=1.0)
    ranking = ranker.rank(ASKED, Mode.HYBRID)
    assert ranking.stages[Stage.FUSION].rows.tolist() == [1, 0]
    assert (ranking.rows.tolist(), ranking.scores.tolist()) == ([0, 1], [1, 1])


@pytest.mark.parametrize("mode", [Mode.DENSE, Mode.LEXICAL])
def test_one_side_alone_is_not_looked_at_again(mode: Mode) -> None:
    reranker = RowReranker([9, 0, 0, 0, 0])
    ranking = ranker_of(reranker=reranker).rank(ASKED, mode)
    assert reranker.seen == []
    assert ranking.rows.tolist() == ranker_of().rank(ASKED, mode).rows.tolist()
    assert ranking.signals.rerank == 0


def test_signals() -> None:
    # Two terms, of which one is known.
    asked = query(("电", 1.0), ("新", 1.0))
    ranking = ranker_of(dense_weight=0.6).rank(asked, Mode.HYBRID)
    assert ranking.signals == Signals(
        score=ranking.scores[0],
        lead=close(ranking.scores[0] - ranking.scores.mean()),
        dense=close(0.6),
        lexical=close(BM25 / 2),
        rerank=0.0,
    )
    reranked = ranker_of(reranker=RowReranker([0.25, 0, 0, 0, 0])).rank(asked, Mode.HYBRID)
    assert reranked.rows[0] == 0
    assert reranked.signals.rerank == 0.25
    # It is that of the best passage, not the best of all.
    unheard = ranker_of(reranker=RowReranker([0.25, 0, 0, 0, 0.5]), rerank_weight=1.0).rank(asked, Mode.HYBRID)
    assert (unheard.rows[0], unheard.signals.rerank) == (0, 0.25)
    lexical = ranker_of().rank(ASKED, Mode.LEXICAL).signals
    assert (lexical.dense, lexical.lexical) == (close(0.6), close(BM25))


def test_the_lead_is_over_the_first_ten() -> None:
    passages = [(0.1 * (place % 7), "门") for place in range(30)]
    ranking = ranker_of(passages).rank(query(), Mode.DENSE)
    assert ranking.signals.lead == pytest.approx(ranking.scores[0] - ranking.scores[:10].mean())


def test_signals_as_rows() -> None:
    assert signal_values([Signals(1, 2, 3, 4, 5), Signals()]).tolist() == [[1, 2, 3, 4, 5], [0, 0, 0, 0, 0]]


def test_an_explanation_of_both_sides() -> None:
    ranker = ranker_of(reranker=RowReranker([0.1, 0.5, 9, 0.2, 9]), reranked=3)
    ranking = ranker.rank(ASKED, Mode.HYBRID, depth=3)
    # By cosine 3 1 0, by words 0 2; together 0 3 1 2, of which 2 was not looked at.
    assert ranking.rows.tolist()[3:] == [2]
    first, last = ranker.explain(ASKED, ranking, rows(1, 2))
    sums = 0.6 * Z_DENSE + 0.4 * Z_LEXICAL
    assert first == (
        Standing(Stage.DENSE, 2, close(0.8)),
        Standing(Stage.LEXICAL, None, 0.0),
        Standing(Stage.FUSION, 3, close(sums[1])),
        Standing(Stage.RERANK, 1, close(0.5)),
    )
    assert last == (
        # Below the candidates, and its score is known all the same.
        Standing(Stage.DENSE, None, close(0.0)),
        Standing(Stage.LEXICAL, 2, close(BM25)),
        Standing(Stage.FUSION, 4, close(sums[2])),
    )


def test_an_explanation_of_one_side() -> None:
    ranker = ranker_of(reranker=RowReranker([0] * 5))
    (dense,) = ranker.explain(ASKED, ranker.rank(ASKED, Mode.DENSE), rows(0))
    assert dense == (
        Standing(Stage.DENSE, 3, close(0.6)),
        Standing(Stage.LEXICAL, None, close(BM25)),
    )
    (lexical,) = ranker.explain(ASKED, ranker.rank(ASKED, Mode.LEXICAL), rows(2))
    assert lexical == (
        Standing(Stage.DENSE, None, close(0.0)),
        Standing(Stage.LEXICAL, 2, close(BM25)),
    )
