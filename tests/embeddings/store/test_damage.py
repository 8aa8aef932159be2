"""Every kind of damage to an index is refused by name."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from corpus.reading import ArticleList
from embeddings.encoders.model_folder import ModelFolder
from embeddings.errors import SnapshotError
from embeddings.files import files_below, sha256_of
from embeddings.store.builder import build
from embeddings.store.layout import FORMAT_VERSION, IndexLayout
from embeddings.store.loading import open_searcher
from embeddings.store.manifest import current_line, read_current
from embeddings.store.request import BuildRequest
from tests.conftest import SilentReporter, article

SNAPSHOT_FILES = (
    "manifest.json",
    "passages.sqlite",
    "vectors.faiss",
    "encoded/keys.npy",
    "encoded/sentences.npz",
    "encoded/vectors.npy",
    "lexical/codes.npy",
    "lexical/common.npy",
    "lexical/counts.npy",
    "lexical/damping.npy",
    "lexical/holders.npy",
    "lexical/rows.npy",
    "lexical/starts.npy",
    "lexical/terms.npy",
    "lexical/weights.npy",
    "lexical/words.json",
    "lexicon/dangers.txt",
    "lexicon/english.txt",
    "lexicon/stopwords.txt",
    "lexicon/variants.txt",
    "lexicon/words.txt",
    "sounds.json",
    "space.npz",
    "tokens/frequencies.npy",
    "tokens/ids.npy",
    "tokens/offsets.npy",
    "tokens/space.npy",
    "tokens/starts.npy",
    "tokens/tokens.npy",
)
ENCODER_FILES = ("encoder.json", "model.onnx", "model.onnx.data", "tables.json", "tokenizer.json")


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


def publish(layout: IndexLayout, snapshot: str, manifest: str) -> None:
    """Make this the current snapshot's manifest."""
    layout.snapshot(snapshot).manifest.write_text(manifest, encoding="utf-8")
    layout.current.write_text(current_line(manifest, snapshot), encoding="utf-8")


@pytest.mark.parametrize("version", [FORMAT_VERSION + 1, FORMAT_VERSION - 1, "1", None])
def test_another_format(tiny_index: Path, version: object) -> None:
    layout = IndexLayout(tiny_index)
    manifest = read_current(layout)
    publish(layout, manifest.snapshot, json.dumps({**json.loads(manifest.to_json()), "format_version": version}))
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
    publish(layout, manifest.snapshot, text)
    with pytest.raises(SnapshotError, match="is no manifest"):
        open_searcher(tiny_index)


@pytest.mark.parametrize(
    "changed",
    [
        {"tuning": 3},
        {"tuning": {"fusion": "both"}},
        {"tuning": {"dense_weight": 2}},
        {"tuning": {"reranked": "many"}},
        {"another": 1},
    ],
)
def test_a_manifest_that_says_what_nobody_wrote(tiny_index: Path, changed: dict[str, object]) -> None:
    layout = IndexLayout(tiny_index)
    manifest = read_current(layout)
    publish(layout, manifest.snapshot, json.dumps({**json.loads(manifest.to_json()), **changed}))
    with pytest.raises(SnapshotError, match="is no manifest"):
        open_searcher(tiny_index)


def published(index: Path, name: str, content: bytes) -> None:
    """Change a file of the current snapshot as if it had been so when it was published."""
    layout = IndexLayout(index)
    manifest = read_current(layout)
    path = layout.snapshot(manifest.snapshot).folder / name
    path.write_bytes(content)
    known = replace(manifest, files={**manifest.files, name: sha256_of(path)})
    publish(layout, manifest.snapshot, known.to_json())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("space.npz", b"", "holds no vector space that can be read"),
        ("tokens/tokens.npy", b"", "holds no array that can be read"),
        ("lexical/words.json", b"[]", "holds no lexical index that can be read"),
        ("lexicon/variants.txt", b"\xff", "holds no word lists that can be read"),
        ("passages.sqlite", b"SQLite", "holds no passages"),
    ],
)
def test_a_file_that_was_wrong_from_the_beginning(tiny_index: Path, name: str, content: bytes, message: str) -> None:
    published(tiny_index, name, content)
    with pytest.raises(SnapshotError, match=f"{message}.*build it anew"):
        open_searcher(tiny_index)


def test_a_calibration_that_was_promised(tiny_index: Path) -> None:
    layout = IndexLayout(tiny_index)
    manifest = read_current(layout)
    publish(layout, manifest.snapshot, replace(manifest, calibrated=True).to_json())
    with pytest.raises(SnapshotError, match=r"calibration\.json holds no calibration that can be read"):
        open_searcher(tiny_index)


def test_tokens_of_fewer_passages(tiny_index: Path, tiny_model: ModelFolder, tmp_path: Path) -> None:
    other = tmp_path / "other"
    build(BuildRequest(ArticleList([article("a", "上门。")]), tiny_model, other), SilentReporter())
    for name in SNAPSHOT_FILES:
        if name.startswith("tokens/"):
            published(tiny_index, name, file_of(other, name).read_bytes())
    with pytest.raises(SnapshotError, match="tokens holds 1 passages, 3 were wanted"):
        open_searcher(tiny_index)
