"""Answer questions from an index."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corpus.normalising import normalise
from embeddings.errors import REBUILD_HINT, SnapshotError
from embeddings.fusion import RECIPROCAL_RANK_CONSTANT, reciprocal_rank_fusion
from embeddings.lexical import LexicalIndex
from embeddings.protocols import Encoder, VectorIndex
from embeddings.records import FloatArray, IndexInfo, Mode, Ranked, Result, RowArray, StoredPassage
from embeddings.store.passage_store import PassageStore

MAX_RESULTS = 100
# How far down each side is read before fusion: fixed, so that the order of results does not
# depend on how many are asked for, and twice what can be asked for. Not measured.
CANDIDATES = 200
# How many times further down is looked where too many of the candidates are copies of one another.
_DEEPER = 10
# Bump when the same index would answer differently, for whatever reason in the code.
_SEARCH_VERSION = 1
_SETTINGS_CHARACTERS = 16
# A score means no more than that; rounded here, so that whoever asks is told the same.
_SCORE_DIGITS = 4


def settings_hash(inputs: str) -> str:
    """Return what identifies all that answers follow from, given the same of an index's content."""
    settings = (inputs, _SEARCH_VERSION, CANDIDATES, RECIPROCAL_RANK_CONSTANT)
    return hashlib.sha256(json.dumps(settings).encode("utf-8")).hexdigest()[:_SETTINGS_CHARACTERS]


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
        """Return at most k passages for a question, best first, of near-duplicates the best one.

        Args:
            question: free text in any language of the encoder.
            k: from 1 to `MAX_RESULTS`.
            mode: which side ranks.
            explain: give the results' lexical scores, too.

        Raises:
            TextTooLongError: the question has more tokens than the encoder reads.
        """
        (results,) = self.search_many([question], k, mode, explain)
        return results

    def search_many(
        self, questions: Sequence[str], k: int, mode: Mode = Mode.HYBRID, explain: bool = False
    ) -> list[list[Result]]:
        """Return for each question what `search` returns, encoding them together."""
        asked = [normalise(question) for question in questions]
        queries = self.encoder.encode_queries(asked)
        return [self._answer(question, query, k, mode, explain) for question, query in zip(asked, queries, strict=True)]

    def _answer(self, asked: str, query: FloatArray, k: int, mode: Mode, explain: bool) -> list[Result]:
        # Copies are folded last: what is ranked, and filtered once there are filters, is each passage.
        shown = self._shown(asked, query, mode, k)
        rows = np.array(list(shown), dtype=np.int64)
        cosines = self.vectors.scores(query, rows).tolist()
        shared = self.lexical.scores(asked)[rows].tolist() if explain else [0.0] * len(rows)
        return [
            Result(
                rank,
                round(min(max(cosine, 0.0), 1.0), _SCORE_DIGITS),
                passage,
                cosine,
                terms or None,
                _others(passage, copies),
            )
            for rank, (passage, copies, cosine, terms) in enumerate(
                zip(self.passages.get(rows), shown.values(), cosines, shared, strict=True), start=1
            )
        ]

    def _shown(self, asked: str, query: FloatArray, mode: Mode, k: int) -> dict[int, tuple[StoredPassage, ...]]:
        """Return k rows with their copies; look further down where copies fill up the candidates."""
        depth = CANDIDATES
        while True:
            rows = self._ranked(asked, query, mode, depth).rows
            shown = self._folded(rows, k)
            if len(shown) == k or len(rows) < depth:
                return shown
            depth *= _DEEPER

    def _folded(self, rows: RowArray, k: int) -> dict[int, tuple[StoredPassage, ...]]:
        """Return the first k rows of which none is a copy of one before, each with the passages of its group."""
        groups = self.passages.groups(rows)
        seen: set[str] = set()
        kept: list[int] = []
        for row in rows.tolist():
            group = groups.get(row)
            if group not in seen:
                kept.append(row)
            if group is not None:
                seen.add(group)
        kept = kept[:k]
        members = self.passages.members([groups[row] for row in kept if row in groups])
        return {row: members[groups[row]] if row in groups else () for row in kept}

    def _ranked(self, asked: str, query: FloatArray, mode: Mode, depth: int) -> Ranked:
        if mode is Mode.LEXICAL:
            return self.lexical.search(asked, depth)
        (dense,) = self.vectors.search(query[np.newaxis], depth)
        if mode is Mode.DENSE:
            return dense
        return reciprocal_rank_fusion([dense, self.lexical.search(asked, depth)], depth)


def _others(passage: StoredPassage, group: tuple[StoredPassage, ...]) -> tuple[StoredPassage, ...]:
    return tuple(member for member in group if member.id != passage.id)
