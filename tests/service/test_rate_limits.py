"""Counting requests against rates."""

import pytest
from throttled import utils

from service.rate_limits import RateLimits, sender_of
from service.records import Rate


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the library a clock that stands still until it is set."""
    clock = [1000.0]
    monkeypatch.setattr(utils, "now_mono_f", lambda: clock[0])
    return clock


def test_all_at_once_and_then_one_by_one(now: list[float]) -> None:
    limits, rate = RateLimits(), Rate(6, 60)
    assert [limits.seconds_to_wait("a", rate) for _ in range(6)] == [0] * 6
    assert limits.seconds_to_wait("a", rate) == pytest.approx(60 / 6)
    # Who is refused does not wait longer for having asked.
    assert limits.seconds_to_wait("a", rate) == pytest.approx(60 / 6)
    now[0] += 10.01
    assert limits.seconds_to_wait("a", rate) == 0
    assert limits.seconds_to_wait("a", rate) == pytest.approx(10, abs=0.02)
    now[0] += 60
    assert [limits.seconds_to_wait("a", rate) > 0 for _ in range(7)] == [False] * 6 + [True]


def test_senders_and_rates_count_apart(now: list[float]) -> None:
    del now
    limits, rate = RateLimits(), Rate(1, 60)
    assert limits.seconds_to_wait("a", rate) == 0
    assert limits.seconds_to_wait("b", rate) == 0
    assert limits.seconds_to_wait("a", rate) > 0
    assert RateLimits().seconds_to_wait("a", rate) == 0


def test_what_is_remembered_has_a_bound(now: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    del now
    monkeypatch.setattr("service.rate_limits._SENDERS", 2)
    limits, rate = RateLimits(), Rate(1, 60)
    assert [limits.seconds_to_wait(sender, rate) for sender in "abc"] == [0, 0, 0]
    assert limits.seconds_to_wait("c", rate) > 0
    assert limits.seconds_to_wait("a", rate) == 0


@pytest.mark.parametrize(
    ("host", "sender"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_whom_an_address_stands_for(host: str, sender: str) -> None:
    assert sender_of(host) == sender
