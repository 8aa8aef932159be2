"""Snapshots are listed, verified, rolled back to and pruned; the current one is never lost."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from corpus.reading import ArticleList
from embeddings.encoders.model_folder import ModelFolder
from embeddings.errors import SnapshotError
from embeddings.evaluation.evaluating import Asked
from embeddings.evaluation.records import Judgement, Question, Section
from embeddings.files import files_below
from embeddings.gating.stored_questions import stored_form, stored_questions
from embeddings.store.builder import build
from embeddings.store.layout import IndexLayout
from embeddings.store.loading import open_searcher
from embeddings.store.manifest import current_name
from embeddings.store.request import BuildRequest, RefusedError
from embeddings.store.versions import prune, roll_back, verify_index, versions
from embeddings.store.writer_lock import about_to_publish, writing
from tests.conftest import SilentReporter, article

ARTICLES = (article("a", "上门要带证件。", "上门"), article("b", "电话一天三次。", "电话"))
ASKED = Asked((Question("q", "上门", (Judgement(Section("a", None), 2),)),))


@pytest.fixture
def three(tiny_model: ModelFolder, tmp_path: Path) -> tuple[Path, list[str]]:
    """Build three snapshots; return the index folder and their names, the oldest first."""
    request = BuildRequest(ArticleList(ARTICLES), tiny_model, tmp_path / "index", questions=stored_form(ASKED))
    names = [
        build(replace(request, source=ArticleList((*ARTICLES, *more))), SilentReporter()).snapshot
        for more in ([], [article("c", "征信五年。")], [article("d", "还款计划。")])
    ]
    return request.index, names


def current(index: Path) -> str:
    return current_name(IndexLayout(index))[0]


def test_they_are_listed_the_newest_first(three: tuple[Path, list[str]]) -> None:
    index, names = three
    found = versions(index)
    assert [one.name for one in found] == names[::-1]
    assert [one.is_current for one in found] == [True, False, False]
    assert [one.manifest and len(one.manifest.articles) for one in found] == [3, 3, 2]
    folder = IndexLayout(index).snapshot(names[0]).folder
    assert found[-1].bytes == sum((folder / name).stat().st_size for name in files_below(folder))


def test_back_and_forth(three: tuple[Path, list[str]]) -> None:
    index, names = three
    assert roll_back(index).snapshot == names[1] == current(index)
    assert roll_back(index).snapshot == names[0]
    assert "c" not in open_searcher(index).passages.article_ids()
    with pytest.raises(SnapshotError, match=rf"holds no snapshot older than {names[0]}; `zhaiwen list` shows"):
        roll_back(index)
    assert roll_back(index, names[2]).snapshot == names[2] == current(index)
    with pytest.raises(SnapshotError, match=f"^{names[2]} is the current snapshot already; name another"):
        roll_back(index, names[2])
    with pytest.raises(SnapshotError, match=rf"holds no snapshot '\.\./x', one of these was wanted: {names[2]}, "):
        roll_back(index, "../x")


def test_a_rebuild_follows_on_what_was_rolled_back_to(three: tuple[Path, list[str]], tiny_model: ModelFolder) -> None:
    index, names = three
    roll_back(index, names[0])
    request = BuildRequest(ArticleList(ARTICLES), tiny_model, index, questions=stored_form(ASKED))
    assert not build(request, SilentReporter()).built
    summary = build(replace(request, source=ArticleList((*ARTICLES, article("e", "利息太高。")))), SilentReporter())
    assert (summary.changes.added, summary.encoded) == (("e",), 1)


@pytest.mark.parametrize("place", [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0])
@pytest.mark.parametrize("name", ["manifest.json", "questions/asked.json", "encoded/vectors.npy", "passages.sqlite"])
def test_one_flipped_bit_of_an_older_snapshot(three: tuple[Path, list[str]], name: str, place: float) -> None:
    index, names = three
    path = IndexLayout(index).snapshot(names[0]).folder / name
    content = bytearray(path.read_bytes())
    content[int(place * (len(content) - 1))] ^= 1
    path.write_bytes(content)
    damages = [one.damage for one in verify_index(index, every=True)]
    assert damages[:2] == ["", ""]
    assert path.name in damages[2]
    assert [one.damage for one in verify_index(index)] == [""]
    before = (index / "CURRENT").read_bytes()
    with pytest.raises(SnapshotError, match=path.name):
        roll_back(index, names[0])
    assert (index / "CURRENT").read_bytes() == before


def test_a_missing_current_snapshot_is_told(three: tuple[Path, list[str]]) -> None:
    index, names = three
    folder = IndexLayout(index).snapshot(names[2]).folder
    folder.rename(index / "elsewhere")
    (found,) = verify_index(index)
    assert found.damage == f"{folder} is missing"
    # The way out.
    assert roll_back(index).snapshot == names[1]


def test_without_the_current_one_nothing_passes_for_whole(three: tuple[Path, list[str]]) -> None:
    index, names = three
    shutil.rmtree(IndexLayout(index).snapshot(names[2]).folder)
    assert [bool(one.damage) for one in verify_index(index, every=True)] == [True, False, False]


@pytest.mark.parametrize("content", [None, b"\xff", b"a b c"])
def test_a_lost_current_is_named_again_by_hand(three: tuple[Path, list[str]], content: bytes | None) -> None:
    index, names = three
    (index / "CURRENT").unlink() if content is None else (index / "CURRENT").write_bytes(content)
    assert [(one.name, one.is_current) for one in versions(index)] == [(name, False) for name in names[::-1]]
    with pytest.raises(SnapshotError, match="holds no snapshot older than the current one, which is not known"):
        roll_back(index)
    assert roll_back(index, names[1]).snapshot == current(index) == names[1]


def test_what_was_rolled_back_from_is_not_published_again(
    three: tuple[Path, list[str]], tiny_model: ModelFolder
) -> None:
    index, names = three
    roll_back(index)
    articles = (*ARTICLES, article("d", "还款计划。"))
    request = BuildRequest(ArticleList(articles), tiny_model, index, questions=stored_form(ASKED))
    with pytest.raises(RefusedError, match="it was rolled back from, and neither an article nor an option has changed"):
        build(request, SilentReporter())
    assert current(index) == names[1]
    assert build(replace(request, force="还是要它"), SilentReporter()).built
    # Nobody rolled back from this one.
    assert build(replace(request, full=True), SilentReporter()).built


def test_a_snapshot_that_was_never_made_current_is_removed(three: tuple[Path, list[str]]) -> None:
    index, names = three
    layout = IndexLayout(index)
    orphan = "20990101T000000000000-0123abcd"
    shutil.copytree(layout.snapshot(names[0]).folder, layout.snapshot(orphan).folder)
    with writing(layout):
        about_to_publish(layout, orphan)
        kept = layout.writer.read_bytes()
    # As it is left where the process was killed.
    layout.writer.write_bytes(kept)
    prune(index, keep=9)
    assert [one.name for one in versions(index)] == names[::-1]


def test_what_cannot_be_read_goes_first(three: tuple[Path, list[str]]) -> None:
    index, names = three
    IndexLayout(index).snapshot(names[1]).manifest.write_text("{}", encoding="utf-8")
    assert prune(index, keep=2) == [names[1]]
    assert roll_back(index).snapshot == names[0]


def test_a_stray_file_among_the_encoders_is_left(three: tuple[Path, list[str]], tiny_model: ModelFolder) -> None:
    index, _ = three
    (index / "encoders" / ".DS_Store").write_bytes(b"")
    request = BuildRequest(ArticleList(ARTICLES), tiny_model, index, keep=1)
    assert build(request, SilentReporter()).built


def test_pruning_leaves_the_newest_and_the_current(three: tuple[Path, list[str]]) -> None:
    index, names = three
    roll_back(index, names[0])
    (index / "encoders" / "old").mkdir()
    assert prune(index, keep=2) == [names[1]]
    assert [one.name for one in versions(index)] == [names[2], names[0]]
    assert not (index / "encoders" / "old").exists()
    assert prune(index, keep=1) == [names[2]]
    assert prune(index, keep=1) == []
    assert open_searcher(index).info.snapshot == names[0]


def test_a_rebuild_prunes(three: tuple[Path, list[str]], tiny_model: ModelFolder) -> None:
    index, names = three
    request = BuildRequest(ArticleList(ARTICLES[:1]), tiny_model, index, keep=2)
    newest = build(request, SilentReporter()).snapshot
    assert [one.name for one in versions(index)] == [newest, names[2]]


def test_questions_that_are_damaged_are_told(three: tuple[Path, list[str]]) -> None:
    index, names = three
    assert stored_questions(index) == ASKED
    path = IndexLayout(index).snapshot(names[2]).questions / "asked.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(SnapshotError, match=r"asked\.json is damaged: its checksum has changed; name the questions"):
        stored_questions(index)
    # Those of an older one are taken where the newest has none that can be served.
    shutil.rmtree(path.parents[1])
    assert stored_questions(index) == ASKED


def test_no_index(tmp_path: Path) -> None:
    for what in (versions, verify_index, roll_back, lambda folder: prune(folder, 1)):
        with pytest.raises(SnapshotError, match="holds no index; run `zhaiwen rebuild ARTICLES --index"):
            what(tmp_path / "none")
    assert stored_questions(tmp_path / "none") is None
