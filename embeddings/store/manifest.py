"""Describe a snapshot: what it was made from, and the checksums that prove it whole."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from embeddings.errors import SnapshotError
from embeddings.files import SEAL, files_below, sha256_of
from embeddings.records import EncoderInfo, Prompts
from embeddings.store.layout import FORMAT_VERSION, IndexLayout

REBUILD_HINT = "run `zhaiwen rebuild --full`"


@dataclass(frozen=True, slots=True)
class Manifest:
    """Hold what `manifest.json` says; `files` and `encoder_files` map names to SHA-256.

    `inputs` identifies everything that the snapshot's content follows from: two builds with the
    same inputs give the same passages and vectors.
    """

    format_version: int
    snapshot: str
    created: str
    inputs: str
    encoder: EncoderInfo
    target_tokens: int
    max_tokens: int
    passages: int
    articles: dict[str, str]
    files: dict[str, str]
    encoder_files: dict[str, str]

    def to_json(self) -> str:
        """Return the manifest as JSON text, always the same for the same manifest."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def parse_manifest(text: str, where: Path) -> Manifest:
    """Return the manifest that `Manifest.to_json` wrote.

    Raises:
        SnapshotError: the text is no manifest, or one of another format version.
    """
    try:
        fields = json.loads(text)
        version = fields["format_version"]
    except (ValueError, KeyError, TypeError) as error:
        raise SnapshotError(f"{where} is no manifest ({error}); {REBUILD_HINT}") from error
    if version != FORMAT_VERSION:
        raise SnapshotError(
            f"{where} has format {version}, this program reads format {FORMAT_VERSION}; "
            f"{REBUILD_HINT}, or use the version of zhaiwen that wrote it"
        )
    try:
        encoder = EncoderInfo(**{**fields["encoder"], "prompts": Prompts(**fields["encoder"]["prompts"])})
        return Manifest(**{**fields, "encoder": encoder})
    except (KeyError, TypeError) as error:
        raise SnapshotError(f"{where} is no manifest ({error}); {REBUILD_HINT}") from error


def current_line(manifest_text: str, snapshot: str) -> str:
    """Return the content of CURRENT for a snapshot whose manifest is this text."""
    return f"{snapshot} {hashlib.sha256(manifest_text.encode('utf-8')).hexdigest()}\n"


def read_current(index: IndexLayout) -> Manifest:
    """Return the manifest of the current snapshot, proven to be the published one.

    Raises:
        SnapshotError: there is no index, or CURRENT or the manifest is damaged.
    """
    if not index.folder.is_dir() or not index.current.exists():
        unfinished = index.snapshots.is_dir() or (index.folder / "encoders").is_dir()
        state = "a half-written index (no snapshot was published)" if unfinished else "no index"
        raise SnapshotError(f"{index.folder} holds {state}; run `zhaiwen rebuild ARTICLES --index {index.folder}`")
    try:
        name, digest = index.current.read_text(encoding="utf-8").split()
    except (OSError, ValueError) as error:
        raise SnapshotError(f"{index.current} is damaged, a name and a checksum were wanted; {REBUILD_HINT}") from error
    path = index.snapshot(name).manifest
    # The name comes from a file: it must not lead anywhere else.
    if path.parent.parent != index.snapshots or name in {".", ".."} or not path.is_file():
        raise SnapshotError(f"{index.current} names the snapshot {name!r}, which is not there; {REBUILD_HINT}")
    if sha256_of(path) != digest:
        raise SnapshotError(f"{path} has changed since it was published; {REBUILD_HINT}")
    return parse_manifest(path.read_text(encoding="utf-8"), path)


def verify(index: IndexLayout, manifest: Manifest) -> None:
    """See that every file of a snapshot and of its encoder is there and unchanged.

    Raises:
        SnapshotError: a file is missing, changed, or was not there when the snapshot was made.
    """
    folder = index.snapshot(manifest.snapshot).folder
    _verify_folder(folder, manifest.files, also="manifest.json")
    _verify_folder(index.encoder(manifest.encoder.fingerprint), manifest.encoder_files, also=SEAL)


def _verify_folder(folder: Path, wanted: dict[str, str], also: str) -> None:
    present = set(files_below(folder)) - {also}
    for name in sorted(present | wanted.keys()):
        if name not in present:
            raise SnapshotError(f"{folder / name} is missing; {REBUILD_HINT}")
        if name not in wanted:
            raise SnapshotError(f"{folder / name} does not belong there; {REBUILD_HINT}")
        if sha256_of(folder / name) != wanted[name]:
            raise SnapshotError(f"{folder / name} is damaged: its checksum has changed; {REBUILD_HINT}")
