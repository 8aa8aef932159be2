"""List and open files that may have been put there by strangers."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from corpus.errors import CorpusError
from corpus.readers.contract import MAX_ARTICLE_BYTES

# A pipe must not block, whatever it is called; Windows knows neither flag, but needs its own.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_CHUNK = 1 << 20


class Found(NamedTuple):
    """Hold a file's path relative to the folder, with slashes, and what is wrong with it, if anything is."""

    name: str
    problem: str = ""


def walk(folder: Path, suffixes: frozenset[str]) -> Iterator[Found]:
    """Yield the files below `folder` that end in one of `suffixes`, sorted by their relative paths.

    What is hidden is passed over. Folders behind links are not entered, nor those named like a file:
    each of these is found with its problem.
    """
    stack = [_entries(folder, "", suffixes)]
    while stack:
        entry = next(stack[-1], None)
        if entry is None:
            stack.pop()
        elif entry.name.endswith("/"):
            stack.append(_entries(folder, entry.name, suffixes))
        else:
            yield entry


def _entries(folder: Path, prefix: str, suffixes: frozenset[str]) -> Iterator[Found]:
    """Yield what is wanted of one folder in order; a name that ends in a slash is a folder to enter."""
    try:
        with os.scandir(folder / prefix) as entries:
            found = [one for entry in entries if (one := _judge(entry, prefix, suffixes)) is not None]
    except OSError as error:
        found = [Found(prefix.rstrip("/") or ".", f"the folder cannot be read ({error.strerror})")]
    return iter(sorted(found))


def _judge(entry: os.DirEntry[str], prefix: str, suffixes: frozenset[str]) -> Found | None:
    if entry.name.startswith("."):
        return None
    name = prefix + entry.name
    wanted = Path(entry.name).suffix.lower() in suffixes
    try:
        is_folder = entry.is_dir()
    except OSError:  # a link that leads round in a circle
        is_folder = False
    if is_folder and entry.is_symlink():
        return Found(name, "it is a link to a folder, and such are not entered; put the folder itself there")
    if is_folder and wanted:
        return Found(name, "it is a folder with the name of a file, and is not entered; rename it")
    if is_folder:
        return Found(f"{name}/")
    return Found(name) if wanted else None


@contextmanager
def opened(path: Path, folder: Path | None = None) -> Iterator[BinaryIO]:
    """Open a regular file for reading, without ever waiting for it.

    Args:
        path: of the file.
        folder: that the file must lie in, when links are followed; None for anywhere.

    Raises:
        CorpusError: it cannot be read, also while the body runs, is no regular file, or lies elsewhere.
    """
    try:
        with os.fdopen(os.open(_resolved(path, folder), _FLAGS), "rb") as file:
            _check_regular(os.fstat(file.fileno()).st_mode)
            yield file
    except OSError as error:
        raise _unreadable(error) from error


def _resolved(path: Path, folder: Path | None) -> Path:
    try:
        resolved = path.resolve(strict=True)
    except RuntimeError as error:  # links that lead round in a circle, before Python 3.13
        raise _unreadable(error) from error
    # An article folder may come from strangers: a link in it must not publish other files.
    if folder is not None and not resolved.is_relative_to(folder.resolve()):
        raise CorpusError("it is a link that leads out of the folder; put the file itself there")
    _check_regular(resolved.stat().st_mode)  # opening a device can do something
    return resolved


def _check_regular(mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise CorpusError("it is not a regular file; remove it from the folder")


def _unreadable(error: OSError | RuntimeError) -> CorpusError:
    reason = getattr(error, "strerror", None) or str(error)
    return CorpusError(f"it cannot be read ({reason}); check the file and its permissions")


def read_bytes(path: Path, folder: Path | None = None) -> bytes:
    """Return a file's bytes.

    Raises:
        CorpusError: as `opened` does, or the file is larger than an article may be.
    """
    with opened(path, folder) as file:
        size = os.fstat(file.fileno()).st_size
        # Read no more than that even if the file grows meanwhile.
        data = b"" if size > MAX_ARTICLE_BYTES else file.read(MAX_ARTICLE_BYTES + 1)
    size = max(size, len(data))
    if size > MAX_ARTICLE_BYTES:
        raise CorpusError(
            f"it has {size:,} bytes, an article at most {MAX_ARTICLE_BYTES:,}; split it into several files"
        )
    return data


def file_sha256(path: Path, folder: Path | None = None) -> str:
    """Return the SHA-256 of a file's bytes, however many; "" where the file cannot be read."""
    digest = hashlib.sha256()
    try:
        with opened(path, folder) as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except CorpusError:
        return ""
    return digest.hexdigest()


def shown_name(name: str) -> str:
    """Return a name fit for a message: bytes that are not UTF-8 and characters that cannot be seen are written out."""
    utf8 = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in utf8
    )
