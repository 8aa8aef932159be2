"""Every kind of damage to an index is refused by name."""

import json
from pathlib import Path

import pytest

from embeddings.errors import SnapshotError
from embeddings.files import files_below
from embeddings.store.layout import FORMAT_VERSION, IndexLayout
from embeddings.store.loading import open_searcher
from embeddings.store.manifest import current_line, read_current

SNAPSHOT_FILES = (
    "manifest.json",
    "passages.sqlite",
    "vectors.faiss",
    "lexical/data.csc.index.npy",
    "lexical/indices.csc.index.npy",
    "lexical/indptr.csc.index.npy",
    "lexical/params.index.json",
    "lexical/vocab.index.json",
)
ENCODER_FILES = ("encoder.json", "model.onnx", "model.onnx.data", "tokenizer.json")


def file_of(index: Path, name: str) -> Path:
    layout = IndexLayout(index)
    manifest = read_current(layout)
    if name in ENCODER_FILES:
        return layout.encoder(manifest.encoder.fingerprint) / name
    return layout.snapshot(manifest.snapshot).folder / name


def test_no_file_is_forgotten_here(tiny_index: Path) -> None:
    layout = IndexLayout(tiny_index)
    manifest = read_current(layout)
    assert files_below(layout.snapshot(manifest.snapshot).folder) == tuple(sorted(SNAPSHOT_FILES))
    assert set(manifest.encoder_files) == set(ENCODER_FILES)


@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("name", SNAPSHOT_FILES + ENCODER_FILES)
def test_one_flipped_bit(tiny_index: Path, name: str, place: float) -> None:
    path = file_of(tiny_index, name)
    content = bytearray(path.read_bytes())
    content[int(place * (len(content) - 1))] ^= 1
    path.write_bytes(content)
    with pytest.raises(SnapshotError, match=rf"{path.name} (is damaged|has changed)"):
        open_searcher(tiny_index)


@pytest.mark.parametrize("name", SNAPSHOT_FILES + ENCODER_FILES)
def test_a_truncated_file(tiny_index: Path, name: str) -> None:
    path = file_of(tiny_index, name)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SnapshotError, match=rf"{path.name} (is damaged|has changed)"):
        open_searcher(tiny_index)


@pytest.mark.parametrize("name", SNAPSHOT_FILES + ENCODER_FILES)
def test_a_missing_file(tiny_index: Path, name: str) -> None:
    path = file_of(tiny_index, name)
    path.unlink()
    with pytest.raises(SnapshotError, match=rf"{path.name} is missing|is not there"):
        open_searcher(tiny_index)


def test_a_file_too_many(tiny_index: Path) -> None:
    extra = file_of(tiny_index, "lexical/corpus.jsonl")
    extra.write_text("x", encoding="utf-8")
    with pytest.raises(SnapshotError, match=r"corpus\.jsonl does not belong there"):
        open_searcher(tiny_index)


def test_no_index_at_all(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="nowhere holds no index; run `zhaiwen rebuild ARTICLES --index"):
        open_searcher(tmp_path / "nowhere")


def test_a_half_written_index(tiny_index: Path) -> None:
    (tiny_index / "CURRENT").unlink()
    with pytest.raises(SnapshotError, match="holds a half-written index"):
        open_searcher(tiny_index)


@pytest.mark.parametrize("content", ["", "a b c", "x " + "0" * 64, "../../etc " + "0" * 64, ".. " + "0" * 64, "\xff"])
def test_a_damaged_current(tiny_index: Path, content: str) -> None:
    (tiny_index / "CURRENT").write_bytes(content.encode("latin-1"))
    with pytest.raises(SnapshotError, match=r"CURRENT (is damaged|names the snapshot .* not there)"):
        open_searcher(tiny_index)


@pytest.mark.parametrize("version", [FORMAT_VERSION + 1, FORMAT_VERSION - 1, "1", None])
def test_another_format(tiny_index: Path, version: object) -> None:
    layout = IndexLayout(tiny_index)
    manifest = read_current(layout)
    path = layout.snapshot(manifest.snapshot).manifest
    text = json.dumps({**json.loads(path.read_text(encoding="utf-8")), "format_version": version})
    path.write_text(text, encoding="utf-8")
    layout.current.write_text(current_line(text, manifest.snapshot), encoding="utf-8")
    with pytest.raises(SnapshotError, match=f"has format {version}, this program reads format {FORMAT_VERSION}"):
        open_searcher(tiny_index)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        json.dumps({"format_version": FORMAT_VERSION}),
        json.dumps({"format_version": FORMAT_VERSION, "encoder": 3}),
    ],
)
def test_not_a_manifest(tiny_index: Path, text: str) -> None:
    layout = IndexLayout(tiny_index)
    manifest = read_current(layout)
    layout.snapshot(manifest.snapshot).manifest.write_text(text, encoding="utf-8")
    layout.current.write_text(current_line(text, manifest.snapshot), encoding="utf-8")
    with pytest.raises(SnapshotError, match="is no manifest"):
        open_searcher(tiny_index)
