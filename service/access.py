"""Let in who may ask, and as often as they may."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from embeddings.errors import QuestionError
from service.errors import NoKeyError, RateLimitedError, told
from service.key_ring import KeyRing
from service.keys import KeyHolder, Keys
from service.noting import notes_of
from service.rate_limits import RateLimits, sender_of
from service.records import Rate
from service.settings import ServiceError

# The page and the health checks say nothing of the index, and the documentation says what is public anyway;
# browsers and load balancers ask for them without a key. /admin has a gate of its own. All else is closed,
# /metrics too: it tells how much is asked.
_OPEN = frozenset(
    {"/", "/worker.js", "/status", "/healthz", "/readyz", "/docs", "/docs/oauth2-redirect", "/openapi.json"}
)
_OPEN_FOLDERS = ("/web/", "/static-offline-docs/", "/admin/")


class Access:
    """Wrap the application.

    Where there are keys, a request needs one. It counts against the key's rate; a request without
    one against the rate of its address, so that guessing is limited, too.

    Args:
        app: what answers.
        keys: who may ask at the moment; nobody needs a key where there is none.
        address_rate: how often an address may ask without a key; None for any.
    """

    def __init__(self, app: ASGIApp, *, keys: KeyRing, address_rate: Rate | None) -> None:
        self._app = app
        self._keys = keys
        self._address_rate = address_rate
        self._limits = RateLimits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and not is_open(scope):
            try:
                self._check(scope)
            except ServiceError as error:
                await told(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        keys = self._keys.keys
        holder = _holder(keys, scope)
        if holder is None:
            # A server on a Unix socket knows no address: all who come by it are one.
            host = sender_of(scope["client"][0]) if scope.get("client") else ""
            self._count(scope, f"address {host}", self._address_rate, "this address")
            if keys.holders:
                raise NoKeyError("the key is missing or wrong")
        else:
            notes_of(scope).key_name = holder.name
            # With the rate: what was sent at another one does not count where an operator has set this one.
            self._count(scope, f"key {holder.name} {holder.rate}", holder.rate, f"the key {holder.name}")

    def _count(self, scope: Scope, sender: str, rate: Rate | None, shown: str) -> None:
        if rate is None:
            return

        def count(requests: int) -> None:
            seconds = self._limits.seconds_to_wait(sender, rate, requests)
            if seconds > 0:
                raise RateLimitedError(f"{shown} has sent more than {rate}", seconds)

        def charge(more: int) -> None:
            if more + 1 > rate.requests:
                raise QuestionError(
                    f"{more + 1} questions were given, {shown} may send {rate}; send fewer in one request"
                )
            if more:
                count(more)

        count(1)
        notes_of(scope).charge = charge


def _holder(keys: Keys, scope: Scope) -> KeyHolder | None:
    return keys.holder_of(Headers(scope=scope).get("authorization", "")) if keys.holders else None


def is_open(scope: Scope) -> bool:
    """Tell whether everybody may ask for an address."""
    path = route_path(scope)
    return path in _OPEN or path.startswith(_OPEN_FOLDERS)


def route_path(scope: Scope) -> str:
    """Return the path as the router sees it: without what the server puts in front of it for a proxy."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path[len(root) :] if root and path.startswith(f"{root}/") else path
