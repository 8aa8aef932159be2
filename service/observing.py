"""See every request from outside: name it, make its answer private, count it, and log it if wanted."""

import logging
import time
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.logs import fields
from service.noting import REQUEST_ID_HEADER, Notes, header_of, open_notes, route_of
from service.records import SeenRequest
from service.security_headers import add_missing
from service.telemetry import Telemetry

_LOG = logging.getLogger("zhaiwen.requests")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_FAILED = 500
# As nginx says it: who asked has gone before there was an answer.
_GONE = 499


class Observer:
    """Wrap the application.

    Plain ASGI: Starlette's BaseHTTPMiddleware starts a task and two streams for each request, which
    cost as much as the rest of the chain together.

    Args:
        app: what answers.
        telemetry: where requests are counted, and traced if wanted.
        policies: the Content-Security-Policy of a route, where it needs more than the others.
        log_requests: whether each request gives a line.
    """

    def __init__(self, app: ASGIApp, *, telemetry: Telemetry, policies: Mapping[str, str], log_requests: bool) -> None:
        self._app = app
        self._metrics = telemetry.metrics
        self._traces = telemetry.traces
        self._policies = {route: policy.encode("latin-1") for route, policy in policies.items()}
        self._log_requests = log_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        notes = open_notes(scope)
        status = _GONE

        async def send_completed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message["headers"] = list(message["headers"])
                headers.append((REQUEST_ID_HEADER, notes.request_id.encode("ascii")))
                add_missing(headers, self._policies.get(route_of(scope)))
            await send(message)

        try:
            await self._app(scope, receive, send_completed)
        except BaseException:
            status = _FAILED
            raise
        finally:
            self._note(scope, notes, status, started)

    def _note(self, scope: Scope, notes: Notes, status: int, started: float) -> None:
        route, seconds = route_of(scope), time.perf_counter() - started
        method: str | None = scope["method"] if scope["method"] in _METHODS else None
        self._metrics.count_request(route, status, seconds)
        if self._log_requests:
            # Neither the address as it was sent, which may hold a question, nor who sent it.
            told = {"method": method or "other", "route": route, "status": status, "ms": round(seconds * 1000, 1)}
            _LOG.info("request", extra=fields(**told, key=notes.key_name, request_id=notes.request_id))
        if self._traces is not None:
            parent, stages = header_of(scope, b"traceparent"), tuple(notes.stages)
            self._traces.request(SeenRequest(method, route, status, notes.request_id, parent, started, stages))
