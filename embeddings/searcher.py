"""Answer questions from an index."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embeddings.errors import REBUILD_HINT, SnapshotError
from embeddings.fusion import reciprocal_rank_fusion
from embeddings.lexical import LexicalIndex
from embeddings.protocols import Encoder, Progress, VectorIndex
from embeddings.records import FloatArray, IndexInfo, Mode, Ranked, Result
from embeddings.store.passage_store import PassageStore

MAX_RESULTS = 100
# How far down each side is read before fusion: fixed, so that the order of results does not
# depend on how many are asked for, and twice what can be asked for. Not measured.
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
                f"{REBUILD_HINT}"
            )
        if self.vectors.dimension != self.encoder.info.dimension:
            raise SnapshotError(
                f"the index holds vectors of {self.vectors.dimension} components, its encoder "
                f"{self.encoder.info.name} gives {self.encoder.info.dimension}: another model made it; "
                f"{REBUILD_HINT}"
            )

    def search(self, question: str, k: int, mode: Mode = Mode.HYBRID, explain: bool = False) -> list[Result]:
        """Return at most k passages for a question, best first.

        Args:
            question: free text in any language of the encoder.
            k: from 1 to `MAX_RESULTS`.
            mode: which side ranks.
            explain: give the results' lexical scores, too.

        Raises:
            TextTooLongError: the question has more tokens than the encoder reads.
        """
        (query,) = self.encoder.encode_queries([question])
        return self._answer(question, query, k, mode, explain)

    def search_many(
        self, questions: Sequence[str], k: int, mode: Mode = Mode.HYBRID, progress: Progress | None = None
    ) -> list[list[Result]]:
        """Return for each question what `search` returns, encoding them together."""
        queries = self.encoder.encode_queries(questions, progress)
        return [
            self._answer(question, query, k, mode, explain=False)
            for question, query in zip(questions, queries, strict=True)
        ]

    def _answer(self, question: str, query: FloatArray, k: int, mode: Mode, explain: bool) -> list[Result]:
        rows = self._ranked(question, query, mode).rows[:k]
        cosines = self.vectors.scores(query, rows).tolist()
        shared = self.lexical.scores(question)[rows].tolist() if explain else [0.0] * len(rows)
        return [
            Result(rank, min(max(cosine, 0.0), 1.0), passage, cosine, terms or None)
            for rank, (passage, cosine, terms) in enumerate(
                zip(self.passages.get(rows), cosines, shared, strict=True), start=1
            )
        ]

    def _ranked(self, question: str, query: FloatArray, mode: Mode) -> Ranked:
        if mode is Mode.LEXICAL:
            return self.lexical.search(question, CANDIDATES)
        (dense,) = self.vectors.search(query[np.newaxis], CANDIDATES)
        if mode is Mode.DENSE:
            return dense
        return reciprocal_rank_fusion([dense, self.lexical.search(question, CANDIDATES)], CANDIDATES)
