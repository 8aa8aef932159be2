"""Refuse requests that are too big, before anything of them is understood."""

import asyncio

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import BodyTooLargeError, HeadersTooLargeError, SlowBodyError, UrlTooLongError, told
from service.settings import ServiceError

# A question of 1,000 characters, each of four bytes, each byte as %XX, has 12,000.
MAX_URL_BYTES = 16_384
MAX_HEADER_BYTES = 16_384
# A longest body at 4 kB a second; who sends slower holds a connection, and perhaps means to.
BODY_SECONDS = 30.0


class RequestLimits:
    """Wrap the application; what it is given has bounds, and its body is there.

    Bytes are counted as they come, whatever Content-Length says. Starlette's own limit answers some
    of these in plain text; all our errors have one form.
    """

    def __init__(self, app: ASGIApp, *, max_body_bytes: int) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            if self._has_body(scope):
                receive = await self._received(receive)
        except ServiceError as error:
            # What is still on its way is never read: the connection ends with the answer.
            await told(error)(scope, receive, send)
        except ClientDisconnect:
            return
        else:
            await self._app(scope, receive, send)

    def _has_body(self, scope: Scope) -> bool:
        """Tell whether a body follows, after a look at the size of what came before it."""
        url_bytes = len(scope.get("raw_path") or b"") + len(scope.get("query_string") or b"")
        if url_bytes > MAX_URL_BYTES:
            raise UrlTooLongError(f"the address has {url_bytes} bytes, at most {MAX_URL_BYTES} are read")
        size, has_body = 0, False
        for name, value in scope["headers"]:
            size += len(name) + len(value)
            if name == b"content-length":
                length = int(value) if value.isdigit() else 0
                if length > self._max_body_bytes:
                    raise self._too_large(f"{length} bytes")
                has_body = has_body or length > 0
            elif name == b"transfer-encoding":
                has_body = True
        if size > MAX_HEADER_BYTES:
            raise HeadersTooLargeError(f"the headers have {size} bytes, at most {MAX_HEADER_BYTES} are read")
        return has_body

    async def _received(self, receive: Receive) -> Receive:
        """Read the body; return what gives it once, and then what follows it."""
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await self._read(receive)
        except TimeoutError as error:
            raise SlowBodyError(f"the body was not there after {BODY_SECONDS:.0f} seconds") from error
        whole: Message | None = {"type": "http.request", "body": body, "more_body": False}

        async def receive_whole() -> Message:
            nonlocal whole
            message, whole = whole, None
            return message if message is not None else await receive()

        return receive_whole

    async def _read(self, receive: Receive) -> bytes:
        pieces: list[bytes] = []
        size, is_more = 0, True
        while is_more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            pieces.append(message.get("body", b""))
            size += len(pieces[-1])
            if size > self._max_body_bytes:
                raise self._too_large("more")
            is_more = message.get("more_body", False)
        return b"".join(pieces)

    def _too_large(self, what: str) -> BodyTooLargeError:
        return BodyTooLargeError(f"the body has {what}, at most {self._max_body_bytes} bytes are read")
