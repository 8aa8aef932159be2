"""Keep question sets in snapshots, so that each build is measured by those that an earlier one was given."""

from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from embeddings.errors import REBUILD_HINT, SnapshotError
from embeddings.evaluation.evaluating import Asked
from embeddings.files import sha256_of
from embeddings.store.layout import IndexLayout
from embeddings.store.manifest import read_current

NAME = "asked.json"
_ASKED = TypeAdapter(Asked)


def stored_form(asked: Asked) -> dict[str, str]:
    """Return the files to keep in a snapshot, by name; pools are not kept."""
    kept = replace(asked, pools=(), names=tuple(Path(name).name for name in asked.names))
    return {NAME: _ASKED.dump_json(kept, indent=1, ensure_ascii=False).decode("utf-8") + "\n"}


def stored_questions(folder: Path) -> Asked | None:
    """Return the questions that the current snapshot of an index keeps, None where there is none, or it keeps none.

    Raises:
        SnapshotError: they are damaged.
    """
    index = IndexLayout(folder)
    try:
        manifest = read_current(index)
    except SnapshotError:
        # There is nothing yet, or nothing that can be relied on; the build says more of it.
        return None
    path = index.snapshot(manifest.snapshot).questions / NAME
    wanted = manifest.files.get(f"questions/{NAME}")
    if wanted is None:
        return None
    try:
        if sha256_of(path) != wanted:
            raise SnapshotError(f"{path} is damaged: its checksum has changed; name the questions, or {REBUILD_HINT}")
        return _ASKED.validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise SnapshotError(f"{path} holds no questions that can be read; name them, or {REBUILD_HINT}") from error
