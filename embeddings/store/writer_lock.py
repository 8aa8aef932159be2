"""Let one process at a time write to an index, and tell the others which one it is."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from filelock import FileLock, Timeout

from embeddings.errors import SnapshotError
from embeddings.files import remove_unfinished, write_atomically
from embeddings.store.layout import IndexLayout


@contextmanager
def writing(index: IndexLayout) -> Iterator[bool]:
    """Hold the index's lock, and clear away what a killed writer left.

    The lock is the system's, which lets go of it when its holder ends in whatever way: a lock is never
    left behind, only the note of who held it.

    Yields:
        Whether the last writer was cut off.

    Raises:
        SnapshotError: another process holds it.
        OSError: the folder cannot be written.
    """
    index.snapshots.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(index.lock, timeout=0):
            cut_off = index.writer.exists()
            for folder in (index.folder, index.snapshots, index.encoders):
                remove_unfinished(folder)
            write_atomically(index.writer, _me())
            try:
                yield cut_off
            finally:
                index.writer.unlink(missing_ok=True)
    except Timeout as error:
        raise SnapshotError(
            f"{_holder(index)} is writing to {index.folder}; wait until it has finished, or stop it"
        ) from error


def _me() -> str:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": since}) + "\n"


def _holder(index: IndexLayout) -> str:
    """Return who holds the lock, as far as can be told."""
    try:
        holder = json.loads(index.writer.read_text(encoding="utf-8"))
        return f"process {int(holder['pid'])} on {str(holder['host'])[:60]!r} (since {str(holder['since'])[:30]})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
