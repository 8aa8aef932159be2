"""Decide, in one place, what a client is told when something goes wrong, and with which status."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from embeddings.errors import QuestionError, TextTooLongError
from service.noting import REQUEST_ID_HEADER, notes_of
from service.schemas import ErrorBody, ErrorDetail
from service.security_headers import add_missing
from service.settings import ServiceError


class NotReadyError(ServiceError):
    """Report that no index is loaded yet."""


class UnknownArticleError(ServiceError):
    """Report that the index holds no article of an id."""


class UnknownPassageError(ServiceError):
    """Report that the index holds no passage of an id."""


class BadSnapshotError(ServiceError):
    """Report that the current snapshot cannot be served, and what is served instead."""


class BadKeysError(ServiceError):
    """Report that the file of keys cannot be used any more, and that those read before stay in force."""


class UnauthorizedError(ServiceError):
    """Report a request of an operator without the right token."""


class ForbiddenError(ServiceError):
    """Report a request of an operator from where none may come."""


class NoKeyError(ServiceError):
    """Report a request without a key, where one is needed."""


class RateLimitedError(ServiceError):
    """Report a sender who has used the rate up; after `seconds` the next request is taken."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class BodyTooLargeError(ServiceError):
    """Report a body that is longer than what is read."""


class SlowBodyError(ServiceError):
    """Report a body that does not come."""


class BusyError(ServiceError):
    """Report that more is asked than can be answered in time."""


class TooManyConnectionsError(ServiceError):
    """Report that no more connections are accepted."""


class UnreadableRequestError(ServiceError):
    """Report bytes that are no request."""


class UrlTooLongError(ServiceError):
    """Report an address that is longer than what is read."""


class HeadersTooLargeError(ServiceError):
    """Report headers that are longer than what is read."""


@dataclass(frozen=True, slots=True)
class _Told:
    """Say how an error of ours is told."""

    status: int
    code: str
    hint: str
    headers: Mapping[str, str] = field(default_factory=dict)


# The rest of a body that nobody reads must not be taken for the next request.
_CLOSE = {"Connection": "close"}
_ASK_FOR_TOKEN = {"WWW-Authenticate": "Bearer"}
_TOLD = {
    NotReadyError: _Told(503, "not_ready", "ask again in a few seconds; see GET /readyz", {"Retry-After": "5"}),
    UnknownArticleError: _Told(404, "unknown_article", "take the id of an article from the results of a search"),
    UnknownPassageError: _Told(
        404, "unknown_passage", "take it from the results of a search; articles that changed have other passages"
    ),
    # The service is well and answers from the old one: what is at odds with the wish is what lies on the disk.
    BadSnapshotError: _Told(
        409, "bad_snapshot", "mend what the message names, then ask again; GET /readyz tells what is served"
    ),
    BadKeysError: _Told(
        409, "bad_keys", "mend what the message names, then ask again; the index was looked at all the same"
    ),
    UnauthorizedError: _Told(
        401,
        "unauthorized",
        "send the header `Authorization: Bearer …` with the value of ZHAIWEN_ADMIN_TOKEN, or with a key of an admin",
        _ASK_FOR_TOKEN,
    ),
    ForbiddenError: _Told(
        403, "forbidden", "call it with curl on the service's own machine, by 127.0.0.1, or set ZHAIWEN_ADMIN_TOKEN"
    ),
    NoKeyError: _Told(
        401, "unauthorized", "send the header `Authorization: Bearer …` with a key from the operator", _ASK_FOR_TOKEN
    ),
    BusyError: _Told(
        503, "busy", "ask again after as many seconds as the header Retry-After says", {"Retry-After": "1"}
    ),
    TooManyConnectionsError: _Told(
        503,
        "too_many_connections",
        "ask again after as many seconds as the header Retry-After says",
        {"Retry-After": "1"},
    ),
    UnreadableRequestError: _Told(400, "unreadable_request", "speak HTTP/1.1 here, without TLS", _CLOSE),
    RateLimitedError: _Told(429, "rate_limited", "wait as many seconds as the header Retry-After says"),
    BodyTooLargeError: _Told(413, "body_too_large", "ask one question of at most 1000 characters", _CLOSE),
    SlowBodyError: _Told(408, "slow_body", "send the whole body at once", _CLOSE),
    UrlTooLongError: _Told(414, "url_too_long", "POST the question, and leave out what the answer does not depend on"),
    HeadersTooLargeError: _Told(431, "headers_too_large", "send fewer headers: no cookies are needed"),
}
_HINT = "GET /docs shows every address, its methods, its parameters and their limits"
_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_BAD_REQUEST = 400
_WRONG_METHOD = 405


def install_error_handlers(app: FastAPI) -> None:
    """Make every error of the application a JSON body of the one documented shape."""

    @app.exception_handler(QuestionError)
    def question(_request: Request, error: QuestionError) -> JSONResponse:
        code = "question_too_long" if isinstance(error, TextTooLongError) else "invalid_question"
        message, _, hint = str(error).partition("; ")
        return _response(422, code, message, hint)

    @app.exception_handler(RequestValidationError)
    def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        problems = "; ".join(
            f"{'.'.join(map(str, item['loc'][1:])) or item['loc'][0]}: {item['msg']}" for item in error.errors()
        )
        # A key of the request may hold half a character, which no answer can carry.
        shown = problems.encode("utf-8", "backslashreplace").decode("utf-8")
        return _response(422, "invalid_request", shown, _HINT)

    @app.exception_handler(ServiceError)
    def ours(_request: Request, error: ServiceError) -> JSONResponse:
        return told(error)

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == _BAD_REQUEST:
            # FastAPI says so, and no more, where a body's bytes are no text, or brackets are nested without end.
            message = "the body cannot be read as JSON in UTF-8"
            return _response(_BAD_REQUEST, "unreadable_body", message, _HINT)
        code = str(error.detail).lower().replace(" ", "_")
        response = _response(error.status_code, code, str(error.detail), _HINT)
        response.headers.update(error.headers or {})
        if error.status_code == _WRONG_METHOD:
            response.headers["Allow"] = ", ".join(_allowed(request) or [response.headers.get("Allow", "")])
        return response

    @app.exception_handler(Exception)
    def unexpected(request: Request, _error: Exception) -> JSONResponse:
        response = _response(500, "internal", "the service failed", "the operator's log has the details")
        # Made outside of the middleware that sets these for all other answers.
        response.raw_headers.append((REQUEST_ID_HEADER, notes_of(request.scope).request_id.encode("ascii")))
        add_missing(response.raw_headers)
        return response


def told(error: ServiceError) -> JSONResponse:
    """Return what a client is told of an error of ours."""
    how = _TOLD[type(error)]
    response = _response(how.status, how.code, str(error), how.hint)
    response.headers.update(how.headers)
    if isinstance(error, RateLimitedError):
        response.headers["Retry-After"] = str(math.ceil(error.seconds))
    return response


def documented(*errors: type[ServiceError]) -> dict[int | str, dict[str, object]]:
    """Return what the interactive documentation says of errors."""
    descriptions = {_TOLD[error].status: (error.__doc__ or "").replace("Report a", "A", 1) for error in errors}
    return {status: {"model": ErrorBody, "description": text} for status, text in descriptions.items()}


def _allowed(request: Request) -> list[str]:
    """Return the methods of an address: each of its routes knows only its own."""
    return [
        method
        for method in _METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in request.app.routes)
    ]


def _response(status: int, code: str, message: str, hint: str) -> JSONResponse:
    body = ErrorBody(error=ErrorDetail(code=code, message=message, hint=hint))
    return JSONResponse(body.model_dump(), status_code=status)
