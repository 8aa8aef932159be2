"""Find the sentence of a passage that answers a question best."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import numpy as np

from corpus.normalising import normalise
from corpus.sentences import sentence_spans
from embeddings.late_interaction.token_store import TokenStore
from embeddings.lexical import LexicalIndex
from embeddings.records import Query, Span
from embeddings.terms import TermSplitter

# Passages whose sentences are remembered: 2 MB.
_KEPT = 2_048


class Highlighter:
    """Choose sentences by their tokens where the index holds some, else by the terms that they share."""

    def __init__(self, splitter: TermSplitter, lexical: LexicalIndex, tokens: TokenStore | None) -> None:
        self._splitter = splitter
        self._lexical = lexical
        self._tokens = tokens

    def highlights(self, query: Query, passages: Sequence[tuple[int, str]]) -> list[tuple[Span, ...]]:
        """Return of each passage the sentence that answers best, none where nothing speaks for any.

        Args:
            query: the question.
            passages: row and text, as a reader sees it.
        """
        if self._tokens is None:
            found = [_sentences(text) for _, text in passages]
            return [_best(one, self.by_terms(query, one.text, one.spans)) for one in found]
        return [
            _best(_sentences(text), scores)
            for (_, text), scores in zip(passages, self.by_tokens(query, passages), strict=True)
        ]

    def by_terms(self, query: Query, text: str, spans: Sequence[Span]) -> list[float]:
        """Return for each sentence how rare the question's terms are that it holds, in sum."""
        wanted = {term: weight * self._lexical.rarity(term) for term, weight in query.terms}
        return [
            # Exact, so that it does not depend on the order of a set.
            math.fsum(wanted.get(term, 0.0) for term in set(self._splitter.terms(text[span.start : span.end])))
            for span in spans
        ]

    def by_tokens(self, query: Query, passages: Sequence[tuple[int, str]]) -> list[list[float]]:
        """Return for each passage's sentences the late scores of their tokens; zeros where the index holds none."""
        lengths = [_sentences(text).lengths for _, text in passages]
        if self._tokens is None:
            return [[0.0] * len(own) for own in lengths]
        rows = np.array([row for row, _ in passages], dtype=np.int64)
        return self._tokens.part_scores(self._tokens.asked(query.tokens), rows, lengths)


@dataclass(frozen=True, slots=True)
class _Sentences:
    """Hold the sentences of a passage, and what `_lengths` says of them."""

    text: str
    spans: tuple[Span, ...]
    lengths: tuple[int, ...]


def _best(sentences: _Sentences, scores: Sequence[float]) -> tuple[Span, ...]:
    if not scores or max(scores) <= 0:
        return ()
    return (sentences.spans[int(np.argmax(scores))],)


# A passage that is shown is shown again: of five, finding and normalising their sentences takes a fifth of a search.
@lru_cache(maxsize=_KEPT)
def _sentences(text: str) -> _Sentences:
    spans = tuple(Span(start, end) for start, end in sentence_spans(text))
    return _Sentences(text, spans, tuple(_lengths(text, spans)) if spans else ())


def _lengths(text: str, spans: Sequence[Span]) -> list[int]:
    """Return how many characters of the indexed form there are from the start of each sentence to the end."""
    ends = [*(span.start for span in spans[1:]), len(text)]
    own = [normalise(text[span.start : end]) for span, end in zip(spans, ends, strict=True)]
    # White space at the end, such as emoji become, has no token: it is not where the last one ends.
    own[-1] = own[-1].rstrip()
    lengths = [len(part) for part in own]
    return list(accumulate(reversed(lengths)))[::-1]
