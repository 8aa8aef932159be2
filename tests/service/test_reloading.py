"""The reloader: what makes it load, what it refuses, and that it never lets go of what works."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from embeddings.records import SearchOptions
from embeddings.searcher import Searcher
from service.index_folder import IndexFolder, LoadedIndex, warm
from service.index_holder import IndexHolder
from service.metrics import Metrics
from service.records import Reloaded, ReloadStatus
from service.reloading import Reloader
from tests.service.conftest import PREFIXES, SIZES, TwoSnapshots

NEVER = 0.0
OFTEN = 0.01
# For what happens at once on a machine that nobody else uses.
PATIENCE = 30


class Counted(IndexFolder):
    """Count loads, and hold them up while told to."""

    def __init__(self, folder: Path, answerable_from: float | None = None) -> None:
        super().__init__(folder, answerable_from)
        self.loads = 0
        self.go = threading.Event()
        self.go.set()

    def load(self, served: LoadedIndex | None) -> LoadedIndex:
        self.loads += 1
        assert self.go.wait(PATIENCE)
        return super().load(served)


class Running:
    """Hold a reloader with all that it works on."""

    def __init__(self, index: Path, poll_seconds: float, answerable_from: float | None = None) -> None:
        self.folder = Counted(index, answerable_from)
        first = self.folder.load(None)
        self.holder = IndexHolder(first.searcher)
        self.metrics = Metrics(self.holder)
        self.reloader = Reloader(self.folder, first, self.holder, self.metrics, poll_seconds)

    def asked(self) -> Reloaded:
        return self.reloader.ask().result(PATIENCE)

    def served(self) -> str:
        with self.holder.lease() as searcher:
            return searcher.info.snapshot

    def counts(self) -> tuple[int, int]:
        """Return how many snapshots were loaded, and how many refused."""
        lines = self.metrics.text().decode().splitlines()
        found = [line.split()[1] for line in lines if line.startswith("zhaiwen_reloads_total")]
        loaded, refused = (int(float(count)) for count in found)
        return loaded, refused


@contextmanager
def running(index: Path, poll_seconds: float = NEVER, answerable_from: float | None = None) -> Iterator[Running]:
    started = Running(index, poll_seconds, answerable_from)
    started.reloader.start()
    try:
        yield started
    finally:
        started.folder.go.set()
        started.reloader.stop()


def soon(true: Callable[[], bool]) -> bool:
    """Return whether it becomes true in time."""
    until = time.monotonic() + PATIENCE
    while not true() and time.monotonic() < until:
        time.sleep(OFTEN)
    return true()


def test_asked_it_loads_what_is_current(two: TwoSnapshots) -> None:
    with running(two.index) as service:
        assert service.asked().status is ReloadStatus.UNCHANGED
        two.publish(1)
        loaded = service.asked()
        assert (loaded.status, loaded.index.snapshot) == (ReloadStatus.LOADED, two.names[1])
        with service.holder.lease() as searcher:
            results = searcher.search("上门", SearchOptions()).results
            assert {result.passage.article.id.split("-")[0] for result in results} == {PREFIXES[1]}
            assert searcher.passages.count == SIZES[1]
        assert service.asked() == Reloaded(ReloadStatus.UNCHANGED, loaded.index)
        # Back to the older one: it is followed as well.
        two.publish(0)
        assert service.asked().status is ReloadStatus.LOADED
        assert service.served() == two.names[0]
        assert service.counts() == (2, 0)


def test_the_encoder_is_loaded_once(two: TwoSnapshots) -> None:
    with running(two.index) as service:
        with service.holder.lease() as searcher:
            before = searcher.encoder
        two.publish(1)
        assert service.asked().status is ReloadStatus.LOADED
        with service.holder.lease() as searcher:
            assert searcher.encoder is before


def test_another_encoder_is_not_mistaken_for_the_loaded_one(two: TwoSnapshots) -> None:
    folder = IndexFolder(two.index)
    first = folder.load(None)
    two.publish(1)
    files = {name: "0" * 64 for name in first.encoder_files}
    assert folder.load(replace(first, encoder_files=files)).searcher.encoder is not first.searcher.encoder


def test_the_threshold_applies_to_each_index(two: TwoSnapshots) -> None:
    with running(two.index, answerable_from=0.75) as service:
        two.publish(1)
        service.asked()
        with service.holder.lease() as searcher:
            assert searcher.answerable_from == 0.75


def test_a_changed_current_is_noticed(two: TwoSnapshots) -> None:
    with running(two.index, OFTEN) as service:
        for which in (1, 0, 1):
            two.publish(which)
            assert soon(lambda which=which: service.served() == two.names[which])  # type: ignore[misc]
        assert soon(lambda: service.counts() == (3, 0))


def test_what_is_published_while_the_first_is_loaded_is_noticed(two: TwoSnapshots) -> None:
    service = Running(two.index, OFTEN)
    two.publish(1)  # after the first was read, before anybody looks
    service.reloader.start()
    assert soon(lambda: service.served() == two.names[1])
    service.reloader.stop()


def test_with_0_seconds_nobody_looks(two: TwoSnapshots) -> None:
    with running(two.index, NEVER) as service:
        two.publish(1)
        time.sleep(0.2)
        assert (service.served(), service.folder.loads) == (two.names[0], 1)


def test_a_damaged_snapshot_is_refused_and_the_old_one_stays(
    two: TwoSnapshots, caplog: pytest.LogCaptureFixture
) -> None:
    whole = two.damage(1)
    with running(two.index) as service, caplog.at_level(logging.INFO, "zhaiwen"):
        two.publish(1)
        refused = service.asked()
        assert (refused.status, refused.index.snapshot) == (ReloadStatus.REFUSED, two.names[0])
        assert "passages.sqlite is damaged: its checksum has changed" in refused.reason
        with service.holder.lease() as searcher:
            assert len(searcher.search("上门", SearchOptions()).results) == SIZES[0]
        assert service.counts() == (0, 1)
        (record,) = caplog.records
        assert record.levelno == logging.ERROR
        assert record.getMessage() == f"the current snapshot is refused, {two.names[0]} stays: {refused.reason}"
        assert "\n" not in record.getMessage()
        two.snapshot(1).passages.write_bytes(whole)
        assert service.asked().status is ReloadStatus.LOADED
        assert service.counts() == (1, 1)
        assert f"serving snapshot {two.names[1]}, 5 passages, loaded in" in caplog.records[-1].getMessage()


def test_what_was_refused_is_tried_again_only_when_it_changes_or_somebody_asks(two: TwoSnapshots) -> None:
    whole = two.damage(1)
    with running(two.index, OFTEN) as service:
        two.publish(1)
        assert soon(lambda: service.counts() == (0, 1))
        loads = service.folder.loads
        time.sleep(20 * OFTEN)
        assert (service.folder.loads, service.counts()) == (loads, (0, 1))
        assert service.asked().status is ReloadStatus.REFUSED
        assert service.counts() == (0, 2)
        two.publish(0)  # back to what is served
        assert soon(lambda: service.folder.loads == loads + 2)
        two.snapshot(1).passages.write_bytes(whole)
        two.publish(1)
        assert soon(lambda: service.served() == two.names[1])
        assert service.counts() == (1, 2)


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"a b c", b"../../etc " + b"0" * 64])
def test_a_damaged_current_is_refused(two: TwoSnapshots, content: bytes) -> None:
    with running(two.index) as service:
        (two.index / "CURRENT").write_bytes(content)
        refused = service.asked()
        assert refused.status is ReloadStatus.REFUSED
        assert "CURRENT" in refused.reason
        assert "\n" not in refused.reason
        assert service.served() == two.names[0]


def test_a_vanished_index_is_served_on(two: TwoSnapshots) -> None:
    with running(two.index, OFTEN) as service:
        # The reloader has seen it once.
        assert soon(lambda: service.folder.loads == 2)
        (two.index / "CURRENT").rename(two.index / "away")
        assert soon(lambda: service.counts() == (0, 1))
        assert service.served() == two.names[0]
        (two.index / "away").rename(two.index / "CURRENT")
        assert service.asked().status is ReloadStatus.UNCHANGED


def test_whatever_goes_wrong_in_a_new_index_the_reloader_lives_on(
    two: TwoSnapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index that cannot answer is closed again, and not served."""
    closed: list[str] = []
    with running(two.index) as service:
        two.publish(1)
        with monkeypatch.context() as patched:

            def fail(*_: object) -> None:
                raise MemoryError

            patched.setattr(Searcher, "search", fail)
            patched.setattr(Searcher, "close", lambda searcher: closed.append(searcher.info.snapshot))
            refused = service.asked()
        assert (refused.status, refused.reason) == (ReloadStatus.REFUSED, "MemoryError")
        assert closed == [two.names[1]]
        assert service.asked().status is ReloadStatus.LOADED


def test_who_asks_during_a_reload_is_answered_by_the_next_one(two: TwoSnapshots) -> None:
    with running(two.index) as service:
        service.folder.go.clear()
        first = service.reloader.ask()
        assert soon(lambda: service.folder.loads == 2)
        two.publish(1)
        others = [service.reloader.ask() for _ in range(5)]
        assert others[3].cancel()
        service.folder.go.set()
        first.result(PATIENCE)
        done = [other.result(PATIENCE) for other in others if not other.cancelled()]
        # Whether the first one saw the new CURRENT or not: the others did, and one look served them all.
        assert {one.index.snapshot for one in done} == {two.names[1]}
        assert len(done) == 4
        assert service.folder.loads == 3


def test_it_warms_with_titles_even_where_they_are_no_questions(two: TwoSnapshots) -> None:
    asked: list[str] = []
    searcher = IndexFolder(two.index).load(None).searcher
    warm(searcher)

    class Refusing:
        info, passages = searcher.info, searcher.passages

        def search(self, question: str, options: SearchOptions) -> None:
            asked.append(f"{options.mode.value} {question}")
            searcher.search("长" * 500, options)

    warm(Refusing())  # type: ignore[arg-type]
    assert len(asked) == 12
    assert asked[:3] == [f"{mode} first-0.txt" for mode in ("hybrid", "dense", "lexical")]


def test_a_stopped_reloader_has_ended(two: TwoSnapshots) -> None:
    with running(two.index, OFTEN):
        assert "reloader" in {thread.name for thread in threading.enumerate()}
    assert "reloader" not in {thread.name for thread in threading.enumerate()}
