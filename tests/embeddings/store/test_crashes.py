"""Whatever ends a rebuild, a service goes on with the old snapshot, and the next rebuild finishes.

`make soak` kills as many rebuilds as ZHAIWEN_KILLS says.
"""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from corpus.reading import ArticleFolder
from embeddings.encoders.model_folder import ModelFolder
from embeddings.errors import SnapshotError
from embeddings.gating.index_gate import IndexGate
from embeddings.store.builder import build
from embeddings.store.layout import IndexLayout
from embeddings.store.loading import open_searcher
from embeddings.store.manifest import current_name
from embeddings.store.request import BuildRequest
from embeddings.store.versions import verify_index
from tests.conftest import ROOT, Served, SilentReporter, serve_process

KILLS = int(os.environ.get("ZHAIWEN_KILLS", "10"))
SENTENCES = ("上门要带证件。", "催收电话一天不超过三次。", "征信记录保存五年。", "可以向监管部门投诉。")
QUESTION = "催收上门要带什么"


def write_articles(folder: Path, version: int, count: int = 300) -> None:
    """Write articles of which each version has other texts."""
    folder.mkdir(exist_ok=True)
    for number in range(count):
        text = "\n".join(f"{one[:-1]}{number}号{version}版。" for one in SENTENCES)
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")


class Crashes:
    """Kill rebuilds of one index, at chosen moments."""

    def __init__(self, folder: Path, model: Path, cache: Path) -> None:
        self.articles, self.index = folder / "articles", IndexLayout(folder / "index")
        self._arguments = [self.articles, model, cache, self.index.folder]
        self._seconds = 1.0

    @contextmanager
    def rebuilding(self) -> Iterator[subprocess.Popen[str]]:
        """Give a process that begins to build."""
        with subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("rebuilding.py")), *map(str, self._arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "begin\n", process.communicate()[1]
            yield process

    def finish(self) -> None:
        """Build to the end, and remember how long that takes."""
        with self.rebuilding() as process:
            started = time.perf_counter()
            out, errors = process.communicate(timeout=120)
        assert (out, process.returncode) == ("end\n", 0), errors
        self._seconds = time.perf_counter() - started

    def kill(self, moment: float, after_first_write: bool) -> str:
        """Kill a rebuild when a share of its time has gone by; return whether it had switched before."""
        before, _ = current_name(self.index)
        with self.rebuilding() as process:
            deadline = time.perf_counter() + 60
            while after_first_write and not any(self.index.snapshots.glob(".unfinished-*")):
                assert time.perf_counter() < deadline
                time.sleep(0.001)
            time.sleep(moment * self._seconds)
            process.send_signal(signal.SIGKILL)
            process.communicate()
        return "killed" if current_name(self.index)[0] == before else "switched"


def answered_by(served: Served) -> str:
    """Return the snapshot that answers a question now."""
    answer = httpx2.post(f"{served.url}/search", json={"query": QUESTION}, timeout=30)
    assert answer.status_code == 200, answer.text
    assert answer.json()["results"]
    return str(answer.json()["index"]["snapshot"])


def test_kills_at_any_moment(tiny_model_folder: Path, cache: Path, tmp_path: Path) -> None:
    crashes = Crashes(tmp_path, tiny_model_folder, cache)
    # Twice: the first build exports the encoder, too, and would give a wrong idea of how long one takes.
    for version in (-1, 0):
        write_articles(crashes.articles, version)
        crashes.finish()
    generator = random.Random(KILLS)  # noqa: S311
    ends = []
    with serve_process(crashes.index.folder) as served:
        for number in range(KILLS):
            write_articles(crashes.articles, number + 1)
            before, _ = current_name(crashes.index)
            ends.append(crashes.kill(generator.uniform(0, 0.9), after_first_write=number % 2 == 0))
            current, _ = current_name(crashes.index)
            # The current snapshot and all before it are whole; a kill after the switch leaves the new one current.
            assert {one.damage for one in verify_index(crashes.index.folder, every=True)} == {""}
            assert (current == before) == (ends[-1] == "killed")
            assert answered_by(served) in {before, current}
            if number % 10 == 9 or number == KILLS - 1:
                crashes.finish()
        last, _ = current_name(crashes.index)
        deadline = time.perf_counter() + 60
        while answered_by(served) != last:
            assert time.perf_counter() < deadline
            time.sleep(0.1)
    assert ends.count("killed") >= KILLS // 2, ends
    # Nothing is left of those that were killed.
    assert not list(crashes.index.snapshots.glob(".unfinished-*"))
    assert not crashes.index.encoding.exists()
    searcher = open_searcher(crashes.index.folder)
    assert searcher.info.articles == 300
    searcher.close()


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Give a file system of its own that is soon full."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def tried(request: BuildRequest) -> str | None:
    """Return what a build that fails says of it, None where it finished."""
    try:
        build(request, SilentReporter())
    except SnapshotError as error:
        return str(error)
    return None


def free_bytes(folder: Path) -> int:
    usage = os.statvfs(folder)
    return usage.f_bavail * usage.f_frsize


def may_mount() -> bool:
    return os.geteuid() == 0 and shutil.which("mount") is not None


@pytest.mark.skipif(not may_mount(), reason="only root may mount a small disk")
def test_a_full_disk_at_any_write(tiny_model: ModelFolder, tmp_path: Path) -> None:
    articles = tmp_path / "articles"
    write_articles(articles, 0, count=60)
    with small_disk(tmp_path / "disk", megabytes=64) as disk:
        request = BuildRequest(ArticleFolder(articles), tiny_model, disk / "index", gate=IndexGate(max_removed=1))
        build(request, SilentReporter())
        layout, ballast = IndexLayout(request.index), disk / "ballast"
        before = layout.current.read_bytes()
        (snapshot,) = layout.snapshots.iterdir()
        size = sum(path.stat().st_size for path in snapshot.rglob("*") if path.is_file())
        write_articles(articles, 1, count=60)
        refused = 0
        with serve_process(request.index) as served:
            for share in range(0, 40):
                # A build needs its snapshot, its journal and its spool: up to some three times a snapshot.
                room = size * share // 12
                with ballast.open("wb") as file:
                    os.posix_fallocate(file.fileno(), 0, max(free_bytes(disk) - room, 1))
                told = tried(request)
                ballast.unlink()
                if told is None:
                    break
                refused += 1
                assert re.search("cannot be written .*; what was served before is unchanged$", told), told
                assert layout.current.read_bytes() == before
                assert [one.damage for one in verify_index(request.index, every=True)] == [""]
                assert answered_by(served) == snapshot.name
            else:
                pytest.fail("no build had enough room")
        assert refused >= 5
        assert layout.current.read_bytes() != before
        assert [one.damage for one in verify_index(request.index, every=True)] == ["", ""]
