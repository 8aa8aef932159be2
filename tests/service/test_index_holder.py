"""The holder of the served index: leases, swaps, and when an old index is closed."""

import gc
import sqlite3
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from embeddings.records import Mode, SearchOptions
from embeddings.searcher import Searcher
from service.errors import NotReadyError
from service.index_folder import IndexFolder
from service.index_holder import IndexHolder
from tests.service.conftest import TwoSnapshots


@pytest.fixture
def both(two: TwoSnapshots) -> tuple[Searcher, Searcher]:
    folder = IndexFolder(two.index)
    first = folder.load(None)
    two.publish(1)
    return first.searcher, folder.load(first).searcher


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List the names of the snapshots that are closed, in order."""
    names: list[str] = []
    close = Searcher.close

    def closing(searcher: Searcher) -> None:
        names.append(searcher.info.snapshot)
        close(searcher)

    monkeypatch.setattr(Searcher, "close", closing)
    return names


def test_without_an_index_there_is_nothing_to_lend() -> None:
    with pytest.raises(NotReadyError, match="no index is loaded"), IndexHolder().lease():
        pass
    assert IndexHolder().state().index is None


def test_an_unused_index_is_closed_at_once(both: tuple[Searcher, Searcher], closed: list[str]) -> None:
    first, second = both
    holder = IndexHolder(first)
    with holder.lease():
        pass
    assert closed == []
    before = holder.state()
    holder.swap(second)
    assert closed == [first.info.snapshot]
    after = holder.state()
    assert (before.index, after.index, after.old_open) == (first.info, second.info, 0)
    assert before.loaded_at <= after.loaded_at
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        first.passages.texts()


def test_an_index_in_use_stays_open_until_its_last_lease_ends(
    both: tuple[Searcher, Searcher], closed: list[str]
) -> None:
    first, second = both
    holder = IndexHolder(first)
    with holder.lease() as early:
        with holder.lease() as earlier:
            holder.swap(second)
            assert holder.state().old_open == 1
            with holder.lease() as late:
                assert (early, earlier, late) == (first, first, second)
        assert closed == []
        assert len(early.search("上门", SearchOptions(k=3, mode=Mode.DENSE)).results) == 3
    assert closed == [first.info.snapshot]
    assert holder.state().old_open == 0
    with holder.lease() as late:
        assert late is second
    assert closed == [first.info.snapshot]


def test_a_request_that_fails_gives_its_lease_back(both: tuple[Searcher, Searcher], closed: list[str]) -> None:
    first, second = both
    holder = IndexHolder(first)

    def fail() -> None:
        with holder.lease():
            holder.swap(second)
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        fail()
    assert closed == [first.info.snapshot]
    assert holder.state().old_open == 0


def test_several_old_indexes_wait_for_their_own_leases(both: tuple[Searcher, Searcher], closed: list[str]) -> None:
    first, second = both
    holder = IndexHolder(first)
    outer = holder.lease()
    outer.__enter__()
    holder.swap(second)
    with holder.lease():
        holder.swap(first)
        assert holder.state().old_open == 2
    assert closed == [second.info.snapshot]
    outer.__exit__(None, None, None)
    assert closed == [second.info.snapshot, first.info.snapshot]


def test_each_of_many_swaps_under_many_threads_closes_once(both: tuple[Searcher, Searcher]) -> None:
    """The same two take turns, so closing is only counted; nobody ever holds one that was closed as often as served."""
    holder, lock = IndexHolder(both[0]), threading.Lock()
    served, closings, wrong = [1, 0], [0, 0], []

    class Counting:
        """Stand for an index that is loaded anew each time."""

        def __init__(self, which: int) -> None:
            self.info = both[which].info
            self.which = which
            self.open = True

        def close(self) -> None:
            with lock:
                closings[self.which] += 1
                self.open = False

    stop = threading.Event()

    def use() -> None:
        while not stop.is_set():
            with holder.lease() as searcher:
                for _ in range(20):
                    if not getattr(searcher, "open", True):
                        wrong.append(searcher)

    with ThreadPoolExecutor(8) as pool:
        users = [pool.submit(use) for _ in range(8)]
        for number in range(1, 301):
            served[number % 2] += 1
            holder.swap(Counting(number % 2))  # type: ignore[arg-type]
        stop.set()
        for user in users:
            user.result()
    assert wrong == []
    # The real first one, which does not count, was closed, too; the last one is served.
    assert sum(closings) == 299
    assert holder.state().old_open == 0


def mapped(folder: Path) -> list[str]:
    """Return the files below a folder that this process has mapped into memory or open."""
    maps = Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
    opened = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return [line for line in (*maps, *opened) if str(folder) in line]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_was_replaced_lets_go_of_its_files(two: TwoSnapshots) -> None:
    folder = IndexFolder(two.index)
    first = folder.load(None)
    holder = IndexHolder(first.searcher)
    two.publish(1)
    second = folder.load(first)
    del first
    gc.disable()  # nothing may wait for it
    try:
        with holder.lease() as leased:
            holder.swap(second.searcher)
            assert mapped(two.snapshot(0).folder)
            del leased
        assert mapped(two.snapshot(0).folder) == []
        assert mapped(two.snapshot(1).folder)
    finally:
        gc.enable()
