"""Count requests against rates."""

import ipaddress
from datetime import timedelta

from throttled import MemoryStore, RateLimiterRegistry, per_duration
from throttled.rate_limiter import BaseRateLimiter

from service.records import Rate

# Of so many senders the last requests are remembered, who was seen longest ago is forgotten first: 30 MB
# at most. Who has more addresses than that is not stopped by counting them.
_SENDERS = 65_536
# One who rents a machine has all addresses of such a network.
_IPV6_NETWORK = 64


class RateLimits:
    """Tell who has to wait.

    By the generic cell rate algorithm: with 60/minute one may send 60 at once, and then one a second.
    Counts are this process's own: replicas allow as many times the rate as there are of them.
    """

    def __init__(self) -> None:
        self._store = MemoryStore(options={"MAX_SIZE": _SENDERS})
        self._limiters: dict[Rate, BaseRateLimiter] = {}

    def seconds_to_wait(self, sender: str, rate: Rate, requests: int = 1) -> float:
        """Count requests, and return 0; where they are more than is left, count none and return the wait."""
        limiter = self._limiters.get(rate)
        if limiter is None:
            quota = per_duration(timedelta(seconds=rate.seconds), limit=rate.requests)
            limiter = self._limiters[rate] = RateLimiterRegistry.get("gcra")(quota, self._store)
        outcome = limiter.limit(sender, requests)
        return outcome.state.retry_after if outcome.limited else 0.0


def sender_of(host: str) -> str:
    """Return whom an address stands for: 192.0.2.1 for itself, 2001:db8::1 for 2001:db8::/64."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4 or address.ipv4_mapped:  # noqa: PLR2004
        return str(getattr(address, "ipv4_mapped", None) or address)
    return str(ipaddress.ip_network((address.packed, _IPV6_NETWORK), strict=False))
