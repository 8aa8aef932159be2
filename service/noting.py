"""Keep what is known of a request, for those who count and log. Never an address."""

import re
import secrets
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from service.records import Stage

REQUEST_ID_HEADER = b"x-request-id"
# What a proxy or a client may name a request: it stands in logs as it is, so no line end, and no sentence.
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ID_BYTES = 8
_KEY = "zhaiwen.notes"
# What stands for the address where a request was refused before it, or where there is no such address.
NO_ROUTE = "none"

_Scope = MutableMapping[str, Any]


def _free(_requests: int) -> None:
    """Count nothing: nobody has said against which rate."""


@dataclass(slots=True)
class Notes:
    """Hold the id of a request, the name of the key that it was sent with, and how long its search took.

    `stages` is for those who run the stages of a search, in whatever thread.
    `charge` counts so many more requests against the rate of whoever sent it, or raises as if they had been sent.
    """

    request_id: str
    key_name: str | None = None
    charge: Callable[[int], None] = _free
    stages: list[Stage] = field(default_factory=list)


def open_notes(scope: _Scope) -> Notes:
    """Begin the notes of a request: with the id that it was sent with, if that is a sane one, else with a new one."""
    given = header_of(scope, REQUEST_ID_HEADER)
    notes = Notes(given if _SANE_ID.fullmatch(given) else secrets.token_hex(_ID_BYTES))
    scope[_KEY] = notes
    return notes


def notes_of(scope: _Scope) -> Notes:
    """Return the notes of a request; new ones where nobody has begun any."""
    notes = scope.get(_KEY)
    return notes if isinstance(notes, Notes) else open_notes(scope)


def route_of(scope: _Scope) -> str:
    """Return the template of the address that answered, such as /articles/{article_id}, of files their folder."""
    route = scope.get("route")
    if route is None and "app_root_path" in scope:
        root: str = scope["app_root_path"]
        return str(scope["root_path"])[len(root) :] or NO_ROUTE
    path = getattr(route, "path_format", None) or getattr(route, "path", None)
    return path if isinstance(path, str) else NO_ROUTE


def header_of(scope: _Scope, wanted: bytes) -> str:
    """Return the first header of a name, in lower case, or ""."""
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    return next((value.decode("latin-1") for name, value in headers if name == wanted), "")
