"""Define the records that cross file borders inside of the service."""

from dataclasses import dataclass
from enum import Enum

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
