"""Hold the index that is served: lend it to requests, and put another in its place in one step."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from embeddings.searcher import Searcher
from service.errors import NotReadyError
from service.records import HolderState


@dataclass(slots=True)
class _Held:
    """Count who still uses an index; `loaded_at` is in seconds since 1970."""

    searcher: Searcher
    loaded_at: float
    leases: int = 0


class IndexHolder:
    """Lend the current index; close one that was replaced when its last lease ends. Threads share it."""

    def __init__(self, searcher: Searcher | None = None) -> None:
        self._lock = threading.Lock()
        self._current: _Held | None = None
        self._old: list[_Held] = []
        if searcher is not None:
            self.swap(searcher)

    @contextmanager
    def lease(self) -> Iterator[Searcher]:
        """Give the current index for the whole of one request: it stays open, and the same, to the end.

        Raises:
            NotReadyError: there is none.
        """
        with self._lock:
            held = self._current
            if held is None:
                raise NotReadyError("no index is loaded")
            held.leases += 1
        try:
            yield held.searcher
        finally:
            self._give_back(held)

    def swap(self, searcher: Searcher) -> None:
        """Serve another index from now on."""
        with self._lock:
            replaced, self._current = self._current, _Held(searcher, time.time())
            in_use = replaced is not None and replaced.leases > 0
            if replaced is not None and in_use:
                self._old.append(replaced)
        if replaced is not None and not in_use:
            replaced.searcher.close()

    def state(self) -> HolderState:
        """Return what is held now."""
        with self._lock:
            current, old_open = self._current, len(self._old)
        if current is None:
            return HolderState(None, 0.0, old_open)
        return HolderState(current.searcher.info, current.loaded_at, old_open)

    def _give_back(self, held: _Held) -> None:
        with self._lock:
            held.leases -= 1
            unused = held is not self._current and held.leases == 0
            if unused:
                self._old = [one for one in self._old if one is not held]
        if unused:
            held.searcher.close()
