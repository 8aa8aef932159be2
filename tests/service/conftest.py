"""Give tests of reloading an index folder with two snapshots, either of which may be current."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from corpus.reading import ArticleList
from embeddings.encoders.model_folder import ModelFolder
from embeddings.files import write_atomically
from embeddings.store.builder import build
from embeddings.store.layout import IndexLayout, SnapshotLayout
from embeddings.store.request import BuildRequest
from tests.conftest import SilentReporter, article

TOPICS = ("上门要带证件", "催收电话一天不超过三次", "征信记录保存五年", "分期要写进协议", "法院短信可以核对")
# By which results tell their snapshot; each has another number of passages.
PREFIXES = ("first", "second")
SIZES = (3, 5)


@dataclass(frozen=True, slots=True)
class TwoSnapshots:
    """Hold the folder, the names of its snapshots, and what CURRENT says of each."""

    index: Path
    names: tuple[str, str]
    lines: tuple[str, str]

    def publish(self, which: int) -> None:
        """Make one of them current, in one step."""
        write_atomically(self.index / "CURRENT", self.lines[which])

    def snapshot(self, which: int) -> SnapshotLayout:
        """Return the files of one of them."""
        return IndexLayout(self.index).snapshot(self.names[which])

    def damage(self, which: int) -> bytes:
        """Flip a bit in the texts of one of them; return the file as it was."""
        path = self.snapshot(which).passages
        before = path.read_bytes()
        path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        return before


def published(index: Path, model: ModelFolder, which: int) -> str:
    """Build one of the two, and return what CURRENT says of it."""
    prefix = PREFIXES[which]
    articles = [article(f"{prefix}-{n}", f"{prefix}：{topic}。") for n, topic in enumerate(TOPICS[: SIZES[which]])]
    build(BuildRequest(ArticleList(articles), model, index), SilentReporter())
    return (index / "CURRENT").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def built_snapshots(tiny_model: ModelFolder, tmp_path_factory: pytest.TempPathFactory) -> TwoSnapshots:
    """Build both; the second one is current. Not to be changed."""
    index = tmp_path_factory.mktemp("two") / "index"
    first = published(index, tiny_model, 0)
    # A build may clear away what is not current any more.
    kept = shutil.copytree(IndexLayout(index).snapshots / first.split()[0], index.with_name("kept"))
    second = published(index, tiny_model, 1)
    shutil.copytree(kept, IndexLayout(index).snapshots / first.split()[0], dirs_exist_ok=True)
    return TwoSnapshots(index, (first.split()[0], second.split()[0]), (first, second))


@pytest.fixture
def two(built_snapshots: TwoSnapshots, tmp_path: Path) -> TwoSnapshots:
    """Copy the folder, and make the first snapshot current."""
    index = tmp_path / "two"
    shutil.copytree(built_snapshots.index, index)
    copied = TwoSnapshots(index, built_snapshots.names, built_snapshots.lines)
    copied.publish(0)
    return copied
