"""Load the current snapshot of an index folder into a Searcher."""

from pathlib import Path

from embeddings.encoders.onnx_encoder import OnnxEncoder
from embeddings.indexes.faiss_index import FaissIndex
from embeddings.lexical import LexicalIndex
from embeddings.records import IndexInfo
from embeddings.searcher import Searcher, settings_hash
from embeddings.store.layout import IndexLayout
from embeddings.store.manifest import Manifest, read_current, verify
from embeddings.store.passage_store import PassageStore


def open_searcher(folder: Path) -> Searcher:
    """Return a Searcher over the current snapshot, after proving every file of it.

    Args:
        folder: the index folder.

    Raises:
        SnapshotError: there is no index, or it is half-written, damaged, or of another format.
    """
    index = IndexLayout(folder)
    return open_snapshot(index, read_current(index))


def open_snapshot(index: IndexLayout, manifest: Manifest) -> Searcher:
    """Return a Searcher over one snapshot, after proving every file of it.

    Raises:
        SnapshotError: a file is missing or damaged, or the parts do not belong together.
    """
    verify(index, manifest)
    snapshot = index.snapshot(manifest.snapshot)
    encoder = OnnxEncoder.load(index.encoder(manifest.encoder.fingerprint))
    return Searcher(
        encoder=encoder,
        vectors=FaissIndex.load(snapshot.vectors),
        lexical=LexicalIndex.load(snapshot.lexical),
        passages=PassageStore.open(snapshot.passages),
        info=IndexInfo(
            manifest.snapshot,
            manifest.encoder.name,
            len(manifest.articles),
            manifest.passages,
            settings_hash(manifest.inputs),
        ),
    )
