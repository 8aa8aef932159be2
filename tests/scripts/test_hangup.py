"""What SIGHUP does before the service is there; the rest is in tests/service/test_swaps.py."""

import signal

from scripts.hangup import hangups_held_back, on_hangup


def test_a_hangup_before_anybody_takes_it_is_not_lost() -> None:
    asked: list[str] = []
    before = signal.getsignal(signal.SIGHUP)
    try:
        with hangups_held_back():
            signal.raise_signal(signal.SIGHUP)
            on_hangup(lambda: asked.append("early"))
            assert asked == []
        assert asked == ["early"]
        signal.raise_signal(signal.SIGHUP)
        assert asked == ["early", "early"]
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
