"""Answer questions from an index."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embeddings.errors import SnapshotError
from embeddings.fusion import reciprocal_rank_fusion
from embeddings.lexical import LexicalIndex
from embeddings.protocols import Encoder, Progress, VectorIndex
from embeddings.records import FloatArray, IndexInfo, Mode, Ranked, Result
from embeddings.store.passage_store import PassageStore

MAX_RESULTS = 100
# How far down each side is read before fusion. Fixed, so that the order of results does not
# depend on how many are asked for.
CANDIDATES = 200


@dataclass(frozen=True, slots=True)
class Searcher:
    """Hold an index that is ready to answer; it never changes and threads may share it.

    All parts must speak of the same passages in the same order.
    """

    encoder: Encoder
    vectors: VectorIndex
    lexical: LexicalIndex
    passages: PassageStore
    info: IndexInfo

    def __post_init__(self) -> None:
        counts = {self.vectors.count, self.lexical.count, self.passages.count, self.info.passages}
        if len(counts) != 1:
            raise SnapshotError(
                f"the index disagrees on its number of passages (vectors {self.vectors.count}, "
                f"lexical {self.lexical.count}, texts {self.passages.count}, manifest {self.info.passages}); "
                "run `zhaiwen rebuild --full`"
            )
        if self.vectors.dimension != self.encoder.info.dimension:
            raise SnapshotError(
                f"the index holds vectors of {self.vectors.dimension} components, its encoder "
                f"{self.encoder.info.name} gives {self.encoder.info.dimension}: another model made it; "
                "run `zhaiwen rebuild --full`"
            )

    def search(self, question: str, k: int, mode: Mode = Mode.HYBRID) -> list[Result]:
        """Return at most k passages for a question, best first.

        Args:
            question: free text in any language of the encoder.
            k: from 1 to `MAX_RESULTS`.
            mode: which side ranks; both sides' scores are given in any mode.

        Raises:
            TextTooLongError: the question has more tokens than the encoder reads.
        """
        return self.search_many([question], k, mode)[0]

    def search_many(
        self, questions: Sequence[str], k: int, mode: Mode = Mode.HYBRID, progress: Progress | None = None
    ) -> list[list[Result]]:
        """Return for each question what `search` returns, encoding them together."""
        queries = self.encoder.encode_queries(questions, progress)
        return [self._answer(question, query, k, mode) for question, query in zip(questions, queries, strict=True)]

    def _answer(self, question: str, query: FloatArray, k: int, mode: Mode) -> list[Result]:
        lexical = self.lexical.search(question, CANDIDATES)
        if mode is Mode.LEXICAL:
            ranked = lexical
        else:
            (dense,) = self.vectors.search(query[np.newaxis], CANDIDATES)
            ranked = dense if mode is Mode.DENSE else reciprocal_rank_fusion([dense, lexical], CANDIDATES)
        return self._results(ranked, query, lexical, k)

    def _results(self, ranked: Ranked, query: FloatArray, lexical: Ranked, k: int) -> list[Result]:
        rows = ranked.rows[:k]
        cosines = self.vectors.scores(query, rows)
        shared_terms = dict(zip(lexical.rows.tolist(), lexical.scores.tolist(), strict=True))
        return [
            Result(
                rank=rank,
                score=min(max(float(cosine), 0.0), 1.0),
                passage=passage,
                dense=float(cosine),
                lexical=shared_terms.get(row),
            )
            for rank, (row, cosine, passage) in enumerate(
                zip(rows.tolist(), cosines, self.passages.get(rows), strict=True), start=1
            )
        ]
