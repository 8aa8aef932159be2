"""List, verify, roll back and prune the snapshots of an index."""

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from embeddings.errors import SnapshotError
from embeddings.files import files_below, write_atomically
from embeddings.store.layout import IndexLayout
from embeddings.store.loading import open_snapshot
from embeddings.store.manifest import (
    Manifest,
    current_line,
    current_name,
    manifest_of,
    read_current,
    snapshot_names,
    verify,
)
from embeddings.store.writer_lock import writing


@dataclass(frozen=True, slots=True)
class Version:
    """Hold one snapshot of an index; its manifest is None where it cannot be read, for the reason given."""

    name: str
    is_current: bool
    bytes: int
    manifest: Manifest | None
    damage: str = ""


def versions(folder: Path) -> list[Version]:
    """Return the snapshots of an index folder, the newest first; only their manifests are looked at.

    Where CURRENT cannot be read, none of them is the current one.

    Raises:
        SnapshotError: there is no index.
    """
    index = IndexLayout(folder)
    names = snapshot_names(index)
    current = _current(index)
    if not names:
        current_name(index)  # says what is wrong
    return [version for name in names if (version := _version(index, name, name == current)) is not None]


def _current(index: IndexLayout) -> str | None:
    with suppress(SnapshotError):
        return current_name(index)[0]
    return None


def _version(index: IndexLayout, name: str, is_current: bool) -> Version | None:
    parts = index.snapshot(name)
    try:
        size = sum((parts.folder / file).stat().st_size for file in files_below(parts.folder))
    except FileNotFoundError:  # it is being removed
        return None
    try:
        return Version(name, is_current, size, manifest_of(index, name))
    except SnapshotError as error:
        return Version(name, is_current, size, None, str(error))


def verify_index(folder: Path, every: bool = False) -> list[Version]:
    """Return the current snapshot, or every one, with the damage that was found; each of its files is read.

    Raises:
        SnapshotError: there is no index.
    """
    index = IndexLayout(folder)
    found = [_verified(index, one) for one in versions(folder) if every or one.is_current]
    return found if any(one.is_current for one in found) else [_missing(index), *found]


def _missing(index: IndexLayout) -> Version:
    try:
        name, _ = current_name(index)
    except SnapshotError as error:
        return Version("CURRENT", True, 0, None, str(error))
    return Version(name, True, 0, None, f"{index.snapshot(name).folder} is missing")


def _verified(index: IndexLayout, version: Version) -> Version:
    if version.manifest is None:
        return version
    try:
        # Only of the current one CURRENT tells what its manifest was.
        manifest = read_current(index) if version.is_current else version.manifest
        verify(index, manifest)
    except SnapshotError as error:
        return Version(version.name, version.is_current, version.bytes, version.manifest, str(error))
    return version


def roll_back(folder: Path, name: str | None = None) -> Manifest:
    """Make an earlier snapshot current, after loading it once as a service would, and return its manifest.

    Args:
        folder: the index folder.
        name: of the snapshot; None stands for the newest one older than the current one.

    Raises:
        SnapshotError: there is no such snapshot, it is damaged, or another process writes to the index.
    """
    index = IndexLayout(folder)
    versions(folder)
    try:
        with writing(index):
            left = _current(index)
            chosen = _chosen(folder, versions(folder), left, name)
            manifest = manifest_of(index, chosen)
            open_snapshot(index, manifest).close()
            _remember_rejected(index, left, chosen)
            text = index.snapshot(chosen).manifest.read_text(encoding="utf-8")
            write_atomically(index.current, current_line(text, chosen))
    except OSError as error:
        raise _unwritable(folder, error) from error
    return manifest


def _chosen(folder: Path, known: list[Version], current: str | None, name: str | None) -> str:
    names = [version.name for version in known]
    if name is None:
        # What cannot be read cannot be served.
        older = [one.name for one in known if one.manifest is not None and current is not None and one.name < current]
        if not older:
            raise SnapshotError(
                f"{folder} holds no snapshot older than {current or 'the current one, which is not known'}; "
                "`zhaiwen list` shows what there is"
            )
        return older[0]
    if name not in names:
        raise SnapshotError(
            f"{folder} holds no snapshot {name[:60]!r}, one of these was wanted: {', '.join(names[:10])}"
        )
    if name == current:
        raise SnapshotError(f"{name} is the current snapshot already; name another, `zhaiwen list` shows what there is")
    return name


def _remember_rejected(index: IndexLayout, left: str | None, chosen: str) -> None:
    """Note what was rolled back from, lest the next rebuild of the same articles publish it again."""
    index.rejected.unlink(missing_ok=True)
    if left is not None and chosen < left:
        with suppress(SnapshotError):
            write_atomically(index.rejected, manifest_of(index, left).inputs + "\n")


def prune(folder: Path, keep: int) -> list[str]:
    """Remove all but the newest snapshots, and encoders that none of the others has; return the snapshots' names.

    Args:
        folder: the index folder.
        keep: how many snapshots stay, from 1; the current one is one of them, however old it is.

    Raises:
        SnapshotError: there is no index, or another process writes to it.
    """
    versions(folder)
    index = IndexLayout(folder)
    try:
        with writing(index):
            return prune_held(index, keep)
    except OSError as error:
        raise _unwritable(folder, error) from error


def prune_held(index: IndexLayout, keep: int) -> list[str]:
    """Do what `prune` does, for who holds the lock."""
    known = versions(index.folder)
    # The current one comes first, so that it is among those that stay, and what cannot be read last.
    ordered = sorted(known, key=lambda version: (not version.is_current, version.manifest is None))
    stay, go = ordered[:keep], ordered[keep:]
    for version in go:
        _remove(index.snapshot(version.name).folder)
    # Of a snapshot that cannot be read nobody knows which encoder it has.
    if index.encoders.is_dir() and all(version.manifest is not None for version in stay):
        used = {index.encoder(one.manifest.encoder.fingerprint).name for one in stay if one.manifest is not None}
        for path in index.encoders.iterdir():
            if path.name not in used and path.is_dir():
                _remove(path)
    return [version.name for version in go]


def _remove(folder: Path) -> None:
    """Remove a folder, its manifest first, so that what is left when that is cut off passes for nothing whole."""
    (folder / "manifest.json").unlink(missing_ok=True)
    shutil.rmtree(folder)


def _unwritable(folder: Path, error: OSError) -> SnapshotError:
    return SnapshotError(
        f"{folder} cannot be written ({error.strerror or error}); check its permissions and the disk; "
        "what was served before is unchanged"
    )
