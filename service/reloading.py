"""Follow an index folder: load a new current snapshot beside the one that is served, and swap."""

import logging
import queue
import threading
import time
from concurrent.futures import Future

from service.index_folder import IndexFolder, LoadedIndex
from service.index_holder import IndexHolder
from service.metrics import Metrics
from service.records import Reloaded, ReloadStatus

_LOG = logging.getLogger("zhaiwen")
# A load that is under way when the service stops is given up after so many seconds.
_STOP_SECONDS = 5.0
_SHOWN_CHARACTERS = 500

_Asked = Future[Reloaded]


class Reloader:
    """Reload in one thread of its own: one at a time, when asked or when CURRENT has changed.

    Whatever is wrong with a new snapshot, the old one stays. What a refused CURRENT said is not tried
    again before it says something else, or somebody asks.

    Args:
        folder: what to load.
        first: what was loaded from it already, and is held by the holder.
        holder: what to swap in.
        metrics: count what came of it.
        poll_seconds: how often CURRENT is looked at; 0 for never. It is a small file, and reading it
            works on every file system and over networks, where notices of changes do not.
    """

    def __init__(
        self, folder: IndexFolder, first: LoadedIndex, holder: IndexHolder, metrics: Metrics, poll_seconds: float
    ) -> None:
        self._folder = folder
        self._served = first
        self._holder = holder
        self._metrics = metrics
        self._poll_seconds = poll_seconds or None
        # None stops the thread. Of all queues this one may be filled by a signal handler, which may
        # have interrupted somebody who is filling it.
        self._asked: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        # What CURRENT said when it was last tried; of what is loaded first nobody knows.
        self._tried: bytes | None = None
        self._thread = threading.Thread(target=self._run, name="reloader", daemon=True)

    def start(self) -> None:
        """Begin to follow the folder."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._asked.put(None)
        self._thread.join(_STOP_SECONDS)

    def ask(self) -> Future[Reloaded]:
        """Ask for a look at the folder that begins after this call; may be called by a signal handler.

        All who ask while a reload is under way are answered by the next one, together.
        """
        asked: _Asked = Future()
        self._asked.put(asked)
        return asked

    def _run(self) -> None:
        while True:
            asked = self._wait()
            if None in asked:
                return
            if not asked and self._folder.current() == self._tried:
                continue
            # Who has gone away in the meantime is not waited for.
            waiting = [one for one in asked if one is not None and one.set_running_or_notify_cancel()]
            outcome = self._reload()
            for one in waiting:
                one.set_result(outcome)

    def _wait(self) -> list[_Asked | None]:
        """Return all that was asked, as soon as something is; nothing when it is time to look."""
        try:
            asked = [self._asked.get(timeout=self._poll_seconds)]
        except queue.Empty:
            return []
        while not self._asked.empty():
            asked.append(self._asked.get())
        return asked

    def _reload(self) -> Reloaded:
        # Before it is loaded: what is published meanwhile is another change.
        self._tried = self._folder.current()
        started = time.perf_counter()
        try:
            loaded = self._folder.load(self._served)
            index = loaded.searcher.info
            if loaded is self._served:
                return Reloaded(ReloadStatus.UNCHANGED, index)
            self._served = loaded
            self._holder.swap(loaded.searcher)
        except Exception as error:  # noqa: BLE001 -- the thread's outermost loop: it must outlive any snapshot
            return self._refused(error)
        self._metrics.count_loaded()
        seconds = time.perf_counter() - started
        _LOG.info("serving snapshot %s, %d passages, loaded in %.1f s", index.snapshot, index.passages, seconds)
        return Reloaded(ReloadStatus.LOADED, index)

    def _refused(self, error: Exception) -> Reloaded:
        self._metrics.count_refused()
        # In one line, and not without end: it may hold what a damaged file said.
        reason = " ".join(str(error).split())[:_SHOWN_CHARACTERS] or type(error).__name__
        index = self._served.searcher.info
        _LOG.error("the current snapshot is refused, %s stays: %s", index.snapshot, reason)
        return Reloaded(ReloadStatus.REFUSED, index, reason)
