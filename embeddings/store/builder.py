"""Build a snapshot from articles and publish it."""

import datetime
import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from filelock import FileLock, Timeout

from corpus.chunking import ChunkSizes, CountTokens, chunk
from corpus.errors import CorpusError
from corpus.records import Article, Passage, Problem
from embeddings.encoders.export import exported_encoder
from embeddings.encoders.model_folder import ModelFolder
from embeddings.errors import ModelError, SnapshotError
from embeddings.files import checksums, new_folder, remove_unfinished, write_atomically
from embeddings.indexes.faiss_index import FaissIndex
from embeddings.lexical import LexicalIndex, tokenize
from embeddings.protocols import Encoder, Progress
from embeddings.records import FloatArray
from embeddings.store.layout import FORMAT_VERSION, IndexLayout, SnapshotLayout
from embeddings.store.loading import open_snapshot
from embeddings.store.manifest import Manifest, current_line, read_current, verify
from embeddings.store.passage_store import write_passages

# Bump when reading or chunking gives other passages for the same articles and sizes.
PASSAGES_VERSION = 1
_NORM_TOLERANCE = 1e-3


class Reporter(Protocol):
    """Tell the operator what goes on."""

    def say(self, text: str) -> None:
        """Report one step."""
        ...

    def bar(self, title: str, total: int) -> AbstractContextManager[Progress]:
        """Show progress towards a total."""
        ...


@dataclass(frozen=True, slots=True)
class BuildSummary:
    """Say what a build did; `built` is False where the index was up to date."""

    snapshot: str
    articles: int
    passages: int
    built: bool
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """Say what to build and where.

    `full` builds even where nothing has changed; `strict` publishes nothing if an article is left out.
    """

    articles: tuple[Article, ...]
    model: ModelFolder
    index: Path
    sizes: ChunkSizes = field(default_factory=ChunkSizes)
    full: bool = False
    strict: bool = False


def build(request: BuildRequest, reporter: Reporter) -> BuildSummary:
    """Build a snapshot and make it current; where anything fails, the old one stays.

    Raises:
        SnapshotError: another build is writing to the index, or the disk cannot be written.
        CorpusError: no article gives a passage, or one gives none and the request is strict.
        ModelError: the model cannot be used.
        DependencyError: the model must be exported and a package for that is missing.
    """
    index = IndexLayout(request.index)
    try:
        with _writing(index):
            inputs = _inputs(request)
            current = None if request.full else _intact_current(index, inputs)
            if current is not None:
                return _summary(current, request.strict, built=False)
            return _build(request, index, inputs, reporter)
    except OSError as error:
        raise SnapshotError(
            f"{request.index} cannot be written ({error.strerror or error}); check its permissions and the disk; "
            "what was served before is unchanged"
        ) from error


def _inputs(request: BuildRequest) -> str:
    """Return what identifies all that the snapshot follows from."""
    content = (
        FORMAT_VERSION,
        PASSAGES_VERSION,
        asdict(request.sizes),
        request.model.fingerprint,
        sorted((article.id, article.content_hash) for article in request.articles),
    )
    return hashlib.sha256(json.dumps(content).encode("utf-8")).hexdigest()


@contextmanager
def _writing(index: IndexLayout) -> Iterator[None]:
    """Hold the index's lock, and clear away what a killed build left."""
    index.snapshots.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(index.lock, timeout=0):
            for folder in (index.folder, index.snapshots, index.encoders):
                remove_unfinished(folder)
            yield
    except Timeout as error:
        raise SnapshotError(f"another rebuild is writing to {index.folder}; wait until it has finished") from error


def _intact_current(index: IndexLayout, inputs: str) -> Manifest | None:
    try:
        manifest = read_current(index)
        if manifest.inputs != inputs:
            return None
        verify(index, manifest)
    except SnapshotError:
        return None
    return manifest


def _build(request: BuildRequest, index: IndexLayout, inputs: str, reporter: Reporter) -> BuildSummary:
    encoder_folder = index.encoder(request.model.fingerprint)
    encoder = exported_encoder(request.model, encoder_folder, reporter.say)
    sizes = request.sizes.fitted_to(encoder.info.max_tokens)
    chunked, problems = _chunk_all(request.articles, sizes, encoder.count_tokens)
    _refuse(problems, request.strict)
    passages = [passage for _, pieces in chunked for passage in pieces]
    vectors = _encode(encoder, passages, reporter)
    now = datetime.datetime.now(datetime.UTC)
    name = f"{now:%Y%m%dT%H%M%S%f}-{inputs[:8]}"
    with new_folder(index.snapshot(name).folder) as unfinished:
        parts = SnapshotLayout(unfinished)
        write_passages(parts.passages, chunked)
        FaissIndex.from_vectors(vectors).save(parts.vectors)
        LexicalIndex.from_texts(passage.indexed for passage in passages).save(parts.lexical)
        manifest = Manifest(
            format_version=FORMAT_VERSION,
            snapshot=name,
            created=now.isoformat(timespec="seconds"),
            inputs=inputs,
            encoder=encoder.info,
            target_tokens=sizes.target,
            max_tokens=sizes.maximum,
            passages=len(passages),
            articles={article.id: article.content_hash for article, _ in chunked},
            left_out={problem.path: problem.message for problem in problems},
            files=checksums(unfinished),
            encoder_files=checksums(encoder_folder),
        )
        parts.manifest.write_text(manifest.to_json(), encoding="utf-8")
    _publish(index, manifest)
    return _summary(manifest, request.strict, built=True)


def _summary(manifest: Manifest, strict: bool, built: bool) -> BuildSummary:
    problems = tuple(Problem(path, message) for path, message in manifest.left_out.items())
    _refuse(problems, strict)
    return BuildSummary(manifest.snapshot, len(manifest.articles), manifest.passages, built, problems)


def _refuse(problems: Sequence[Problem], strict: bool) -> None:
    if strict and problems:
        raise CorpusError(f"left out {'; '.join(map(str, problems[:3]))}; with --strict nothing is published")


def _chunk_all(
    articles: Sequence[Article], sizes: ChunkSizes, count_tokens: CountTokens
) -> tuple[list[tuple[Article, tuple[Passage, ...]]], list[Problem]]:
    chunked: list[tuple[Article, tuple[Passage, ...]]] = []
    problems: list[Problem] = []
    for article in articles:
        try:
            passages = chunk(article, sizes, count_tokens)
            if not any(tokenize(passage.text) for passage in passages):
                raise CorpusError("it holds no word to search for; write some or remove it")
            chunked.append((article, passages))
        except CorpusError as error:
            # Many documents may come from one file: the id tells which one it was.
            place = article.path if article.path == article.id else f"{article.path} ({article.id})"
            problems.append(Problem(place, str(error)))
    if not chunked:
        found = "; ".join(str(problem) for problem in problems[:3])
        raise CorpusError(f"the {len(articles)} articles give no passage ({found}); add text to them")
    return chunked, problems


def _encode(encoder: Encoder, passages: Sequence[Passage], reporter: Reporter) -> FloatArray:
    with reporter.bar("encoding passages", len(passages)) as progress:
        vectors = encoder.encode_passages([passage.indexed for passage in passages], progress)
    norms = np.linalg.norm(vectors, axis=1)
    if not bool(np.all(np.abs(norms - 1.0) < _NORM_TOLERANCE)):
        raise ModelError(
            f"{encoder.info.name} gives vectors of length {norms.min():.4g} to {norms.max():.4g}, "
            "unit vectors were wanted; use another model"
        )
    return vectors


def _publish(index: IndexLayout, manifest: Manifest) -> None:
    """Load the snapshot once as a service would, then make it current in one step."""
    try:
        open_snapshot(index, manifest).passages.close()
    except SnapshotError:
        shutil.rmtree(index.snapshot(manifest.snapshot).folder, ignore_errors=True)
        raise
    write_atomically(index.current, current_line(manifest.to_json(), manifest.snapshot))
