"""Map the large tables of an exported encoder once, for all sessions that look up words in them."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import REBUILD_HINT, SnapshotError

TABLES = "tables.json"


@dataclass(frozen=True, slots=True)
class StoredTable:
    """Say where a table of whole numbers of eight bits stands in the file of weights; `offset` is in bytes."""

    name: str
    rows: int
    columns: int
    offset: int


def write_tables(path: Path, tables: Sequence[StoredTable]) -> None:
    """Write where the tables of an encoder stand."""
    path.write_text(json.dumps([asdict(table) for table in tables], indent=2), encoding="utf-8")


def mapped_tables(path: Path, weights: Path) -> dict[str, NDArray[np.int8]]:
    """Return the tables by name, each of shape (rows, columns), read when they are looked at.

    None are there for an encoder in fp32, and for one that an older version exported: its sessions map them themselves.

    Raises:
        SnapshotError: they cannot be read, or are not in the file of weights.
    """
    if not path.exists():
        return {}
    try:
        tables = [StoredTable(**table) for table in json.loads(path.read_text(encoding="utf-8"))]
        return {
            table.name: np.memmap(weights, np.int8, "r", offset=table.offset, shape=(table.rows, table.columns))
            for table in tables
        }
    except (OSError, ValueError, TypeError) as error:
        raise SnapshotError(f"{path} names no tables that can be read ({error}); {REBUILD_HINT}") from error
