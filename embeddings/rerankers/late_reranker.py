"""Rerank by late interaction: the encoder's own token vectors, stored with the index."""

from embeddings.late_interaction.token_store import TokenStore
from embeddings.records import FloatArray, Query, RowArray


class LateReranker:
    """Give passages the weighted mean over the question's tokens of the nearest passage token's cosine."""

    def __init__(self, tokens: TokenStore) -> None:
        self._tokens = tokens

    def scores(self, query: Query, rows: RowArray) -> FloatArray:
        """Return a score of about 0 to 1 for each of the passages."""
        return self._tokens.late_scores(self._tokens.asked(query.tokens), rows)
