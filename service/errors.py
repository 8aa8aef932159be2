"""Decide, in one place, what a client is told when something goes wrong, and with which status."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from embeddings.errors import QuestionError, TextTooLongError
from service.schemas import ErrorBody, ErrorDetail
from service.settings import ServiceError


class NotReadyError(ServiceError):
    """Report that no index is loaded yet."""


class UnknownArticleError(ServiceError):
    """Report that the index holds no article of an id."""


class BadSnapshotError(ServiceError):
    """Report that the current snapshot cannot be served, and what is served instead."""


class UnauthorizedError(ServiceError):
    """Report a request of an operator without the right token."""


class ForbiddenError(ServiceError):
    """Report a request of an operator from where none may come."""


@dataclass(frozen=True, slots=True)
class _Told:
    """Say how an error of ours is told."""

    status: int
    code: str
    hint: str
    headers: Mapping[str, str] = field(default_factory=dict)


_TOLD = {
    NotReadyError: _Told(503, "not_ready", "ask again in a few seconds; see GET /readyz", {"Retry-After": "5"}),
    UnknownArticleError: _Told(404, "unknown_article", "take the id of an article from the results of a search"),
    # The service is well and answers from the old one: what is at odds with the wish is what lies on the disk.
    BadSnapshotError: _Told(
        409, "bad_snapshot", "mend what the message names, then ask again; GET /readyz tells what is served"
    ),
    UnauthorizedError: _Told(
        401,
        "unauthorized",
        "send the header `Authorization: Bearer …` with the value of ZHAIWEN_ADMIN_TOKEN",
        {"WWW-Authenticate": "Bearer"},
    ),
    ForbiddenError: _Told(
        403, "forbidden", "call it with curl on the service's own machine, by 127.0.0.1, or set ZHAIWEN_ADMIN_TOKEN"
    ),
}


# A question about a debt must not linger in a cache, nor in the address of the page before.
PRIVATE_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
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
        told = _TOLD[type(error)]
        response = _response(told.status, told.code, str(error), told.hint)
        response.headers.update(told.headers)
        return response

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
    def unexpected(_request: Request, _error: Exception) -> JSONResponse:
        response = _response(500, "internal", "the service failed", "the operator's log has the details")
        # Made outside of the middleware that sets these for all other answers.
        response.headers.update(PRIVATE_HEADERS)
        return response


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
