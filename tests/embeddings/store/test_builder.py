"""Building: what is published, when nothing is, and that the old index stays whatever happens."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from corpus.chunking import ChunkSizes
from corpus.errors import CorpusError
from embeddings.encoders.model_folder import ModelFolder
from embeddings.errors import SnapshotError
from embeddings.indexes.exact import ExactIndex
from embeddings.records import Mode
from embeddings.store.builder import BuildRequest, build
from embeddings.store.layout import IndexLayout
from embeddings.store.loading import open_searcher
from embeddings.store.manifest import read_current, verify
from tests.conftest import SilentReporter, article
from tests.tiny_model import make_tiny_model

ARTICLES = (article("a", "上门要带证件。", "上门"), article("b", "电话一天三次。"))


def test_what_is_published_is_found(tiny_index: Path) -> None:
    searcher = open_searcher(tiny_index)
    assert (searcher.info.articles, searcher.info.passages) == (3, 3)
    (result, *_) = searcher.search("催收电话几次", 3, Mode.LEXICAL)
    assert result.passage.text == "催收电话一天不超过三次。"
    assert result.passage.article.id == "calls"
    assert result.passage.article.title == "电话"


def test_vectors_are_those_of_the_encoder_in_order(tiny_index: Path) -> None:
    searcher = open_searcher(tiny_index)
    rows = np.arange(3)
    texts = [f"{p.article.title}\n{p.text}" for p in searcher.passages.get(rows)]
    exact = ExactIndex(searcher.encoder.encode_passages(texts))
    query = searcher.encoder.encode_queries(["证件"])[0]
    assert searcher.vectors.scores(query, rows) == pytest.approx(exact.scores(query, rows), abs=1e-5)


def test_nothing_is_built_where_nothing_has_changed(tiny_model: ModelFolder, tmp_path: Path) -> None:
    index = tmp_path / "index"
    first = build(BuildRequest(ARTICLES, tiny_model, index), SilentReporter())
    second = build(BuildRequest(ARTICLES, tiny_model, index), SilentReporter())
    assert (first.built, second.built) == (True, False)
    assert second.snapshot == first.snapshot
    for changed in (
        BuildRequest(ARTICLES[:1], tiny_model, index),
        BuildRequest(ARTICLES, tiny_model, index, sizes=ChunkSizes(32, 64)),
        BuildRequest(ARTICLES, tiny_model, index, full=True),
    ):
        assert build(changed, SilentReporter()).built


def test_two_full_builds_answer_alike(tiny_model: ModelFolder, tmp_path: Path) -> None:
    answers = []
    for name in ("one", "two"):
        build(BuildRequest(ARTICLES, tiny_model, tmp_path / name), SilentReporter())
        answers.append(open_searcher(tmp_path / name).search("上门", 5))
    assert answers[0] == answers[1]


def test_progress_is_told(tiny_model: ModelFolder, tmp_path: Path) -> None:
    reporter = SilentReporter()
    build(BuildRequest(ARTICLES, tiny_model, tmp_path / "index"), reporter)
    assert reporter.said == ["exporting the encoder tiny-e5 to ONNX", "encoding passages: 2"]
    assert reporter.finished == 2


def test_an_article_that_cannot_be_cut_is_left_out_and_named(tiny_model: ModelFolder, tmp_path: Path) -> None:
    articles = (*ARTICLES, article("long", "正文", title="长" * 400))
    summary = build(BuildRequest(articles, tiny_model, tmp_path / "index"), SilentReporter())
    assert summary.articles == 2
    (problem,) = summary.problems
    assert problem.path == "long.txt (long)"
    # It is named again where nothing has to be built, and refused there, too.
    again = build(BuildRequest(articles, tiny_model, tmp_path / "index"), SilentReporter())
    assert (again.built, again.problems) == (False, summary.problems)
    for index in ("index", "strict"):
        with pytest.raises(CorpusError, match=r"long\.txt \(long\): .*with --strict nothing is published"):
            build(BuildRequest(articles, tiny_model, tmp_path / index, strict=True), SilentReporter())
    with pytest.raises(SnapshotError, match="half-written index"):
        open_searcher(tmp_path / "strict")


def test_articles_without_text(tiny_model: ModelFolder, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="give no passage"):
        build(BuildRequest((article("a", "！！！😀"),), tiny_model, tmp_path / "index"), SilentReporter())


def test_an_article_without_words_is_left_out_and_named(tiny_model: ModelFolder, tmp_path: Path) -> None:
    summary = build(BuildRequest((*ARTICLES, article("c", "！！！")), tiny_model, tmp_path / "index"), SilentReporter())
    assert summary.articles == 2
    assert str(summary.problems[0]) == "c.txt (c): it holds no word to search for; write some or remove it"


def test_one_writer_at_a_time(tiny_model: ModelFolder, tmp_path: Path) -> None:
    index = IndexLayout(tmp_path / "index")
    index.folder.mkdir()
    with FileLock(index.lock), pytest.raises(SnapshotError, match="another rebuild is writing to"):
        build(BuildRequest(ARTICLES, tiny_model, index.folder), SilentReporter())


def test_a_place_that_cannot_be_written(tiny_model: ModelFolder, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(SnapshotError, match="cannot be written .*check its permissions"):
        build(BuildRequest(ARTICLES, tiny_model, tmp_path / "file" / "index"), SilentReporter())


def test_a_failed_build_leaves_the_old_index(
    tiny_index: Path, tiny_model: ModelFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_current(IndexLayout(tiny_index))

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("embeddings.store.builder.write_passages", full_disk)
    with pytest.raises(SnapshotError, match=r"No space left on device.*what was served before is unchanged"):
        build(BuildRequest(ARTICLES, tiny_model, tiny_index), SilentReporter())
    assert read_current(IndexLayout(tiny_index)) == before
    verify(IndexLayout(tiny_index), before)


def test_a_killed_build_leaves_the_old_index_and_is_cleared_away(tiny_index: Path, tiny_model: ModelFolder) -> None:
    before = read_current(IndexLayout(tiny_index))
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "import embeddings.store.builder as builder\n"
        "from embeddings.encoders.model_folder import ModelRequest, find_model\n"
        "from tests.conftest import SilentReporter, article\n"
        "builder.FaissIndex.save = lambda *_: os.kill(os.getpid(), 9)\n"
        "model = find_model(ModelRequest(sys.argv[1]), Path('unused'))\n"
        "builder.build(builder.BuildRequest((article('new', '新文。'),), model, Path(sys.argv[2])), SilentReporter())\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", program, str(tiny_model.path), str(tiny_index)], check=False, timeout=120
    )
    assert killed.returncode == -9
    left = list((tiny_index / "snapshots").glob(".unfinished-*"))
    assert left
    assert read_current(IndexLayout(tiny_index)) == before
    verify(IndexLayout(tiny_index), before)
    assert build(BuildRequest(ARTICLES, tiny_model, tiny_index), SilentReporter()).built
    assert not list((tiny_index / "snapshots").glob(".unfinished-*"))


def test_a_damaged_snapshot_is_not_up_to_date(tiny_model: ModelFolder, tmp_path: Path) -> None:
    index = tmp_path / "index"
    request = BuildRequest(ARTICLES, tiny_model, index)
    summary = build(request, SilentReporter())
    layout = IndexLayout(index)
    for damaged in (layout.snapshot(summary.snapshot).vectors, layout.encoder(tiny_model.fingerprint) / "model.onnx"):
        damaged.write_bytes(damaged.read_bytes()[:-1])
        with pytest.raises(SnapshotError, match="is damaged"):
            open_searcher(index)
        summary = build(request, SilentReporter())
        assert summary.built
        open_searcher(index)


def test_another_model_makes_another_index(tiny_index: Path, tiny_model: ModelFolder, tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "other-e5", "上门证件", seed=8)
    other = ModelFolder("other-e5", folder, tiny_model.prompts, True, "f" * 64)
    build(BuildRequest(ARTICLES, other, tiny_index), SilentReporter())
    layout = IndexLayout(tiny_index)
    assert open_searcher(tiny_index).info.encoder == "other-e5"
    # Another encoder in its place is noticed by the checksums in the manifest.
    ours, theirs = layout.encoder(other.fingerprint), layout.encoder(tiny_model.fingerprint)
    os.rename(ours, tmp_path / "aside")
    os.rename(theirs, ours)
    with pytest.raises(SnapshotError, match="is damaged"):
        open_searcher(tiny_index)
