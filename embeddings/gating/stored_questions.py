"""Keep question sets in snapshots, so that each build is measured by those that an earlier one was given."""

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from embeddings.errors import SnapshotError
from embeddings.evaluation.evaluating import Asked
from embeddings.files import sha256_of
from embeddings.store.layout import IndexLayout, SnapshotLayout
from embeddings.store.manifest import current_name, snapshot_names

NAME = "asked.json"
_ASKED = TypeAdapter(Asked)


def stored_form(asked: Asked) -> dict[str, str]:
    """Return the files to keep in a snapshot, by name; pools are not kept."""
    kept = replace(asked, pools=(), names=tuple(Path(name).name for name in asked.names))
    return {NAME: _ASKED.dump_json(kept, indent=1, ensure_ascii=False).decode("utf-8") + "\n"}


def stored_questions(folder: Path) -> Asked | None:
    """Return the questions that an index keeps: those of the current snapshot, else of the newest that keeps some.

    A snapshot need not be one that this version of the program can serve.

    Raises:
        SnapshotError: they are damaged.
    """
    index = IndexLayout(folder)
    names = snapshot_names(index)
    with suppress(SnapshotError):
        names.insert(0, current_name(index)[0])
    for name in names:
        path = index.snapshot(name).questions / NAME
        if path.exists():
            return _read(path, _checksum(index.snapshot(name)))
    return None


def _checksum(parts: SnapshotLayout) -> object:
    try:
        return json.loads(parts.manifest.read_text(encoding="utf-8"))["files"][f"questions/{NAME}"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _read(path: Path, checksum: object) -> Asked:
    try:
        if sha256_of(path) != checksum:
            raise SnapshotError(
                f"{path} is damaged: its checksum has changed; name the questions, or leave them with "
                "--forget-questions"
            )
        return _ASKED.validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise SnapshotError(
            f"{path} holds no questions that can be read; name them, or leave them with --forget-questions"
        ) from error
