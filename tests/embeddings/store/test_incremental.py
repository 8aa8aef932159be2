"""A build costs what has changed, and gives what a full one would, to the last byte."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.reading import ArticleList
from corpus.records import Article
from embeddings.encoders.model_folder import ModelFolder
from embeddings.encoders.onnx_encoder import OnnxEncoder
from embeddings.errors import SnapshotError
from embeddings.files import checksums
from embeddings.gating.index_gate import IndexGate
from embeddings.late_interaction.token_space import TokenSpace
from embeddings.records import Mode, SearchOptions
from embeddings.store import encoding
from embeddings.store.builder import build
from embeddings.store.encoded import EncodedPassage, keys_of
from embeddings.store.journal import Journal
from embeddings.store.layout import IndexLayout, SnapshotLayout
from embeddings.store.loading import open_searcher
from embeddings.store.manifest import read_current
from embeddings.store.request import ArticleChanges, BuildRequest, RefusedError
from embeddings.tuning import Reranking, Tuning
from tests.conftest import SilentReporter, article

SENTENCES = (
    "上门要带证件。", "催收电话一天不超过三次。", "征信记录保存五年。", "不要打给家人和同事。",
    "可以向监管部门投诉。", "协商还款要写成书面。", "逾期利息按合同算。", "法院的传票要看清楚。",
)  # fmt: skip
ARTICLES = tuple(article(f"a{number}", f"{one}\n{one[::-1]}", one[:2]) for number, one in enumerate(SENTENCES))


def snapshot(index: Path) -> SnapshotLayout:
    layout = IndexLayout(index)
    return layout.snapshot(read_current(layout).snapshot)


def content(index: Path) -> dict[str, str]:
    """Return the hashes of all files of the current snapshot but its manifest, which tells its name and time."""
    return {name: sha for name, sha in checksums(snapshot(index).folder).items() if name != "manifest.json"}


def fresh(articles: Sequence[Article], model: ModelFolder, index: Path, tuning: Tuning) -> dict[str, str]:
    """Return what a build of these articles gives where there was nothing before."""
    build(BuildRequest(ArticleList(articles), model, index, tuning), SilentReporter())
    return content(index)


@pytest.mark.parametrize("reranking", [Reranking.LATE, Reranking.NONE])
def test_the_files_are_those_of_a_full_build(tiny_model: ModelFolder, tmp_path: Path, reranking: Reranking) -> None:
    tuning, index = Tuning(reranking=reranking), tmp_path / "index"
    first = BuildRequest(ArticleList(ARTICLES), tiny_model, index, tuning)
    assert build(first, SilentReporter()).encoded == 8
    changed = replace(ARTICLES[2], original="征信记录保存五年，从还清那天算起。")
    copy = replace(ARTICLES[3], id="zz", path="zz.txt")
    after = (article("a", "门卫不让进。"), *ARTICLES[:2], changed, *ARTICLES[3:6], copy)
    reporter = SilentReporter()
    summary = build(replace(first, source=ArticleList(after)), reporter)
    # The copy has the title and text of another, so its vectors are known.
    assert (summary.encoded, summary.passages, summary.copies) == (2, 8, 2)
    assert "encoding passages: 2" in reporter.said
    assert summary.changes == ArticleChanges(added=("a", "zz"), changed=("a2",), removed=("a6", "a7"), unchanged=5)
    assert content(index) == fresh(after, tiny_model, tmp_path / "fresh", tuning)
    # What is gone is gone on every side.
    searcher = open_searcher(index)
    assert searcher.passages.article("a7") is None
    for mode in Mode:
        found = searcher.search("法院的传票要看清楚", SearchOptions(k=20, mode=mode)).results
        assert "a7" not in {one.passage.article.id for one in found}
    # Nor is a copy of what is gone any copy.
    build(replace(first, source=ArticleList(after[:-1])), SilentReporter())
    assert read_current(IndexLayout(index)).duplicate_groups == 0


@settings(max_examples=8)
@given(chosen=st.lists(st.sets(st.integers(0, len(ARTICLES) - 1), min_size=1), min_size=2, max_size=3))
def test_any_sequence_of_builds_ends_where_a_fresh_one_begins(
    tiny_model: ModelFolder, tmp_path_factory: pytest.TempPathFactory, chosen: list[set[int]]
) -> None:
    folder = tmp_path_factory.mktemp("sequence")
    for numbers in chosen:
        articles = [ARTICLES[number] for number in sorted(numbers)]
        build(BuildRequest(ArticleList(articles), tiny_model, folder / "index"), SilentReporter())
    assert content(folder / "index") == fresh(articles, tiny_model, folder / "fresh", Tuning())


def test_other_sizes_take_over_no_passages_but_the_vectors_of_equal_ones(
    tiny_model: ModelFolder, tmp_path: Path
) -> None:
    first = BuildRequest(ArticleList(ARTICLES), tiny_model, tmp_path / "index", Tuning(target_tokens=60, max_tokens=60))
    build(first, SilentReporter())
    smaller = replace(first, tuning=Tuning(target_tokens=50, max_tokens=50))
    # Each article is shorter than either size.
    assert build(smaller, SilentReporter()).encoded == 0
    assert content(first.index) == fresh(ARTICLES, tiny_model, tmp_path / "fresh", smaller.tuning)


def test_a_full_build_takes_nothing_over(tiny_model: ModelFolder, tmp_path: Path) -> None:
    request = BuildRequest(ArticleList(ARTICLES), tiny_model, tmp_path / "index", full=True)
    build(request, SilentReporter())
    before = content(request.index)
    assert build(request, SilentReporter()).encoded == 8
    assert content(request.index) == before


def test_nothing_is_taken_over_from_a_damaged_snapshot(tiny_model: ModelFolder, tmp_path: Path) -> None:
    request = BuildRequest(ArticleList(ARTICLES), tiny_model, tmp_path / "index")
    build(request, SilentReporter())
    before = content(request.index)
    vectors = snapshot(request.index).encoded / "vectors.npy"
    data = bytearray(vectors.read_bytes())
    data[-1] ^= 1
    vectors.write_bytes(data)
    summary = build(request, SilentReporter())
    assert (summary.built, summary.encoded) == (True, 8)
    assert content(request.index) == before


class Stopped(BaseException):
    """Stand for a kill."""


def test_a_build_that_is_cut_off_costs_its_last_step_only(
    tiny_model: ModelFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = BuildRequest(ArticleList(ARTICLES), tiny_model, tmp_path / "index")
    monkeypatch.setattr(encoding, "_WINDOW", 3)
    encode, seen = OnnxEncoder.encode_passages_by_token, list[str]()

    def until_the_second(self: OnnxEncoder, texts: Sequence[str], progress: object = None) -> object:
        # Not the texts of the token space.
        seen.extend(["some"] * (len(texts) <= 3))
        if len(seen) == 2:
            raise Stopped
        return encode(self, texts, progress)  # type: ignore[arg-type]

    monkeypatch.setattr(OnnxEncoder, "encode_passages_by_token", until_the_second)
    with pytest.raises(Stopped):
        build(request, SilentReporter())
    monkeypatch.setattr(OnnxEncoder, "encode_passages_by_token", encode)
    reporter = SilentReporter()
    assert build(request, reporter).encoded == 5
    assert "3 passages were encoded by a build that was not published; they are used" in reporter.said
    # What is published needs no journal.
    assert not IndexLayout(request.index).encoding.exists()
    assert content(request.index) == fresh(ARTICLES, tiny_model, tmp_path / "fresh", Tuning())


def test_a_full_build_and_a_broken_one_leave_no_journal_to_go_on_from(
    tiny_model: ModelFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = BuildRequest(ArticleList(ARTICLES), tiny_model, tmp_path / "index", gate=IndexGate())
    build(replace(request, source=ArticleList(ARTICLES[:1])), SilentReporter())
    plain = OnnxEncoder.encode_passages_by_token
    monkeypatch.setattr(OnnxEncoder, "encode_passages_by_token", OnnxEncoder.encode_queries_by_token)
    with pytest.raises(RefusedError, match="have another vector when they are encoded again"):
        build(request, SilentReporter())
    monkeypatch.setattr(OnnxEncoder, "encode_passages_by_token", plain)
    # What the fault made is not used again.
    assert build(request, SilentReporter()).encoded == 7
    journal = IndexLayout(request.index).encoding / read_current(IndexLayout(request.index)).encoding
    Journal(journal).append(keys_of(["别的"]), some(1))
    assert build(replace(request, full=True), SilentReporter()).encoded == 8


def test_a_journal_of_another_token_space_is_dropped(tmp_path: Path) -> None:
    zeros = np.zeros(2, dtype=np.float32)
    spaces = [TokenSpace(zeros, zeros, factor * np.eye(2, dtype=np.float32)) for factor in (1, 2)]
    journal = Journal(tmp_path / "journal")
    journal.keep_for(spaces[0])
    journal.append(keys_of(["一"]), some(1))
    journal = Journal(tmp_path / "journal")
    journal.keep_for(spaces[0])
    assert journal.count == 1
    journal.keep_for(spaces[1])
    assert (journal.count, Journal(tmp_path / "journal").count) == (0, 0)


def some(*values: float) -> list[EncodedPassage]:
    return [EncodedPassage(np.array([value], dtype=np.float32), None) for value in values]


def test_a_journal_gives_what_was_appended_and_nothing_that_is_damaged(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    journal = Journal(folder)
    assert (journal.count, journal.find(keys_of(["一"])).tolist()) == (0, [-1])
    journal.append(keys_of(["一", "二"]), some(1, 2))
    journal.append(keys_of(["三"]), some(3))
    (folder / ".unfinished-x").write_bytes(b"cut off")
    again = Journal(folder)
    places = again.find(keys_of(["三", "四", "一"])).tolist()
    assert places == [2, -1, 0]
    assert again.get(2) == EncodedPassage(np.array([3], dtype=np.float32), None)
    data = bytearray((folder / "000000.npz").read_bytes())
    data[data.index(np.array([1, 2], dtype=np.float32).tobytes())] ^= 1
    (folder / "000000.npz").write_bytes(data)
    (folder / "000002.npz").write_bytes(b"PK")
    assert Journal(folder).count == 1
    assert [path.name for path in folder.glob("*.npz")] == ["000001.npz"]


def test_who_holds_the_lock_is_named(tiny_model: ModelFolder, tmp_path: Path) -> None:
    index = IndexLayout(tmp_path / "index")
    request = BuildRequest(ArticleList(ARTICLES), tiny_model, index.folder)

    class Nosy(SilentReporter):
        def say(self, text: str) -> None:
            super().say(text)
            with pytest.raises(SnapshotError, match=r"^process \d+ on '.*' \(since 2.*\) is writing to .*; wait until"):
                build(request, SilentReporter())

    nosy = Nosy()
    build(request, nosy)
    assert nosy.said
    assert not index.writer.exists()
    # A note that was left behind is no lock: the system lets go of it with its holder.
    index.writer.write_text('{"pid": 1, "host": "h", "since": "then"}')
    reporter = SilentReporter()
    build(replace(request, full=True), reporter)
    assert reporter.said[0].startswith("the last writer was cut off")
