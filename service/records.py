"""Define the records that cross file borders inside of the service."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Self

from embeddings.records import IndexInfo


@dataclass(frozen=True, slots=True)
class HolderState:
    """Tell what is held at one moment.

    `loaded_at` is in seconds since 1970, 0 where there is no index; `old_open` counts the indexes
    that are replaced but still answer a request.
    """

    index: IndexInfo | None
    loaded_at: float
    old_open: int


_RATE = re.compile(r"([1-9][0-9]{0,5})/(second|minute|hour|day)")
_UNIT_SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}


@dataclass(frozen=True, slots=True)
class Rate:
    """Allow so many requests within so many seconds."""

    requests: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read 60/minute; return None for 0/minute, 60 and 60/week."""
        match = _RATE.fullmatch(text)
        return cls(int(match[1]), _UNIT_SECONDS[match[2]]) if match else None

    def __str__(self) -> str:
        unit = next(name for name, seconds in _UNIT_SECONDS.items() if seconds == self.seconds)
        return f"{self.requests}/{unit}"


@dataclass(frozen=True, slots=True)
class Stage:
    """Tell of a stage of a search: when it began, by `time.perf_counter`, and how many seconds it took."""

    name: str
    started: float
    seconds: float


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """Tell of a request that has ended; never who asked what.

    `method` is None where it is none of HTTP's, `route` the template of the address, `started` by
    `time.perf_counter`, and `traceparent` the header of that name, "" without one.
    """

    method: str | None
    route: str
    status: int
    request_id: str
    traceparent: str
    started: float
    stages: tuple[Stage, ...]


class ReloadStatus(Enum):
    """Name what came of looking at the index folder."""

    LOADED = "loaded"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Reloaded:
    """Tell what came of a reload: what is served after it and, where a snapshot was refused, why."""

    status: ReloadStatus
    index: IndexInfo
    reason: str = ""
