"""Keep what is known of a request, for those who count and log. Never an address."""

import re
import secrets
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

REQUEST_ID_HEADER = b"x-request-id"
# What a proxy or a client may name a request: it stands in logs as it is, so no line end, and no sentence.
_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_ID_BYTES = 8
_KEY = "zhaiwen.notes"
# What stands for the address where a request was refused before it, or where there is no such address.
NO_ROUTE = "none"

_Scope = MutableMapping[str, Any]


def _free(_requests: int) -> None:
    """Count nothing: nobody has said against which rate."""


@dataclass(slots=True)
class Notes:
    """Hold the id of a request, and the name of the key that it was sent with.

    `charge` counts so many more requests against the rate of whoever sent it, or raises as if they had been sent.
    """

    request_id: str
    key_name: str | None = None
    charge: Callable[[int], None] = _free


def open_notes(scope: _Scope) -> Notes:
    """Begin the notes of a request: with the id that it was sent with, if that is a sane one, else with a new one."""
    given = next((value for name, value in _headers(scope) if name == REQUEST_ID_HEADER), b"")
    sane = _SANE_ID.fullmatch(given)
    notes = Notes(given.decode("ascii") if sane else secrets.token_hex(_ID_BYTES))
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


def _headers(scope: _Scope) -> Iterable[tuple[bytes, bytes]]:
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    return headers
