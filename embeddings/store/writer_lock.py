"""Let one process at a time write to an index, and tell the others which one it is."""

import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from filelock import FileLock, Timeout

from embeddings.errors import SnapshotError
from embeddings.files import remove_unfinished, write_atomically
from embeddings.store.layout import IndexLayout
from embeddings.store.manifest import is_snapshot_name


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
            _remove_unpublished(index)
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


def about_to_publish(index: IndexLayout, snapshot: str) -> None:
    """Note which snapshot is complete in a moment, and not current yet; for who holds the lock."""
    write_atomically(index.writer, _me(snapshot))


def _remove_unpublished(index: IndexLayout) -> None:
    """Remove a snapshot that a killed writer completed, but did not make current: nobody ever let it through."""
    name = _note(index).get("publishing", "")
    current = index.current.read_text(encoding="utf-8", errors="replace") if index.current.exists() else ""
    if is_snapshot_name(name) and not current.startswith(f"{name} "):
        shutil.rmtree(index.snapshot(name).folder, ignore_errors=True)


def _me(publishing: str = "") -> str:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    note = {"pid": os.getpid(), "host": socket.gethostname(), "since": since, "publishing": publishing}
    return json.dumps(note) + "\n"


def _note(index: IndexLayout) -> dict[str, str]:
    try:
        note = json.loads(index.writer.read_text(encoding="utf-8"))
        return {str(name): str(value) for name, value in note.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _holder(index: IndexLayout) -> str:
    """Return who holds the lock, as far as can be told."""
    holder = _note(index)
    if not {"pid", "host", "since"} <= holder.keys():
        return "another process"
    return f"process {holder['pid'][:10]} on {holder['host'][:60]!r} (since {holder['since'][:30]})"
