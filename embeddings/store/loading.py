"""Load the current snapshot of an index folder into a Searcher."""

import importlib
from pathlib import Path

from threadpoolctl import threadpool_limits

from corpus.errors import CorpusError
from corpus.lexicon import load_lexicon
from corpus.normalising import normalise
from embeddings.calibration import load_calibration
from embeddings.correction import Corrector
from embeddings.danger_weights import DangerWeights
from embeddings.dangers import DangerFinder
from embeddings.encoders.onnx_encoder import OnnxEncoder
from embeddings.errors import INSTALL_HINT, REBUILD_HINT, DependencyError, SnapshotError
from embeddings.highlights import Highlighter
from embeddings.indexes.faiss_index import FaissIndex
from embeddings.late_interaction.token_store import TokenStore
from embeddings.lexical import LexicalIndex
from embeddings.protocols import Encoder, Reranker
from embeddings.question_reader import QuestionReader
from embeddings.ranker import Ranker
from embeddings.records import BuildReport, IndexInfo, RowArray
from embeddings.rerankers.late_reranker import LateReranker
from embeddings.searcher import Searcher, settings_hash
from embeddings.sounds import Sounds
from embeddings.store.layout import IndexLayout, SnapshotLayout
from embeddings.store.manifest import Manifest, read_current, verify
from embeddings.store.passage_store import PassageStore
from embeddings.terms import TermSplitter
from embeddings.tuning import Reranking
from embeddings.vector_space import VectorSpace


def open_searcher(folder: Path) -> Searcher:
    """Return a Searcher over the current snapshot, after proving every file of it.

    Args:
        folder: the index folder.

    Raises:
        SnapshotError: there is no index, or it is half-written, damaged, or of another format.
        ModelError: the cross-encoder that it is reranked with is not there any more, or has changed.
        DependencyError: what runs the cross-encoder is not installed.
    """
    index = IndexLayout(folder)
    return open_snapshot(index, read_current(index))


def open_snapshot(index: IndexLayout, manifest: Manifest, loaded: Encoder | None = None) -> Searcher:
    """Return a Searcher over one snapshot, after proving every file of it.

    Args:
        index: the index folder.
        manifest: of the snapshot.
        loaded: an encoder that was loaded from the very files that the manifest names, to be shared;
            None loads them.

    Raises:
        SnapshotError: a file is missing or damaged, or the parts do not belong together.
        ModelError: the cross-encoder that it is reranked with is not there any more, or has changed.
        DependencyError: what runs the cross-encoder is not installed.
    """
    verify(index, manifest)
    # A question's products are small: numpy's own threads, waiting for one another beside the encoder's, cost
    # ten times what they save.
    threadpool_limits(limits=1, user_api="blas")
    encoder = loaded or OnnxEncoder.load(index.encoder(manifest.encoder.fingerprint))
    return assembled(index.snapshot(manifest.snapshot), manifest, encoder)


def assembled(snapshot: SnapshotLayout, manifest: Manifest, encoder: Encoder) -> Searcher:
    """Put the parts of a snapshot together, trusting its files.

    Raises:
        SnapshotError: a file cannot be read, or the parts do not belong together.
    """
    passages = PassageStore.open(snapshot.passages)
    try:
        return _around(passages, snapshot, manifest, encoder)
    except BaseException:
        passages.close()
        raise


def _around(passages: PassageStore, snapshot: SnapshotLayout, manifest: Manifest, encoder: Encoder) -> Searcher:
    """Load the other parts, and put them together with the texts."""
    lexical = LexicalIndex.load(snapshot.lexical)
    tuning = manifest.tuning
    tokens = TokenStore.open(snapshot.tokens) if tuning.reranking is Reranking.LATE else None
    if tokens is not None and tokens.count != passages.count:
        raise SnapshotError(
            f"{snapshot.tokens} holds {tokens.count} passages, {passages.count} were wanted; {REBUILD_HINT}"
        )
    reranker = LateReranker(tokens) if tokens is not None else _cross_encoder(manifest, passages)
    splitter = _splitter(snapshot)
    calibration = load_calibration(snapshot.calibration, calibration_key(manifest)) if manifest.calibrated else None
    corrector = Corrector(lexical.words, splitter, Sounds.load(snapshot.sounds)) if tuning.corrects else None
    return Searcher(
        encoder=encoder,
        reader=QuestionReader(
            splitter, corrector, tuning.added_weight, DangerFinder(splitter.lexicon.dangers, DangerWeights.load())
        ),
        ranker=Ranker(
            vectors=FaissIndex.load(snapshot.vectors),
            lexical=lexical,
            space=VectorSpace.load(snapshot.space),
            tuning=tuning,
            reranker=reranker,
            id_places=passages.id_places,
        ),
        passages=passages,
        highlighter=Highlighter(splitter, lexical, tokens),
        info=IndexInfo(
            manifest.snapshot,
            manifest.encoder.name,
            len(manifest.articles),
            manifest.passages,
            settings_hash(manifest.inputs),
            calibration is not None,
            manifest.created,
            _report(manifest),
        ),
        calibration=calibration,
    )


def _report(manifest: Manifest) -> BuildReport:
    return BuildReport(
        precision=manifest.encoder.precision,
        dimension=manifest.encoder.dimension,
        duplicate_groups=manifest.duplicate_groups,
        duplicate_passages=manifest.duplicate_passages,
        left_out=len(manifest.left_out),
        measured=manifest.measured,
        refusals=tuple(manifest.refusals),
        forced=manifest.forced,
    )


def calibration_key(manifest: Manifest) -> str:
    """Return what a calibration is tied to: encoder, tuning, word lists, articles and questions."""
    return settings_hash(f"{manifest.inputs} {manifest.encoder.fingerprint} {manifest.tuning.hash}")


def _splitter(snapshot: SnapshotLayout) -> TermSplitter:
    try:
        return TermSplitter(load_lexicon(snapshot.lexicon))
    except CorpusError as error:
        raise SnapshotError(f"{snapshot.lexicon} holds no word lists that can be read; {REBUILD_HINT}") from error


def _cross_encoder(manifest: Manifest, passages: PassageStore) -> Reranker | None:
    if manifest.tuning.reranking is not Reranking.CROSS_ENCODER:
        return None
    try:
        # Torch takes seconds to import: only who reranks with such a model pays for it.
        models = importlib.import_module("embeddings.encoders.model_folder")
        engine = importlib.import_module("embeddings.rerankers.cross_encoder")
    except ModuleNotFoundError as error:
        raise DependencyError(f"reranking with a model needs the package {error.name}; {INSTALL_HINT}") from error
    folder = models.checked_cross_encoder(Path(manifest.tuning.cross_encoder), manifest.cross_encoder)

    def texts(rows: RowArray) -> list[str]:
        # As questions are: normalised, with what stands above a passage in front.
        return [
            normalise("\n".join([passage.article.title, *passage.headings, passage.text]))
            for passage in passages.get(rows)
        ]

    reranker: Reranker = engine.CrossEncoderReranker.load(folder, texts)
    return reranker
