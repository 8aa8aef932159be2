"""Find the sentence of a passage that answers a question best."""

import math
from itertools import accumulate

import numpy as np

from corpus.normalising import normalise
from corpus.sentences import sentence_spans
from embeddings.late_interaction.token_store import TokenStore
from embeddings.lexical import LexicalIndex
from embeddings.records import Query, Span
from embeddings.terms import TermSplitter


class Highlighter:
    """Choose sentences by their tokens where the index holds some, else by the terms that they share."""

    def __init__(self, splitter: TermSplitter, lexical: LexicalIndex, tokens: TokenStore | None) -> None:
        self._splitter = splitter
        self._lexical = lexical
        self._tokens = tokens

    def highlights(self, query: Query, row: int, text: str) -> tuple[Span, ...]:
        """Return the sentence of a passage that answers best, none where nothing speaks for any.

        Args:
            query: the question.
            row: of the passage.
            text: of the passage, as a reader sees it.
        """
        spans = [Span(start, end) for start, end in sentence_spans(text)]
        if not spans:
            return ()
        scores = self.by_tokens(query, row, text, spans) if self._tokens else self.by_terms(query, text, spans)
        best = int(np.argmax(scores))
        return (spans[best],) if scores[best] > 0 else ()

    def by_terms(self, query: Query, text: str, spans: list[Span]) -> list[float]:
        """Return for each sentence how rare the question's terms are that it holds, in sum."""
        wanted = {term: weight * self._lexical.rarity(term) for term, weight in query.terms}
        return [
            # Exact, so that it does not depend on the order of a set.
            math.fsum(wanted.get(term, 0.0) for term in set(self._splitter.terms(text[span.start : span.end])))
            for span in spans
        ]

    def by_tokens(self, query: Query, row: int, text: str, spans: list[Span]) -> list[float]:
        """Return for each sentence the late score of its tokens."""
        if self._tokens is None:
            return [0.0] * len(spans)
        return self._tokens.part_scores(query.tokens, row, _lengths(text, spans))


def _lengths(text: str, spans: list[Span]) -> list[int]:
    """Return how many characters of the indexed form there are from the start of each sentence to the end."""
    ends = [*(span.start for span in spans[1:]), len(text)]
    own = [normalise(text[span.start : end]) for span, end in zip(spans, ends, strict=True)]
    # White space at the end, such as emoji become, has no token: it is not where the last one ends.
    own[-1] = own[-1].rstrip()
    lengths = [len(part) for part in own]
    return list(accumulate(reversed(lengths)))[::-1]
