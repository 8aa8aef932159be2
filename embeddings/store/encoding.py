"""Encode passages into the files of a snapshot: vectors around their mean, and tokens where they rerank.

What was encoded before is taken over. So that nothing else must be done again for a few changed passages, all that is
made of a passage depends on its text and the encoder alone, and so does the choice of those that stand for others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.sentences import middle_sentence
from embeddings.arrays import release
from embeddings.errors import ModelError
from embeddings.indexes.faiss_index import FaissIndex
from embeddings.late_interaction.reference import reference_space
from embeddings.late_interaction.token_space import TokenSpace
from embeddings.protocols import Encoder, Progress, Reporter
from embeddings.records import FloatArray
from embeddings.store.encoded import NOWHERE, EncodedPassage, EncodedSource, Keys, KeyTable, keys_of
from embeddings.store.encoded_files import EncodedLayout, EncodedWriter, SentenceVectors, SnapshotEncodings
from embeddings.store.journal import Journal
from embeddings.store.layout import SnapshotLayout
from embeddings.store.spool import TextSpool
from embeddings.vector_space import SpaceFitter, shrunk_mean

# Bump when the same text and encoder are encoded to something else, or the tokens' reference changes.
ENCODING_VERSION = 1
# Passages encoded and written to the journal together: some 8 seconds of work. Their tokens (some
# 200 kB a passage before they are placed) stay small.
_WINDOW = 256
# Sentences that stand for questions, one a passage. nDCG@10 of dense search on dev differs by .005
# between 400 and 500 of them.
_SAMPLED_SENTENCES = 512
_NORM_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Known:
    """Hold what was encoded before: by the snapshot that is built upon, and by builds that were cut off."""

    base: SnapshotEncodings | None
    journal: Journal

    @property
    def sources(self) -> tuple[EncodedSource, ...]:
        """Return both, the first one to be asked first."""
        return (self.journal,) if self.base is None else (self.base, self.journal)


class WrittenVectors(NamedTuple):
    """Say how many passages were encoded, how many known before, and what kind of index their vectors are in."""

    encoded: int
    taken_over: int
    kind: str


def write_vectors(
    encoder: Encoder, spool: TextSpool, parts: SnapshotLayout, known: Known, by_token: bool, reporter: Reporter
) -> WrittenVectors:
    """Write the vectors of all texts of a spool, their space and, if wanted, their tokens.

    Args:
        encoder: of questions and passages.
        spool: the texts in order of row.
        parts: where to write.
        known: what need not be encoded. New passages are added to its journal.
        by_token: write the tokens, too; the encoder must have some.
        reporter: told how it goes on.

    Raises:
        ModelError: the encoder's vectors have another length than 1.
    """
    keys = np.concatenate([keys_of(texts) for texts in spool.windows(_WINDOW)])
    space = None
    if by_token:
        space = (known.base and known.base.space) or reference_space(encoder)
    known.journal.keep_for(space)
    unknown = _unknown(known, keys)
    encoded = _encode_missing(_Work(encoder, space, known), spool, keys, unknown, reporter)
    fitter = SpaceFitter(encoder.info.dimension)
    with EncodedWriter.create(parts, keys, encoder.info.dimension, space) as writer:
        for window in _windows(known, keys):
            fitter.add(np.array([passage.vector for passage in window]))
            for passage in window:
                writer.add(passage)
    raw = np.load(EncodedLayout(parts.encoded).vectors, mmap_mode="r")
    placed = (fitter.place(window) for window in _parts_of(raw))
    kind = FaissIndex.build(parts.vectors, encoder.info.dimension, placed).kind
    sentences = _sentence_vectors(encoder, _sampled_sentences(spool, keys), known.base)
    sentences.save(parts)
    total = sentences.vectors.sum(axis=0, dtype=np.float64)
    fitter.space(shrunk_mean(total, len(sentences.vectors))).save(parts.space)
    return WrittenVectors(encoded, int(len(keys) - unknown.sum()), kind)


@dataclass(frozen=True, slots=True)
class _Work:
    encoder: Encoder
    space: TokenSpace | None
    known: Known

    def encode(self, texts: Sequence[str], progress: Progress) -> list[EncodedPassage]:
        if self.space is None:
            return [EncodedPassage(_unit(one), None) for one in self.encoder.encode_passages(texts, progress)]
        return [
            EncodedPassage(_unit(one.vector), self.space.place(one))
            for one in self.encoder.encode_passages_by_token(texts, progress)
        ]


def _unknown(known: Known, keys: Keys) -> NDArray[np.bool_]:
    unknown = np.ones(len(keys), dtype=bool)
    for source in known.sources:
        unknown &= source.find(keys) == NOWHERE
    return unknown


def _encode_missing(work: _Work, spool: TextSpool, keys: Keys, unknown: NDArray[np.bool_], reporter: Reporter) -> int:
    """Encode what is not known, each text once, and return how many these were."""
    missing = np.zeros(len(keys), dtype=bool)
    rows = np.flatnonzero(unknown)
    missing[rows[np.unique(keys[rows], axis=0, return_index=True)[1]]] = True
    count = int(missing.sum())
    with reporter.bar("encoding passages", count) as progress:
        waiting: list[str] = []
        places: list[int] = []
        for row, text in enumerate(_texts(spool)):
            if missing[row]:
                waiting.append(text)
                places.append(row)
            if len(waiting) == _WINDOW or (waiting and row == len(keys) - 1):
                work.known.journal.append(keys[places], work.encode(waiting, progress))
                waiting, places = [], []
    return count


def _texts(spool: TextSpool) -> Iterator[str]:
    for texts in spool.windows(_WINDOW):
        yield from texts


def _windows(known: Known, keys: Keys) -> Iterator[list[EncodedPassage]]:
    """Yield the passages of all keys in their order."""
    for start in range(0, len(keys), _WINDOW):
        part = keys[start : start + _WINDOW]
        found: dict[int, EncodedPassage] = {}
        for source in known.sources:
            for place, where in enumerate(source.find(part).tolist()):
                if where != NOWHERE and place not in found:
                    found[place] = source.get(where)
        yield [found[place] for place in range(len(part))]


def _parts_of(raw: FloatArray) -> Iterator[FloatArray]:
    """Yield the vectors of a file some at a time, and let go of each."""
    for start in range(0, len(raw), _WINDOW):
        yield np.array(raw[start : start + _WINDOW])
        release(raw)


def _sampled_sentences(spool: TextSpool, keys: Keys) -> list[str]:
    """Return a sentence of each of the passages with the least keys: few others where few passages change."""
    chosen = np.argsort(keys[:, 0], kind="stable")[:_SAMPLED_SENTENCES].tolist()
    wanted = frozenset(chosen)
    sentences = {row: text[slice(*middle_sentence(text))] for row, text in enumerate(_texts(spool)) if row in wanted}
    return [sentences[row] for row in chosen]


def _sentence_vectors(encoder: Encoder, sentences: list[str], base: SnapshotEncodings | None) -> SentenceVectors:
    """Return the sentences encoded as questions, without those that are too long for one."""
    # As questions they have another prompt.
    prompted = [encoder.info.prompts.query + sentence for sentence in sentences]
    lengths = encoder.count_tokens(prompted)
    short = [one for one, tokens in zip(sentences, lengths, strict=True) if tokens <= encoder.info.max_tokens]
    keys = keys_of(short)
    vectors = np.empty((len(short), encoder.info.dimension), dtype=np.float32)
    before = KeyTable(base.sentences.keys).find(keys) if base is not None else np.full(len(keys), NOWHERE)
    for place, (sentence, where) in enumerate(zip(short, before.tolist(), strict=True)):
        if base is not None and where != NOWHERE:
            vectors[place] = base.sentences.vectors[where]
        else:
            # By itself, so that its vector depends on nothing beside it.
            (vectors[place],) = encoder.encode_queries([sentence])
    return SentenceVectors(keys, vectors)


def _unit(vector: FloatArray) -> FloatArray:
    """Return a vector after seeing that it has length 1."""
    norm = float(np.linalg.norm(vector))
    if not abs(norm - 1.0) < _NORM_TOLERANCE:
        raise ModelError(
            f"the encoder gives a vector of length {norm:.4g}, unit vectors were wanted; use another model"
        )
    return vector
