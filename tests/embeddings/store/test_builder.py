"""Building: what is published, when nothing is, and that the old index stays whatever happens."""

import math
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from corpus.errors import CorpusError
from corpus.lexicon import load_lexicon, shipped_wordlists
from corpus.normalising import normalise
from corpus.reading import ArticleFolder, ArticleList
from corpus.records import Article, FileHash, Problem
from embeddings.calibration import Calibration, Evidence, ModeCalibration, PassageModel, QuestionModel
from embeddings.encoders.model_folder import ModelFolder
from embeddings.encoders.onnx_encoder import OnnxEncoder
from embeddings.errors import SnapshotError
from embeddings.indexes.exact import ExactIndex
from embeddings.late_interaction.token_store import TokenStore
from embeddings.records import Mode, SearchOptions, Stage
from embeddings.searcher import Searcher
from embeddings.store.builder import build
from embeddings.store.layout import IndexLayout
from embeddings.store.loading import assembled, open_searcher
from embeddings.store.manifest import read_current, verify
from embeddings.store.request import BuildRequest
from embeddings.tuning import Reranking, Tuning
from embeddings.vector_space import shrunk_mean
from tests.conftest import SilentReporter, article
from tests.tiny_model import make_tiny_model

PAIR = (article("a", "上门要带证件。", "上门"), article("b", "电话一天三次。"))
ARTICLES = ArticleList(PAIR)


def test_what_is_published_is_found(tiny_index: Path) -> None:
    searcher = open_searcher(tiny_index)
    assert (searcher.info.articles, searcher.info.passages) == (3, 3)
    (result, *_) = searcher.search("催收电话几次", SearchOptions(k=3, mode=Mode.LEXICAL)).results
    assert result.passage.text == "催收电话一天不超过三次。"
    assert result.passage.article.id == "calls"
    assert result.passage.article.title == "电话"


def indexed_texts(searcher: Searcher) -> list[str]:
    """Return what was encoded of articles without headings."""
    passages = searcher.passages.get(np.arange(searcher.info.passages))
    return [normalise(f"{one.article.title}\n{one.text}") for one in passages]


def test_vectors_are_those_of_the_encoder_around_their_mean_in_order(tiny_index: Path) -> None:
    searcher = open_searcher(tiny_index)
    rows, space = np.arange(3), searcher.ranker.space
    vectors = searcher.encoder.encode_passages(indexed_texts(searcher))
    assert space.passage_mean == pytest.approx(shrunk_mean(vectors.sum(axis=0, dtype=np.float64), 3), abs=1e-6)
    # Of each passage one sentence stands for the questions.
    sentences = ["上门要带证件。", "催收电话一天不超过三次。", "征信记录保存五年。"]
    questions = searcher.encoder.encode_queries(sentences)
    assert space.question_mean == pytest.approx(shrunk_mean(questions.sum(axis=0, dtype=np.float64), 3), abs=1e-6)
    exact = ExactIndex(space.place_passages(vectors))
    query = space.place_question(searcher.encoder.encode_queries(["证件"])[0])
    assert searcher.ranker.vectors.scores(query, rows) == pytest.approx(exact.scores(query, rows), abs=1e-5)
    moments = space.moments(query)
    assert moments == pytest.approx((exact.scores(query, rows).mean(), exact.scores(query, rows).std()), abs=1e-5)


def test_tokens_are_those_of_the_encoder_in_order(tiny_index: Path) -> None:
    searcher = open_searcher(tiny_index)
    layout = IndexLayout(tiny_index)
    store = TokenStore.open(layout.snapshot(searcher.info.snapshot).tokens)
    assert store.count == 3
    for row, one in enumerate(searcher.encoder.encode_passages_by_token(indexed_texts(searcher))):
        assert store.offsets(row).tolist() == one.offsets.tolist()


def test_without_a_late_reranking_there_are_no_tokens(tiny_model: ModelFolder, tmp_path: Path) -> None:
    request = BuildRequest(ARTICLES, tiny_model, tmp_path / "index", tuning=Tuning(reranking=Reranking.NONE))
    summary = build(request, SilentReporter())
    assert not IndexLayout(tmp_path / "index").snapshot(summary.snapshot).tokens.exists()
    searcher = open_searcher(tmp_path / "index")
    assert searcher.ranker.reranker is None
    (result, *_) = searcher.search("上门", SearchOptions(explain=True)).results
    assert [one.stage for one in result.stages] == [Stage.DENSE, Stage.LEXICAL, Stage.FUSION]
    # A sentence is chosen by the terms that it shares.
    (span,) = result.highlights
    assert result.passage.text[span.start : span.end] == "上门要带证件。"


def test_the_word_lists_are_kept_with_the_snapshot(tiny_model: ModelFolder, tmp_path: Path) -> None:
    lists = shutil.copytree(shipped_wordlists(), tmp_path / "lists")
    request = BuildRequest(ARTICLES, tiny_model, tmp_path / "index", lexicon=lists)
    first = build(request, SilentReporter())
    assert not build(request, SilentReporter()).built
    manifest = read_current(IndexLayout(tmp_path / "index"))
    assert manifest.lexicon == load_lexicon(lists).fingerprint
    with (lists / "words.txt").open("a", encoding="utf-8") as file:
        file.write("登月飞船\n")
    # What is served goes on with its own.
    assert "登月飞船" not in open_searcher(tmp_path / "index").reader.splitter.lexicon.words
    second = build(request, SilentReporter())
    assert (second.built, second.snapshot != first.snapshot) == (True, True)
    assert "登月飞船" in open_searcher(tmp_path / "index").reader.splitter.lexicon.words


class FixedCalibrator:
    """Say of each question and passage the same: a threshold that nothing reaches."""

    hash = "fixed"

    def calibrate(self, searcher: Searcher, key: str) -> Calibration:
        assert (searcher.calibration, searcher.info.calibrated) == (None, False)
        d = searcher.encoder.info.dimension
        five = (0.0,) * 5
        # The logit is the bias: ln 3 is a probability of 3/4, and that of -ln 3 one of 1/4.
        question = QuestionModel((0.0,) * d, five, five, five, math.log(3), slope=1, shift=0)
        passage = PassageModel(score=0, question=-1, log_rank=0, first=0, bias=0)
        mode = ModeCalibration(question, passage, 0.8, Evidence(1, 0, 0, 0, 0))
        return Calibration(key, 1, 1, dict.fromkeys(Mode, mode))


def test_a_calibration_is_built_in(tiny_model: ModelFolder, tmp_path: Path) -> None:
    plain = BuildRequest(ARTICLES, tiny_model, tmp_path / "index")
    calibrated = replace(plain, calibrator=FixedCalibrator())
    assert build(plain, SilentReporter()).built
    assert open_searcher(tmp_path / "index").info.calibrated is False
    reporter = SilentReporter()
    assert build(calibrated, reporter).built
    assert reporter.said[-2] == "calibrating scores on the questions"
    assert reporter.said[-1].startswith("calibrated on 1 questions with and 1 without an answer; ")
    assert not build(calibrated, SilentReporter()).built
    searcher = open_searcher(tmp_path / "index")
    assert searcher.info.calibrated is True
    for mode in Mode:
        answer = searcher.search("上门", SearchOptions(mode=mode))
        assert (answer.answerable, answer.probability) == (False, 0.75)
        assert {one.score for one in answer.results} == {0.25}


def test_a_calibration_of_another_index_is_refused(tiny_model: ModelFolder, tmp_path: Path) -> None:
    snapshots = []
    for name, articles in (("one", PAIR), ("other", PAIR[:1])):
        request = BuildRequest(ArticleList(articles), tiny_model, tmp_path / name, calibrator=FixedCalibrator())
        build(request, SilentReporter())
        index = IndexLayout(tmp_path / name)
        snapshots.append(index.snapshot(read_current(index).snapshot))
    one, other = snapshots
    manifest = read_current(IndexLayout(tmp_path / "one"))
    encoder = OnnxEncoder.load(IndexLayout(tmp_path / "one").encoder(tiny_model.fingerprint))
    assembled(one, manifest, encoder).passages.close()
    shutil.copy(other.calibration, one.calibration)
    with pytest.raises(
        SnapshotError, match=r"calibration\.json was fitted for another encoder, other articles or another"
    ):
        assembled(one, manifest, encoder)


def test_nothing_is_built_where_nothing_has_changed(tiny_model: ModelFolder, tmp_path: Path) -> None:
    index = tmp_path / "index"
    first = build(BuildRequest(ARTICLES, tiny_model, index), SilentReporter())
    second = build(BuildRequest(ARTICLES, tiny_model, index), SilentReporter())
    assert (first.built, second.built) == (True, False)
    assert second.snapshot == first.snapshot
    for changed in (
        BuildRequest(ArticleList(PAIR[:1]), tiny_model, index),
        BuildRequest(ARTICLES, tiny_model, index, tuning=Tuning(target_tokens=32, max_tokens=64)),
        BuildRequest(ARTICLES, tiny_model, index, tuning=Tuning(dense_weight=0.5)),
        BuildRequest(ARTICLES, tiny_model, index, calibrator=FixedCalibrator()),
        BuildRequest(ARTICLES, tiny_model, index, full=True),
    ):
        assert build(changed, SilentReporter()).built


def test_two_full_builds_answer_alike(tiny_model: ModelFolder, tmp_path: Path) -> None:
    answers = []
    for name in ("one", "two"):
        build(BuildRequest(ARTICLES, tiny_model, tmp_path / name), SilentReporter())
        answers.append(open_searcher(tmp_path / name).search("上门", SearchOptions(explain=True)))
    assert answers[0] == answers[1]


def test_progress_is_told(tiny_model: ModelFolder, tmp_path: Path) -> None:
    reporter = SilentReporter()
    build(BuildRequest(ARTICLES, tiny_model, tmp_path / "index"), reporter)
    assert reporter.said == [
        "exporting the encoder tiny-e5 to ONNX",
        "reading, cleaning and cutting the articles",
        "encoding passages: 2",
    ]
    assert reporter.finished == 2


def test_an_article_without_words_is_left_out_and_named(tiny_model: ModelFolder, tmp_path: Path) -> None:
    articles = ArticleList((*PAIR, article("c", "！！！")))
    summary = build(BuildRequest(articles, tiny_model, tmp_path / "index"), SilentReporter())
    assert summary.articles == 2
    (problem,) = summary.problems
    assert str(problem) == "c.txt (c): it holds no word to search for; write some or remove it"
    # It is named again where nothing has to be built, and refused there, too.
    again = build(BuildRequest(articles, tiny_model, tmp_path / "index"), SilentReporter())
    assert (again.built, again.problems) == (False, summary.problems)
    for index in ("index", "strict"):
        with pytest.raises(CorpusError, match=r"1 were left out \(c\.txt \(c\): .*nothing was published"):
            build(BuildRequest(articles, tiny_model, tmp_path / index, strict=True), SilentReporter())
    with pytest.raises(SnapshotError, match="half-written index"):
        open_searcher(tmp_path / "strict")


def test_articles_without_text(tiny_model: ModelFolder, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="give no passage"):
        build(BuildRequest(ArticleList((article("a", "！！！😀"),)), tiny_model, tmp_path / "index"), SilentReporter())


def test_one_writer_at_a_time(tiny_model: ModelFolder, tmp_path: Path) -> None:
    index = IndexLayout(tmp_path / "index")
    index.folder.mkdir()
    with FileLock(index.lock), pytest.raises(SnapshotError, match="another process is writing to"):
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

    monkeypatch.setattr("embeddings.store.texts.PassageWriter.add", full_disk)
    with pytest.raises(SnapshotError, match=r"No space left on device.*what was served before is unchanged"):
        build(BuildRequest(ARTICLES, tiny_model, tiny_index), SilentReporter())
    assert read_current(IndexLayout(tiny_index)) == before
    verify(IndexLayout(tiny_index), before)


def test_a_killed_build_leaves_the_old_index_and_is_cleared_away(tiny_index: Path, tiny_model: ModelFolder) -> None:
    before = read_current(IndexLayout(tiny_index))
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from embeddings.store import builder, encoding\n"
        "from embeddings.encoders.model_folder import ModelRequest, find_model\n"
        "from corpus.reading import ArticleList\n"
        "from tests.conftest import SilentReporter, article\n"
        "encoding.FaissIndex.build = lambda *_: os.kill(os.getpid(), 9)\n"
        "model = find_model(ModelRequest(sys.argv[1]), Path('unused'))\n"
        "articles = ArticleList((article('new', '新文。'),))\n"
        "builder.build(builder.BuildRequest(articles, model, Path(sys.argv[2])), SilentReporter())\n"
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


class Watched:
    """Give articles, and count how often they are hashed and read."""

    def __init__(self, *items: Article | Problem) -> None:
        self.items = items
        self.version = 0
        self.hashed = 0
        self.read = 0

    def file_hashes(self) -> Iterator[FileHash]:
        self.hashed += 1
        yield FileHash("all", str(self.version))

    def articles(self) -> Iterator[Article | Problem]:
        self.read += 1
        yield from self.items


def test_nothing_new_is_found_out_by_hashes_alone(tiny_model: ModelFolder, tmp_path: Path) -> None:
    source = Watched(*PAIR)
    request = BuildRequest(source, tiny_model, tmp_path / "index")
    assert build(request, SilentReporter()).built
    # Once before and once after reading.
    assert (source.hashed, source.read) == (2, 1)
    assert not build(request, SilentReporter()).built
    assert (source.hashed, source.read) == (3, 1)
    source.version = 1
    assert build(request, SilentReporter()).built
    assert source.read == 2


def test_a_new_time_is_no_change_and_a_new_byte_is(tiny_model: ModelFolder, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    path = folder / "a.txt"
    path.write_text("催收电话一天不超过三次。", encoding="utf-8")
    request = BuildRequest(ArticleFolder(folder), tiny_model, tmp_path / "index")
    first = build(request, SilentReporter())
    os.utime(path, (1, 1))
    second = build(request, SilentReporter())
    assert (second.built, second.snapshot) == (False, first.snapshot)
    path.write_text("催收电话一天不超过五次。", encoding="utf-8")
    os.utime(path, (1, 1))
    assert build(request, SilentReporter()).built
    path.rename(folder / "b.txt")
    assert build(request, SilentReporter()).built


def test_a_file_that_changes_while_it_is_read_is_read_again(tiny_model: ModelFolder, tmp_path: Path) -> None:
    class Changing(Watched):
        def articles(self) -> Iterator[Article | Problem]:
            yield from super().articles()
            self.version += self.read == 1

    source = Changing(*PAIR)
    request = BuildRequest(source, tiny_model, tmp_path / "index")
    found = [build(request, SilentReporter()) for _ in range(3)]
    assert [(summary.built, summary.changed) for summary in found] == [(True, True), (True, False), (False, False)]
    # Nor does the old state count as known when it comes back.
    source = Changing(*PAIR)
    request = BuildRequest(source, tiny_model, tmp_path / "other")
    assert build(request, SilentReporter()).changed
    source.version = 0
    assert build(request, SilentReporter()).built


def test_another_way_of_reading_is_another_index(tiny_model: ModelFolder, tmp_path: Path) -> None:
    for reading, built in (("", True), ("text=content", True), ("text=content", False)):
        request = BuildRequest(ARTICLES, tiny_model, tmp_path / "index", reading=reading)
        assert build(request, SilentReporter()).built is built


def test_what_could_not_be_read_is_named(tiny_model: ModelFolder, tmp_path: Path) -> None:
    problems = (Problem("x.jsonl:3", "it is not JSON"), Problem("y.pdf", "it holds no text"))
    source = Watched(problems[0], *PAIR, problems[1])
    request = BuildRequest(source, tiny_model, tmp_path / "index")
    assert sorted(map(str, build(request, SilentReporter()).problems)) == sorted(map(str, problems))
    manifest = read_current(IndexLayout(tmp_path / "index"))
    assert manifest.left_out == {"x.jsonl:3": "it is not JSON", "y.pdf": "it holds no text"}
    with pytest.raises(CorpusError, match=r"^2 were left out \(x\.jsonl:3: it is not JSON; y\.pdf: it holds no text\)"):
        build(BuildRequest(source, tiny_model, tmp_path / "strict", strict=True), SilentReporter())
    with pytest.raises(CorpusError, match=r"give no passage \(x\.jsonl:3: it is not JSON\)"):
        build(BuildRequest(Watched(problems[0]), tiny_model, tmp_path / "none"), SilentReporter())
