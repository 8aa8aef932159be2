"""Take SIGHUP for a wish to reload, as services do; where the terminal is closed, for the wish to stop."""

import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def hangups_held_back() -> Iterator[None]:
    """Let a SIGHUP wait until the body has ended: before anybody takes it, it would end the process."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def on_hangup(*orders: Callable[[], object]) -> None:
    """Call these one by one at every SIGHUP from now on, where the platform has it; only for the main thread.

    They are called in a thread of their own, so that they may wait and write: the signal may have
    interrupted somebody who holds the lock that they need.

    A terminal that closes sends it, too. Who began in one and finds it gone stops, as ever: a
    service that nobody sees would keep the port. Not so under nohup.
    """
    if sys.platform == "win32":
        return
    # Of all queues this one may be filled by a signal handler, which may have interrupted somebody who is filling it.
    hangups: queue.SimpleQueue[None] = queue.SimpleQueue()

    def obey() -> None:
        while True:
            hangups.get()
            for order in orders:
                order()

    threading.Thread(target=obey, name="hangups", daemon=True).start()
    may_stop = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN and _has_terminal()

    def hang_up(_signal: int, _frame: object) -> None:
        if may_stop and not _has_terminal():
            signal.raise_signal(signal.SIGTERM)
        else:
            hangups.put(None)

    signal.signal(signal.SIGHUP, hang_up)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR))
    except OSError:
        return False
    return True
