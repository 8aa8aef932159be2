"""Build a snapshot from articles and publish it."""

import datetime
import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial

from corpus.chunking import ChunkSizes, chunk
from corpus.lexicon import FILES, Lexicon, load_lexicon
from corpus.records import Problem
from embeddings.encoders.export import exported_encoder
from embeddings.encoders.onnx_encoder import OnnxEncoder
from embeddings.errors import DependencyError, ModelError, QuestionSetError, SnapshotError
from embeddings.files import checksums, new_folder, write_atomically
from embeddings.protocols import Encoder, Reporter
from embeddings.searcher import settings_hash
from embeddings.store.base import Before, Fingerprints, changes_between, find_before, fingerprints
from embeddings.store.base_texts import BaseTexts
from embeddings.store.encoding import Known, WrittenVectors, write_vectors
from embeddings.store.journal import Journal
from embeddings.store.layout import FORMAT_VERSION, IndexLayout, SnapshotLayout
from embeddings.store.loading import assembled, calibration_key, open_snapshot
from embeddings.store.manifest import Manifest, current_line
from embeddings.store.request import BuildRequest, BuildSummary, Opened, RefusedError, Served, Verdict
from embeddings.store.spool import TextSpool
from embeddings.store.texts import TextTools, WrittenTexts, refuse, write_texts
from embeddings.store.versions import prune_held
from embeddings.store.writer_lock import about_to_publish, writing
from embeddings.terms import TermSplitter
from embeddings.tuning import Reranking, Tuning, tuning_fields


@dataclass(frozen=True, slots=True)
class _Build:
    """Hold what one build works with."""

    request: BuildRequest
    index: IndexLayout
    inputs: str
    before: Before
    encoder: Encoder
    tuning: Tuning
    prints: Fingerprints
    reporter: Reporter


def build(request: BuildRequest, reporter: Reporter) -> BuildSummary:
    """Build a snapshot and make it current; where anything fails, the old one stays.

    Where no file has changed since the current snapshot was built, files are hashed and no more.
    Where some have, only what is new in them is encoded.

    Raises:
        RefusedError: the gate has something against the new snapshot, and it is not forced.
        SnapshotError: another build is writing to the index, or the disk cannot be written.
        CorpusError: no article gives a passage, or something is left out and the request is strict.
        ModelError: the model cannot be used.
        DependencyError: the model must be exported and a package for that is missing.
    """
    started = time.perf_counter()
    index = IndexLayout(request.index)
    try:
        with writing(index) as cut_off:
            if cut_off:
                reporter.say("the last writer was cut off; what it left is cleared away, what it encoded is used")
            inputs = _inputs(request, load_lexicon(request.lexicon))
            before = find_before(index)
            if before.trouble:
                reporter.say(before.trouble)
            elif before.base is not None and before.base.manifest.inputs == inputs and not request.full:
                shutil.rmtree(index.encoding, ignore_errors=True)
                return _up_to_date(before.base.manifest, request.strict)
            _check_rejected(index, inputs, request.force)
            summary = _build(request, index, inputs, before, reporter)
    except OSError as error:
        raise SnapshotError(
            f"{request.index} cannot be written ({error.strerror or error}); check its permissions and the disk; "
            "what was served before is unchanged"
        ) from error
    return replace(summary, seconds=time.perf_counter() - started)


def _inputs(request: BuildRequest, lexicon: Lexicon) -> str:
    """Return what identifies all that the snapshot follows from; reads the files, but not what is in them."""
    settings = (
        FORMAT_VERSION,
        # What answers otherwise is calibrated otherwise.
        settings_hash(""),
        fingerprints(request.model.fingerprint, request.tuning),
        tuning_fields(request.tuning),
        request.model.fingerprint,
        request.reading,
        lexicon.fingerprint,
        request.calibrator.hash if request.calibrator else "",
        sorted(request.questions.items()),
        request.cross_encoder.fingerprint if request.cross_encoder else "",
    )
    digest = hashlib.sha256(json.dumps(settings).encode("utf-8"))
    for file in request.source.file_hashes():
        digest.update(json.dumps(file).encode("utf-8"))
    return digest.hexdigest()


def _check_rejected(index: IndexLayout, inputs: str, force: str) -> None:
    """Refuse what somebody rolled back from."""
    if force or not index.rejected.exists():
        return
    if inputs == index.rejected.read_text(encoding="utf-8", errors="replace").strip():
        raise RefusedError(Verdict((
            "it was rolled back from, and neither an article nor an option has changed since; change what was wrong",
        )))  # fmt: skip


def _build(request: BuildRequest, index: IndexLayout, inputs: str, before: Before, reporter: Reporter) -> BuildSummary:
    encoder_folder = index.encoder(request.model.fingerprint)
    encoder = exported_encoder(request.model, encoder_folder, reporter.say)
    tuning = _fitting(request.tuning, encoder)
    prints = fingerprints(encoder.info.fingerprint, tuning)
    work = _Build(request, index, inputs, before, encoder, tuning, prints, reporter)
    name = f"{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%S%f}-{inputs[:8]}"
    with new_folder(index.snapshot(name).folder) as unfinished:
        parts = SnapshotLayout(unfinished)
        lexicon = _copy_lists(request, parts)
        texts, vectors = _write(work, parts, lexicon)
        read = _inputs_after_reading(request, lexicon, inputs)
        manifest = replace(_manifest(work, texts), vector_index=vectors.kind)
        manifest = replace(manifest, snapshot=name, inputs=read, lexicon=lexicon.fingerprint)
        manifest = replace(manifest, calibrated=_calibrate(work, parts, manifest))
        manifest = replace(manifest, files=checksums(unfinished), encoder_files=checksums(encoder_folder))
        verdict = _judge(work, parts, manifest)
        manifest = replace(
            manifest,
            measured=verdict.measured,
            refusals=list(verdict.refusals),
            forced=request.force if verdict.refusals else "",
        )
        parts.manifest.write_text(manifest.to_json(), encoding="utf-8")
        about_to_publish(index, name)
    _publish(work, manifest)
    _tidy(work)
    return replace(
        _summary(manifest, request.strict, built=True),
        changes=changes_between(before.articles, manifest.articles),
        encoded=vectors.encoded,
        taken_over=vectors.taken_over,
        changed=read != inputs,
        verdict=verdict,
        forced=manifest.forced,
    )


def _tidy(work: _Build) -> None:
    """Remove what is no longer needed; from here on the new index is served, whatever goes wrong."""
    shutil.rmtree(work.index.encoding, ignore_errors=True)
    try:
        work.index.rejected.unlink(missing_ok=True)
        if work.request.keep is not None:
            prune_held(work.index, work.request.keep)
    except (OSError, SnapshotError) as error:
        work.reporter.say(f"the new index is served, but old snapshots could not be removed: {error}")


def _copy_lists(request: BuildRequest, parts: SnapshotLayout) -> Lexicon:
    """Copy the word lists and the questions into the snapshot, and return the word lists as they are there."""
    parts.lexicon.mkdir()
    for file in FILES:
        (parts.lexicon / file).write_bytes((request.lexicon / file).read_bytes())
    if request.questions:
        parts.questions.mkdir()
    for name, content in request.questions.items():
        (parts.questions / name).write_text(content, encoding="utf-8")
    return load_lexicon(parts.lexicon)


def _write(work: _Build, parts: SnapshotLayout, lexicon: Lexicon) -> tuple[WrittenTexts, WrittenVectors]:
    """Write texts and vectors, taking over what the base has; return what was written."""
    base = None if work.request.full else work.before.base
    folder = work.index.encoding / work.prints.encoding
    if work.request.full:
        shutil.rmtree(folder, ignore_errors=True)
    reusable = base is not None and base.manifest.cutting == work.prints.cutting
    path, hashes = (base.parts.passages, base.manifest.articles) if base is not None and reusable else (None, {})
    with TextSpool.in_folder(parts.folder) as spool:
        work.reporter.say("reading, cleaning and cutting the articles")
        with BaseTexts.open(path, hashes) as before:
            tools = _tools(work.tuning, work.encoder, lexicon, before)
            texts = write_texts(work.request.source, tools, parts, spool, work.request.strict)
        journal = Journal(folder)
        if journal.count:
            work.reporter.say(f"{journal.count} passages were encoded by a build that was not published; they are used")
        known = Known(base.encodings(work.prints) if base is not None else None, journal)
        by_token = work.tuning.reranking is Reranking.LATE
        vectors = write_vectors(work.encoder, spool, parts, known, by_token, work.reporter)
    return texts, vectors


def _fitting(tuning: Tuning, encoder: Encoder) -> Tuning:
    """Return the tuning with what the encoder cannot do left out."""
    sizes = ChunkSizes(tuning.target_tokens, tuning.max_tokens).fitted_to(encoder.info.max_tokens)
    tuning = replace(tuning, target_tokens=sizes.target, max_tokens=sizes.maximum)
    if tuning.reranking is Reranking.LATE and encoder.info.token_dimension is None:
        return replace(tuning, reranking=Reranking.NONE)
    return tuning


def _tools(tuning: Tuning, encoder: Encoder, lexicon: Lexicon, before: BaseTexts) -> TextTools:
    sizes = ChunkSizes(tuning.target_tokens, tuning.max_tokens)
    cut = partial(chunk, sizes=sizes, count_tokens=encoder.count_tokens)
    return TextTools(cut, TermSplitter(lexicon), before)


def _manifest(work: _Build, texts: WrittenTexts) -> Manifest:
    request = work.request
    return Manifest(
        format_version=FORMAT_VERSION,
        snapshot="",
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        inputs="",
        cutting=work.prints.cutting,
        encoding=work.prints.encoding,
        encoder=work.encoder.info,
        passages=texts.passages,
        duplicate_groups=texts.groups,
        duplicate_passages=texts.copies,
        tuning=work.tuning,
        vector_index="",
        lexicon="",
        calibrated=request.calibrator is not None,
        cross_encoder=request.cross_encoder.fingerprint if request.cross_encoder else "",
        articles=texts.articles,
        left_out={problem.path: problem.message for problem in texts.problems},
        measured={},
        refusals=[],
        forced="",
        files={},
        encoder_files={},
    )


def _calibrate(work: _Build, parts: SnapshotLayout, manifest: Manifest) -> bool:
    """Write a calibration if one is wanted, and return whether there is one.

    Questions that fitted an earlier index may not fit this one any more: that must not end every night's rebuild.
    """
    calibrator = work.request.calibrator
    if calibrator is None:
        return False
    work.reporter.say("calibrating scores on the questions")
    with closing(assembled(parts, replace(manifest, calibrated=False), work.encoder)) as searcher:
        try:
            calibration = calibrator.calibrate(searcher, calibration_key(manifest))
        except QuestionSetError as error:
            if work.before.base is None:
                raise
            work.reporter.say(f"scores are not calibrated any more: {error}")
            return False
    work.reporter.say(calibration.summary)
    parts.calibration.write_text(calibration.to_json(), encoding="utf-8")
    return True


def _judge(work: _Build, parts: SnapshotLayout, manifest: Manifest) -> Verdict:
    """Ask the gate, and raise RefusedError where it refuses and is not overruled."""
    if work.request.gate is None:
        return Verdict()
    work.reporter.say("checking the new index before it is served")
    with _served(work) as served, closing(assembled(parts, manifest, work.encoder)) as searcher:
        verdict = work.request.gate.judge(Opened(parts, manifest, searcher), served, work.reporter)
    if verdict.refusals and not work.request.force:
        if verdict.broken:
            # Nor may what it was made of be used again.
            shutil.rmtree(work.index.encoding, ignore_errors=True)
        raise RefusedError(verdict)
    return verdict


@contextmanager
def _served(work: _Build) -> Iterator[Served]:
    """Give what is served now, as far as it can be loaded."""
    base, articles, trouble = work.before.base, work.before.articles, work.before.trouble
    if base is None:
        yield Served(None, articles, trouble)
        return
    fingerprint = base.manifest.encoder.fingerprint
    same = fingerprint == work.encoder.info.fingerprint
    try:
        encoder = work.encoder if same else OnnxEncoder.load(work.index.encoder(fingerprint))
        searcher = assembled(base.parts, base.manifest, encoder)
    except (SnapshotError, ModelError, DependencyError) as error:
        yield Served(None, articles, f"what is served cannot be asked: {error}")
        return
    with closing(searcher):
        yield Served(Opened(base.parts, base.manifest, searcher), articles, trouble)


def _inputs_after_reading(request: BuildRequest, lexicon: Lexicon, before: str) -> str:
    """Return the inputs if no file has changed since they were taken, else what no build will ever have.

    Of a file that changed in between nobody knows which state was read, so neither is claimed.
    """
    after = _inputs(request, lexicon)
    return before if after == before else hashlib.sha256(f"{before} or {after}".encode()).hexdigest()


def _up_to_date(manifest: Manifest, strict: bool) -> BuildSummary:
    summary = _summary(manifest, strict, built=False)
    return replace(summary, changes=changes_between(manifest.articles, manifest.articles))


def _summary(manifest: Manifest, strict: bool, built: bool) -> BuildSummary:
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
    )


def _publish(work: _Build, manifest: Manifest) -> None:
    """Load the snapshot once as a service would, then make it current in one step."""
    try:
        open_snapshot(work.index, manifest, work.encoder).close()
    except BaseException:
        shutil.rmtree(work.index.snapshot(manifest.snapshot).folder, ignore_errors=True)
        raise
    write_atomically(work.index.current, current_line(manifest.to_json(), manifest.snapshot))
