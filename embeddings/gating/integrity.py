"""See that a snapshot is what it should be, whatever questions it will be asked.

Each check yields what speaks against serving the snapshot, and nothing where all is well. They do not trust the build:
what can be computed a second way is, from what is on the disk.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from corpus.offsets import apply_edits
from embeddings.encoders.onnx_encoder import OnnxEncoder
from embeddings.indexes.ranking import best
from embeddings.late_interaction.token_space import PlacedTokens
from embeddings.protocols import Encoder
from embeddings.records import Prompts, RowArray, StoredPassage, TokenVectors
from embeddings.store.encoded_files import SnapshotEncodings
from embeddings.store.request import Opened

# Passages that are looked at, evenly spread over the rows.
_SEARCHED, _ENCODED, _TRACED, _COUNTED = 1_000, 48, 300, 1_000
# Of the passages, so many must find themselves by their own vector, and by their own words.
LEAST_SELF_RETRIEVED = 0.99
# A passage that many share words with is looked for so far down.
_LEXICAL_DEPTH = 10
# Different terms from which on a passage is told from others by them.
_TELLING = 12
_FEW_LOST = 2
# Encoded again, a passage has the same vector but for what another processor rounds otherwise.
_LEAST_COSINE = 0.9999
_NORM_TOLERANCE = 1e-3
_NAMED = 3


@dataclass(frozen=True)
class Sampled:
    """Hold a snapshot with what several checks look at."""

    opened: Opened

    @property
    def count(self) -> int:
        """Return the number of passages that the texts hold."""
        return self.opened.searcher.passages.count

    @cached_property
    def encodings(self) -> SnapshotEncodings:
        """Return what the passages were encoded to."""
        return SnapshotEncodings(self.opened.parts)

    def rows(self, most: int) -> RowArray:
        """Return rows spread evenly over all, at most so many."""
        return np.unique(np.linspace(0, self.count - 1, min(most, self.count)).astype(np.int64))

    def texts(self, rows: RowArray) -> list[str]:
        """Return what was encoded of these rows."""
        return self.opened.searcher.passages.indexed(rows)

    def named(self, rows: RowArray) -> str:
        """Return some of the rows for a message."""
        found = self.opened.searcher.passages.get(rows[:_NAMED])
        shown = ", ".join(f"{one.article.id!r} characters {one.start}-{one.end}" for one in found)
        return shown if len(rows) <= _NAMED else f"{shown} and {len(rows) - _NAMED} more"


Check = Callable[[Sampled], Iterator[str]]


def counts(new: Sampled) -> Iterator[str]:
    """See that texts, vectors and the manifest hold the same number of passages, at least one."""
    searcher, manifest = new.opened.searcher, new.opened.manifest
    found = {
        "texts": new.count,
        "vectors": searcher.ranker.vectors.count,
        "words": searcher.ranker.lexical.count,
        "encoded passages": new.encodings.count,
        "manifest": manifest.passages,
    }
    if len(set(found.values())) > 1 or not new.count:
        yield f"the numbers of passages differ ({', '.join(f'{name} {number}' for name, number in found.items())})"
    articles = len(searcher.passages.article_ids())
    if articles != len(manifest.articles):
        yield f"{articles} articles are stored, the manifest names {len(manifest.articles)}"


def norms(new: Sampled) -> Iterator[str]:
    """See that vectors have length 1, and that each stands in the row of its passage."""
    rows = new.rows(_SEARCHED)
    raw = new.encodings.vectors(rows)
    lengths = np.linalg.norm(raw, axis=1)
    if np.any(np.abs(lengths - 1) > _NORM_TOLERANCE):
        yield f"vectors have lengths from {lengths.min():.4g} to {lengths.max():.4g}, 1 was wanted"
        return
    ranker = new.opened.searcher.ranker
    placed = ranker.space.place_passages(raw)
    own = np.array([ranker.vectors.scores(one, row)[0] for one, row in zip(placed, rows[:, np.newaxis], strict=True)])
    wrong = rows[np.abs(own - np.square(np.linalg.norm(placed, axis=1))) > _NORM_TOLERANCE]
    if len(wrong):
        yield f"{len(wrong)} of {len(rows)} vectors are not those of their passages: {new.named(wrong)}"


def found_by_their_vectors(new: Sampled) -> Iterator[str]:
    """See that passages, searched for by their own vectors, come first; or a copy, or an equal."""
    rows, searcher = new.rows(_SEARCHED), new.opened.searcher
    placed = searcher.ranker.space.place_passages(new.encodings.vectors(rows))
    lost = []
    for row, vector in zip(rows.tolist(), placed, strict=True):
        (first,) = searcher.ranker.vectors.search(vector[np.newaxis], 1)
        own = searcher.ranker.vectors.scores(vector, np.array([row]))
        if row not in first.rows and own[0] < first.scores[0] - _NORM_TOLERANCE:
            lost.append(row)
    yield from _lost(new, np.array(lost, dtype=np.int64), len(rows), "vectors")


def found_by_their_words(new: Sampled) -> Iterator[str]:
    """See that passages, searched for by all of their own words, are among the first."""
    searcher = new.opened.searcher
    some = new.rows(_TRACED)
    split = searcher.reader.splitter.terms
    # Few words are shared by many: what has only such need not be among the first.
    told = [
        (row, text)
        for row, text in zip(some.tolist(), new.texts(some), strict=True)
        if len(set(split(text))) >= _TELLING
    ]
    lost = []
    for row, text in told:
        terms = [(term, 1.0) for term in dict.fromkeys(split(text))]
        scores = searcher.ranker.lexical.scores(terms)
        first = best(np.arange(len(scores), dtype=np.int64), scores, _LEXICAL_DEPTH)
        if row not in first.rows and scores[row] < first.scores[-1]:
            lost.append(row)
    yield from _lost(new, np.array(lost, dtype=np.int64), len(told), "words")


def _lost(new: Sampled, lost: RowArray, asked: int, what: str) -> Iterator[str]:
    share = 1 - len(lost) / max(asked, 1)
    # Of few passages, one that is like many others is no sign of anything.
    if share < LEAST_SELF_RETRIEVED and len(lost) > _FEW_LOST:
        yield (
            f"{share:.1%} of {asked} passages find themselves by their own {what}, at least "
            f"{LEAST_SELF_RETRIEVED:.0%} must: {new.named(lost)} do not"
        )


def encoded_again(new: Sampled) -> Iterator[str]:
    """See that passages encoded once more have the stored vectors and tokens: of that text, with that prompt."""
    rows = new.rows(_ENCODED)
    stored = new.encodings.vectors(rows)
    again = _encoded(new.opened.searcher.encoder, new.texts(rows))
    cosines = np.sum(stored * np.array([one.vector for one in again]), axis=1)
    wrong = rows[cosines < _LEAST_COSINE]
    if len(wrong):
        yield (
            f"{len(wrong)} of {len(rows)} passages have another vector when they are encoded again (cosine down to "
            f"{cosines.min():.4f}): {new.named(wrong)}; if that is not seen again with --full, the vectors that were "
            "taken over are of another machine"
        )
    space = new.encodings.space
    if space is None:
        return
    pairs = zip(rows.tolist(), again, strict=True)
    other = [row for row, one in pairs if not _alike(new.encodings.get(row).tokens, space.place(one))]
    if other:
        rows = np.array(other, dtype=np.int64)
        yield f"{len(other)} of {len(again)} passages have other tokens when they are encoded again: {new.named(rows)}"


def _encoded(encoder: Encoder, texts: list[str]) -> list[TokenVectors]:
    """Encode passages as questions with the prompt of passages: a second way to the same vectors."""
    if not isinstance(encoder, OnnxEncoder):
        return encoder.encode_passages_by_token(texts)
    passage = encoder.info.prompts.passage
    other = encoder.described(replace(encoder.info, prompts=Prompts(query=passage, passage=passage)))
    return [one for text in texts for one in other.encode_queries_by_token([text])]


def _alike(stored: PlacedTokens | None, again: PlacedTokens) -> bool:
    """Return whether tokens are the same but for the last step of their components."""
    if stored is None or stored.ids.tolist() != again.ids.tolist():
        return False
    apart = np.abs(stored.tokens.astype(np.int16) - again.tokens.astype(np.int16))
    return bool(np.all(apart <= 1) and np.array_equal(stored.offsets, again.offsets))


def lengths(new: Sampled) -> Iterator[str]:
    """See that no passage is empty, and none longer than passages may be."""
    empty = new.opened.searcher.passages.empty_rows()
    if len(empty):
        yield f"{len(empty)} passages are empty: {new.named(empty)}"
    rows, most = new.rows(_COUNTED), new.opened.manifest.tuning.max_tokens
    tokens = np.array(new.opened.searcher.encoder.count_tokens(new.texts(rows)))
    long = rows[tokens > most]
    if len(long):
        yield f"{len(long)} of {len(rows)} passages have more than {most} tokens: {new.named(long)}"


def provenance(new: Sampled) -> Iterator[str]:
    """See that passages are the characters of the originals that they are said to be, with their edits made."""
    rows, passages = new.rows(_TRACED), new.opened.searcher.passages
    wrong = []
    for row, passage in zip(rows.tolist(), passages.get(rows), strict=True):
        article = passages.article(passage.article.id)
        if article is None or passage.text != _shown(article.original, passage):
            wrong.append(row)
    if wrong:
        yield (
            f"{len(wrong)} of {len(rows)} passages are not what stands in their articles: "
            f"{new.named(np.array(wrong, dtype=np.int64))}"
        )


def _shown(original: str, passage: StoredPassage) -> str:
    return apply_edits(original[passage.start : passage.end], passage.edits, passage.start)


CHECKS: tuple[Check, ...] = (
    counts,
    norms,
    found_by_their_vectors,
    found_by_their_words,
    encoded_again,
    lengths,
    provenance,
)


def refusals(opened: Opened) -> Iterator[str]:
    """Yield what speaks against a snapshot by itself."""
    new = Sampled(opened)
    found = list(counts(new))
    yield from found
    # Where rows do not belong together, all else would be wrong as well.
    for check in () if found else CHECKS[1:]:
        yield from check(new)
