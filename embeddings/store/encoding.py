"""Encode passages into the files of a snapshot: vectors around their mean, and tokens where they rerank."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from corpus.sentences import sentence_spans
from embeddings.errors import ModelError
from embeddings.indexes.faiss_index import FaissIndex
from embeddings.late_interaction.token_files import TokenWriter
from embeddings.late_interaction.token_space import fit_token_space
from embeddings.protocols import Encoder, Progress
from embeddings.records import FloatArray, TokenVectors
from embeddings.store.layout import SnapshotLayout
from embeddings.store.spool import TextSpool
from embeddings.vector_space import SpaceFitter, shrunk_mean

# Passages encoded together: enough to be sorted by length with little padding, and few enough that
# their tokens (some 200 kB a passage) stay small.
_WINDOW = 256
# Passages that the tokens' directions are learned from, evenly spaced: some 20,000 tokens.
_SAMPLED_PASSAGES = 128
# Sentences that stand for questions, one a passage, evenly spaced. nDCG@10 of dense search on dev differs by
# .005 between 400 and 500 of them.
_SAMPLED_SENTENCES = 512
# nDCG@10 of the hybrid search on dev, reranked: 64: .578, 96: .579, 128: .582, all 384: .580.
TOKEN_DIMENSIONS = 64
_NORM_TOLERANCE = 1e-3


@dataclass(slots=True)
class _Sample:
    """Hold texts that stand for all passages, and for questions about them."""

    passages: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)


def write_vectors(
    encoder: Encoder, spool: TextSpool, count: int, parts: SnapshotLayout, by_token: bool, progress: Progress
) -> None:
    """Encode all texts of a spool, and write their vectors, their space and, if wanted, their tokens.

    Args:
        encoder: of questions and passages.
        spool: the texts in order of row.
        count: how many there are.
        parts: where to write.
        by_token: write the tokens, too; the encoder must have some.
        progress: called with the number of texts finished since the last call.

    Raises:
        ModelError: the encoder's vectors have another length than 1.
    """
    sample = _sample(spool, count)
    # As questions they have another prompt, with which the longest may be too long.
    prompted = [encoder.info.prompts.query + sentence for sentence in sample.sentences]
    short = [
        sentence
        for sentence, tokens in zip(sample.sentences, encoder.count_tokens(prompted), strict=True)
        if tokens <= encoder.info.max_tokens
    ]
    questions = encoder.encode_queries_by_token(short)
    fitter = SpaceFitter(encoder.info.dimension)
    with _raw_vectors(parts.folder, (count, encoder.info.dimension)) as raw:
        windows = _encoded(encoder, spool, progress)
        if by_token:
            space = fit_token_space(
                [one.tokens for one in encoder.encode_passages_by_token(sample.passages)],
                [one.tokens for one in questions],
                TOKEN_DIMENSIONS,
            )
            with TokenWriter.create(parts.tokens, space) as writer:
                _write(windows, raw, fitter, writer)
        else:
            _write(windows, raw, fitter, None)
        placed = (fitter.place(raw[start : start + _WINDOW]) for start in range(0, count, _WINDOW))
        FaissIndex.from_windows(encoder.info.dimension, placed).save(parts.vectors)
    # None where every sentence is too long.
    total = np.zeros(encoder.info.dimension)
    for one in questions:
        total += one.vector
    fitter.space(shrunk_mean(total, len(questions))).save(parts.space)


def _sample(spool: TextSpool, count: int) -> _Sample:
    passages = set(np.linspace(0, count - 1, min(_SAMPLED_PASSAGES, count)).astype(int).tolist())
    spoken = set(np.linspace(0, count - 1, min(_SAMPLED_SENTENCES, count)).astype(int).tolist())
    sample = _Sample()
    row = 0
    for window in spool.windows(_WINDOW):
        for text in window:
            if row in passages:
                sample.passages.append(text)
            if row in spoken:
                sample.sentences.append(_middle_sentence(text))
            row += 1
    return sample


def _middle_sentence(text: str) -> str:
    spans = list(sentence_spans(text)) or [(0, len(text))]
    start, end = spans[len(spans) // 2]
    return text[start:end]


@contextmanager
def _raw_vectors(folder: Path, shape: tuple[int, int]) -> Iterator[FloatArray]:
    """Give an array on the disk that is gone at the end."""
    with tempfile.TemporaryFile(dir=folder) as file:
        yield np.memmap(file, dtype=np.float32, mode="w+", shape=shape)


def _encoded(encoder: Encoder, spool: TextSpool, progress: Progress) -> Iterator[list[TokenVectors]]:
    for texts in spool.windows(_WINDOW):
        yield encoder.encode_passages_by_token(texts, progress)


def _write(
    windows: Iterator[list[TokenVectors]], raw: FloatArray, fitter: SpaceFitter, writer: TokenWriter | None
) -> None:
    row = 0
    for window in windows:
        vectors = _unit(np.array([one.vector for one in window], dtype=np.float32))
        raw[row : row + len(window)] = vectors
        fitter.add(vectors)
        if writer is not None:
            writer.add(window)
        row += len(window)


def _unit(vectors: FloatArray) -> FloatArray:
    """Return the vectors after seeing that each has length 1."""
    norms = np.linalg.norm(vectors, axis=1)
    if not bool(np.all(np.abs(norms - 1.0) < _NORM_TOLERANCE)):
        raise ModelError(
            f"the encoder gives vectors of length {norms.min():.4g} to {norms.max():.4g}, "
            "unit vectors were wanted; use another model"
        )
    return vectors
