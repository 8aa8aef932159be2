"""Write files and folders so that a reader sees all of them or none; hash what was written."""

import hashlib
import json
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

UNFINISHED_PREFIX = ".unfinished-"
SEAL = "checksums.json"
# Hashing lets other threads run once a block: with 1 MB a service under load takes half as long again to reload.
_READ_BYTES = 1 << 24

Made = TypeVar("Made")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()


def files_below(folder: Path) -> tuple[str, ...]:
    """Return the relative paths of all regular files below a folder, sorted."""
    return tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()))


def checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below a folder but its seal, by relative path."""
    return {name: sha256_of(folder / name) for name in files_below(folder) if name != SEAL}


def seal(folder: Path) -> None:
    """Write the checksums of a finished folder into it."""
    (folder / SEAL).write_text(json.dumps(checksums(folder), indent=1, sort_keys=True), encoding="utf-8")


def is_intact(folder: Path) -> bool:
    """Return whether a folder was sealed and holds just what it held then."""
    try:
        wanted = json.loads((folder / SEAL).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(wanted == checksums(folder))


def remove_unfinished(folder: Path) -> None:
    """Remove what killed writers left in a folder. Only for who holds the lock on it."""
    for path in folder.glob(f"{UNFINISHED_PREFIX}*"):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def write_atomically(path: Path, text: str) -> None:
    """Replace a file in one step, after its new content has reached the disk."""
    handle, name = tempfile.mkstemp(prefix=UNFINISHED_PREFIX, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


@contextmanager
def new_folder(final: Path) -> Iterator[Path]:
    """Give an unfinished folder beside `final`; at the end it becomes `final` in one step.

    All files in it are flushed to the disk first. Where the body raises, it is removed and
    `final` is as it was. Where `final` exists by then, the new folder is dropped: both came
    from the same input, and the first one counts.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED_PREFIX, dir=final.parent))
    try:
        yield unfinished
        # Temporary names are private; what is published may be read by the account that serves.
        os.chmod(unfinished, 0o755)  # noqa: S103
        for name in files_below(unfinished):
            os.chmod(unfinished / name, 0o644)
            _sync_file(unfinished / name)
        for folder in {unfinished, *((unfinished / name).parent for name in files_below(unfinished))}:
            sync_folder(folder)
        if not final.exists():
            unfinished.rename(final)
            sync_folder(final.parent)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def in_scratch_folder(make: Callable[[Path], Made]) -> Made:
    """Return what `make` makes in a new folder, which is gone with it."""
    folder = Path(tempfile.mkdtemp(prefix="zhaiwen-"))
    try:
        made = make(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    weakref.finalize(made, shutil.rmtree, folder, ignore_errors=True)
    return made
