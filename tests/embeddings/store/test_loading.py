"""Opening a snapshot beside another, and closing it again."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from embeddings.errors import SnapshotError
from embeddings.records import Mode, SearchOptions
from embeddings.searcher import Searcher
from embeddings.store.layout import IndexLayout
from embeddings.store.loading import open_searcher, open_snapshot
from embeddings.store.manifest import read_current
from embeddings.store.passage_store import PassageStore


def answers(searcher: Searcher) -> list[object]:
    return [searcher.search("上门要带证件吗", SearchOptions(mode=mode, explain=True)) for mode in Mode]


def test_a_loaded_encoder_is_shared(tiny_index: Path) -> None:
    index = IndexLayout(tiny_index)
    alone = open_searcher(tiny_index)
    sharing = open_snapshot(index, read_current(index), alone.encoder)
    assert sharing.encoder is alone.encoder
    assert answers(sharing) == answers(alone)
    alone.close()
    assert answers(sharing) == answers(sharing)


def test_sharing_an_encoder_leaves_none_of_its_files_unproven(tiny_index: Path) -> None:
    index = IndexLayout(tiny_index)
    loaded = open_searcher(tiny_index).encoder
    weights = index.encoder(loaded.info.fingerprint) / "model.onnx.data"
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    with pytest.raises(SnapshotError, match=r"model\.onnx\.data is damaged"):
        open_snapshot(index, read_current(index), loaded)


def test_a_closed_searcher_has_closed_its_texts(tiny_index: Path) -> None:
    searcher = open_searcher(tiny_index)
    searcher.close()
    searcher.close()  # once more does no harm
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        searcher.passages.texts()


def test_an_open_searcher_outlives_its_folder(tiny_index: Path) -> None:
    searcher = open_searcher(tiny_index)
    before = answers(searcher)
    shutil.rmtree(tiny_index)
    assert answers(searcher) == before
    article = searcher.passages.article("visits")
    assert article is not None
    assert article.original.startswith("上门要带证件")


def test_what_cannot_be_opened_is_closed(tiny_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = IndexLayout(tiny_index)
    manifest = read_current(index)
    lexical = index.snapshot(manifest.snapshot).lexical
    monkeypatch.setattr("embeddings.store.loading.verify", lambda *_: shutil.rmtree(lexical))
    closed: list[PassageStore] = []

    def close(store: PassageStore) -> None:
        closed.append(store)

    monkeypatch.setattr(PassageStore, "close", close)
    with pytest.raises(SnapshotError, match="holds no lexical index"):
        open_snapshot(index, manifest)
    assert len(closed) == 1
