"""What SIGHUP does before the service is there; the rest is in tests/service/test_swaps.py."""

import queue
import signal
import threading

from scripts.hangup import hangups_held_back, on_hangup

PATIENCE = 30.0


def test_a_hangup_before_anybody_takes_it_is_not_lost() -> None:
    asked: queue.SimpleQueue[str] = queue.SimpleQueue()
    before = signal.getsignal(signal.SIGHUP)
    try:
        with hangups_held_back():
            signal.raise_signal(signal.SIGHUP)
            on_hangup(lambda: asked.put("first"), lambda: asked.put(threading.current_thread().name))
            assert asked.empty()
        for _ in range(2):
            # Not in the thread that the signal has interrupted.
            assert [asked.get(timeout=PATIENCE) for _ in range(2)] == ["first", "hangups"]
            assert asked.empty()
            signal.raise_signal(signal.SIGHUP)
        assert asked.get(timeout=PATIENCE) == "first"
    finally:
        signal.signal(signal.SIGHUP, before)


def test_what_was_held_back_before_stays_so() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP, signal.SIGUSR1})
    try:
        with hangups_held_back():
            pass
        assert {signal.SIGHUP, signal.SIGUSR1} <= signal.pthread_sigmask(signal.SIG_BLOCK, set())
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
