"""Let the operator, and nobody else, ask for a reload."""

import asyncio
import hmac
import ipaddress
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from fastapi import APIRouter, Request

from service.errors import BadKeysError, BadSnapshotError, ForbiddenError, UnauthorizedError
from service.key_ring import KeyRing
from service.keys import bearer_token
from service.records import Reloaded, ReloadStatus
from service.schemas import ErrorBody, IndexOut, ReloadOut

# Whoever passes requests on names in these for whom; the peer is then not the one who asks.
_FORWARDING = frozenset({"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"})
# What browsers say of a request that no other site has caused.
_OWN_SITE = frozenset({"same-origin", "none"})
_RESPONSES: dict[int | str, dict[str, object]] = {
    401: {
        "model": ErrorBody,
        "description": "A token or keys are set, and neither the token nor an admin's key was sent.",
    },
    403: {"model": ErrorBody, "description": "The request comes from elsewhere."},
    409: {
        "model": ErrorBody,
        "description": "The current snapshot is refused, or the file of keys; the old ones stay.",
    },
}


class Reloading(Protocol):
    """Look at the index folder, and load what is new."""

    def ask(self) -> Future[Reloaded]:
        """Ask for a look that begins after this call."""
        ...


@dataclass(frozen=True, slots=True)
class Gate:
    """Decide who may give orders.

    Where there is a token, or there are keys: who sends the token or the key of an admin. Else, who
    sits at the machine itself: the peer is a loopback address, nobody has passed the request on, and
    it was sent to a loopback name, so that no page whose name was made to lead here (DNS rebinding)
    can send it. Never another site's page.
    """

    token: str
    keys: KeyRing = field(default_factory=KeyRing)

    def check(self, request: Request) -> None:
        """Let the request through.

        Raises:
            ForbiddenError: it comes from elsewhere.
            UnauthorizedError: the token is wrong or missing.
        """
        if _is_of_another_site(request):
            raise ForbiddenError("the request was sent by the page of another site")
        if self.token or self.keys.keys.holders:
            if not self._may_order(request.headers.get("authorization", "")):
                raise UnauthorizedError("the token is missing or wrong")
        elif not _is_local(request):
            raise ForbiddenError("the request comes from another machine, or through a proxy")

    def _may_order(self, authorization: str) -> bool:
        given = bearer_token(authorization).encode("utf-8", "surrogateescape")
        # Takes as long whichever character is the first wrong one.
        if self.token and hmac.compare_digest(given, self.token.encode("utf-8")):
            return True
        holder = self.keys.keys.holder_of(authorization)
        return holder is not None and holder.is_admin


def _is_of_another_site(request: Request) -> bool:
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None and site not in _OWN_SITE:
        return True
    # An origin is a scheme, two slashes and what the Host header says of its own pages; or the word null.
    return origin is not None and origin.partition("://")[2] != request.headers.get("host", "")


def _is_local(request: Request) -> bool:
    if request.client is None or not _FORWARDING.isdisjoint(request.headers.keys()):
        return False
    return _is_loopback(request.client.host) and _is_loopback_name(request.headers.get("host", ""))


def _is_loopback(host: str) -> bool:
    """Tell for an address: 127.0.0.1, ::1 and ::ffff:127.0.0.1 are, 192.168.0.2 and localhost are not."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _is_loopback_name(authority: str) -> bool:
    """Tell for a Host header: 127.0.0.1:8000, [::1]:8000 and localhost are, localhost.example.org is not."""
    try:
        name = urlsplit(f"//{authority}").hostname or ""
    except ValueError:  # a bracket that never closes
        return False
    return name == "localhost" or _is_loopback(name)


def admin_router(reloading: Reloading, gate: Gate) -> APIRouter:
    """Return the operator's addresses."""
    router = APIRouter(prefix="/admin")

    # Waits in the event loop: in a thread, a few who wait for a reload would hold up all searches.
    @router.post("/reload", responses=_RESPONSES)
    async def reload(request: Request) -> ReloadOut:
        """Read the keys again, and load the current snapshot now, if another one is served."""
        gate.check(request)
        # Not by the reloader: a key that was revoked would work until it has loaded what it is loading.
        refusal = await asyncio.to_thread(gate.keys.reload)
        reloaded = await asyncio.wrap_future(reloading.ask())
        if reloaded.status is ReloadStatus.REFUSED:
            raise BadSnapshotError(
                f"the current snapshot is refused, {reloaded.index.snapshot} stays: {reloaded.reason}"
            )
        if refusal is not None:
            raise BadKeysError(f"the file of keys is refused, the keys in force stay: {refusal}")
        return ReloadOut(status=reloaded.status, index=IndexOut.of(reloaded.index))

    return router
