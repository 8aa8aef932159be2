"""Build a snapshot from articles and publish it."""

import datetime
import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from corpus.chunking import ChunkSizes, chunk
from corpus.lexicon import FILES, Lexicon, load_lexicon, shipped_wordlists
from corpus.records import ArticleSource, Problem
from embeddings.calibration import Calibration
from embeddings.encoders.export import exported_encoder
from embeddings.encoders.model_folder import ModelFolder
from embeddings.errors import SnapshotError
from embeddings.files import checksums, new_folder, remove_unfinished, write_atomically
from embeddings.protocols import Encoder, Progress
from embeddings.searcher import Searcher, settings_hash
from embeddings.store.encoding import write_vectors
from embeddings.store.layout import FORMAT_VERSION, IndexLayout, SnapshotLayout
from embeddings.store.loading import assembled, calibration_key, open_snapshot
from embeddings.store.manifest import Manifest, current_line, read_current, verify
from embeddings.store.spool import TextSpool
from embeddings.store.texts import TextTools, WrittenTexts, refuse, write_texts
from embeddings.terms import TermSplitter
from embeddings.tuning import Reranking, Tuning, tuning_fields

# Bump when reading, cleaning or cutting gives other passages, or other groups of near-duplicates,
# for the same files and sizes.
PASSAGES_VERSION = 5


class Calibrator(Protocol):
    """Fit what turns an index's scores into probabilities."""

    @property
    def hash(self) -> str:
        """Return what identifies the questions that it is fitted on."""
        ...

    def calibrate(self, searcher: Searcher, key: str) -> Calibration:
        """Return the calibration of an index that has none yet, tied to a key."""
        ...


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

    `lexicon` is the folder of the word lists. Without a `calibrator`, scores are good for ordering
    only. `cross_encoder` is the model that `tuning` names, if it names one. `reading` names all but
    the files that decides what the source gives, such as options: where it is another, everything is
    read anew. `full` builds even where nothing has changed; `strict` publishes nothing if a file, a
    line or an article is left out.
    """

    source: ArticleSource
    model: ModelFolder
    index: Path
    tuning: Tuning = field(default_factory=Tuning)
    lexicon: Path = field(default_factory=shipped_wordlists)
    calibrator: Calibrator | None = None
    cross_encoder: ModelFolder | None = None
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
            inputs = _inputs(request, load_lexicon(request.lexicon))
            current = None if request.full else _intact_current(index, inputs)
            if current is not None:
                return _summary(current, request.strict, built=False)
            return _build(request, index, inputs, reporter)
    except OSError as error:
        raise SnapshotError(
            f"{request.index} cannot be written ({error.strerror or error}); check its permissions and the disk; "
            "what was served before is unchanged"
        ) from error


def _inputs(request: BuildRequest, lexicon: Lexicon) -> str:
    """Return what identifies all that the snapshot follows from; reads the files, but not what is in them."""
    settings = (
        FORMAT_VERSION,
        PASSAGES_VERSION,
        # What answers otherwise is calibrated otherwise.
        settings_hash(""),
        tuning_fields(request.tuning),
        request.model.fingerprint,
        request.reading,
        lexicon.fingerprint,
        request.calibrator.hash if request.calibrator else "",
        request.cross_encoder.fingerprint if request.cross_encoder else "",
    )
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
    tuning = _fitting(request.tuning, encoder)
    name = f"{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%S%f}-{inputs[:8]}"
    with new_folder(index.snapshot(name).folder) as unfinished:
        parts = SnapshotLayout(unfinished)
        parts.lexicon.mkdir()
        for file in FILES:
            (parts.lexicon / file).write_bytes((request.lexicon / file).read_bytes())
        lexicon = load_lexicon(parts.lexicon)
        with TextSpool.in_folder(unfinished) as spool:
            reporter.say("reading, cleaning and cutting the articles")
            texts = write_texts(request.source, _tools(tuning, encoder, lexicon), parts, spool, request.strict)
            read = _inputs_after_reading(request, lexicon, inputs)
            with reporter.bar("encoding passages", texts.passages) as progress:
                by_token = tuning.reranking is Reranking.LATE
                write_vectors(encoder, spool, texts.passages, parts, by_token, progress)
        manifest = _manifest(request, encoder, tuning, texts)
        manifest = replace(manifest, snapshot=name, inputs=read, lexicon=lexicon.fingerprint)
        _calibrate(request.calibrator, encoder, parts, manifest, reporter)
        manifest = replace(manifest, files=checksums(unfinished), encoder_files=checksums(encoder_folder))
        parts.manifest.write_text(manifest.to_json(), encoding="utf-8")
    _publish(index, manifest)
    return _summary(manifest, request.strict, built=True, changed=read != inputs)


def _fitting(tuning: Tuning, encoder: Encoder) -> Tuning:
    """Return the tuning with what the encoder cannot do left out."""
    sizes = ChunkSizes(tuning.target_tokens, tuning.max_tokens).fitted_to(encoder.info.max_tokens)
    tuning = replace(tuning, target_tokens=sizes.target, max_tokens=sizes.maximum)
    if tuning.reranking is Reranking.LATE and encoder.info.token_dimension is None:
        return replace(tuning, reranking=Reranking.NONE)
    return tuning


def _tools(tuning: Tuning, encoder: Encoder, lexicon: Lexicon) -> TextTools:
    sizes = ChunkSizes(tuning.target_tokens, tuning.max_tokens)
    cut = partial(chunk, sizes=sizes, count_tokens=encoder.count_tokens)
    return TextTools(cut, TermSplitter(lexicon))


def _manifest(request: BuildRequest, encoder: Encoder, tuning: Tuning, texts: WrittenTexts) -> Manifest:
    return Manifest(
        format_version=FORMAT_VERSION,
        snapshot="",
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        inputs="",
        encoder=encoder.info,
        passages=texts.passages,
        duplicate_groups=texts.groups,
        duplicate_passages=texts.copies,
        tuning=tuning,
        lexicon="",
        calibrated=request.calibrator is not None,
        cross_encoder=request.cross_encoder.fingerprint if request.cross_encoder else "",
        articles=texts.articles,
        left_out={problem.path: problem.message for problem in texts.problems},
        files={},
        encoder_files={},
    )


def _calibrate(
    calibrator: Calibrator | None, encoder: Encoder, parts: SnapshotLayout, manifest: Manifest, reporter: Reporter
) -> None:
    if calibrator is None:
        return
    reporter.say("calibrating scores on the questions")
    searcher = assembled(parts, replace(manifest, calibrated=False), encoder)
    try:
        calibration = calibrator.calibrate(searcher, calibration_key(manifest))
    finally:
        searcher.passages.close()
    reporter.say(calibration.summary)
    parts.calibration.write_text(calibration.to_json(), encoding="utf-8")


def _inputs_after_reading(request: BuildRequest, lexicon: Lexicon, before: str) -> str:
    """Return the inputs if no file has changed since they were taken, else what no build will ever have.

    Of a file that changed in between nobody knows which state was read, so neither is claimed.
    """
    after = _inputs(request, lexicon)
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


def _publish(index: IndexLayout, manifest: Manifest) -> None:
    """Load the snapshot once as a service would, then make it current in one step."""
    try:
        open_snapshot(index, manifest).passages.close()
    except SnapshotError:
        shutil.rmtree(index.snapshot(manifest.snapshot).folder, ignore_errors=True)
        raise
    write_atomically(index.current, current_line(manifest.to_json(), manifest.snapshot))
