"""Build a snapshot from articles and publish it."""

import datetime
import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
from filelock import FileLock, Timeout

from corpus.chunking import ChunkSizes, chunk
from corpus.records import ArticleSource, Problem
from embeddings.encoders.export import exported_encoder
from embeddings.encoders.model_folder import ModelFolder
from embeddings.errors import ModelError, SnapshotError
from embeddings.files import checksums, new_folder, remove_unfinished, write_atomically
from embeddings.indexes.faiss_index import FaissIndex
from embeddings.protocols import Encoder, Progress
from embeddings.records import FloatArray
from embeddings.store.layout import FORMAT_VERSION, IndexLayout, SnapshotLayout
from embeddings.store.loading import open_snapshot
from embeddings.store.manifest import Manifest, current_line, read_current, verify
from embeddings.store.spool import TextSpool
from embeddings.store.texts import refuse, write_texts

# Bump when reading, cleaning or cutting gives other passages, or other groups of near-duplicates,
# for the same files and sizes.
PASSAGES_VERSION = 4
# Passages encoded together: enough to be sorted by length with little padding, and few enough
# that what the tokenizer makes of them (some 20 kB each) stays small.
_WINDOW = 1_024
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
    """Say what a build did; `built` is False where the index was up to date.

    `copies` of the passages are in `groups` of near-duplicates. `changed` tells that files changed
    while they were read: some of the change may be missing, and the next build starts afresh.
    """

    snapshot: str
    articles: int
    passages: int
    groups: int
    copies: int
    built: bool
    problems: tuple[Problem, ...]
    changed: bool = False


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """Say what to build and where.

    `reading` names all but the files that decides what the source gives, such as options: where it
    is another, everything is read anew. `full` builds even where nothing has changed; `strict`
    publishes nothing if a file, a line or an article is left out.
    """

    source: ArticleSource
    model: ModelFolder
    index: Path
    sizes: ChunkSizes = field(default_factory=ChunkSizes)
    reading: str = ""
    full: bool = False
    strict: bool = False


def build(request: BuildRequest, reporter: Reporter) -> BuildSummary:
    """Build a snapshot and make it current; where anything fails, the old one stays.

    Where no file has changed since the current snapshot was built, files are hashed and no more.

    Raises:
        SnapshotError: another build is writing to the index, or the disk cannot be written.
        CorpusError: no article gives a passage, or something is left out and the request is strict.
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
    """Return what identifies all that the snapshot follows from; reads the files, but not what is in them."""
    settings = (FORMAT_VERSION, PASSAGES_VERSION, asdict(request.sizes), request.model.fingerprint, request.reading)
    digest = hashlib.sha256(json.dumps(settings).encode("utf-8"))
    for file in request.source.file_hashes():
        digest.update(json.dumps(file).encode("utf-8"))
    return digest.hexdigest()


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
    cut = partial(chunk, sizes=sizes, count_tokens=encoder.count_tokens)
    now = datetime.datetime.now(datetime.UTC)
    name = f"{now:%Y%m%dT%H%M%S%f}-{inputs[:8]}"
    with new_folder(index.snapshot(name).folder) as unfinished:
        parts = SnapshotLayout(unfinished)
        with TextSpool.in_folder(unfinished) as spool:
            reporter.say("reading, cleaning and cutting the articles")
            texts = write_texts(request.source, cut, parts, spool, request.strict)
            read = _inputs_after_reading(request, inputs)
            _encode(encoder, spool, texts.passages, reporter).save(parts.vectors)
        manifest = Manifest(
            format_version=FORMAT_VERSION,
            snapshot=name,
            created=now.isoformat(timespec="seconds"),
            inputs=read,
            encoder=encoder.info,
            target_tokens=sizes.target,
            max_tokens=sizes.maximum,
            passages=texts.passages,
            duplicate_groups=texts.groups,
            duplicate_passages=texts.copies,
            articles=texts.articles,
            left_out={problem.path: problem.message for problem in texts.problems},
            files=checksums(unfinished),
            encoder_files=checksums(encoder_folder),
        )
        parts.manifest.write_text(manifest.to_json(), encoding="utf-8")
    _publish(index, manifest)
    return _summary(manifest, request.strict, built=True, changed=read != inputs)


def _inputs_after_reading(request: BuildRequest, before: str) -> str:
    """Return the inputs if no file has changed since they were taken, else what no build will ever have.

    Of a file that changed in between nobody knows which state was read, so neither is claimed.
    """
    after = _inputs(request)
    return before if after == before else hashlib.sha256(f"{before} or {after}".encode()).hexdigest()


def _summary(manifest: Manifest, strict: bool, built: bool, changed: bool = False) -> BuildSummary:
    problems = tuple(Problem(path, message) for path, message in manifest.left_out.items())
    refuse(problems, strict)
    return BuildSummary(
        snapshot=manifest.snapshot,
        articles=len(manifest.articles),
        passages=manifest.passages,
        groups=manifest.duplicate_groups,
        copies=manifest.duplicate_passages,
        built=built,
        problems=problems,
        changed=changed,
    )


def _encode(encoder: Encoder, spool: TextSpool, passages: int, reporter: Reporter) -> FaissIndex:
    with reporter.bar("encoding passages", passages) as progress:
        windows = (_unit(encoder, encoder.encode_passages(texts, progress)) for texts in spool.windows(_WINDOW))
        return FaissIndex.from_windows(encoder.info.dimension, windows)


def _unit(encoder: Encoder, vectors: FloatArray) -> FloatArray:
    """Return the vectors after seeing that each has length 1."""
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
