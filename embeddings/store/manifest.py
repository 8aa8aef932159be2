"""Describe a snapshot: what it was made from, and the checksums that prove it whole."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from embeddings.encoders.onnx_encoder import info_of
from embeddings.errors import REBUILD_HINT, SnapshotError, TuningError
from embeddings.files import SEAL, files_below, sha256_of
from embeddings.records import EncoderInfo
from embeddings.store.layout import FORMAT_VERSION, IndexLayout
from embeddings.tuning import Tuning, parse_tuning, tuning_fields

# Of an older snapshot only the manifest itself can tell whether it is as it was.
_CHECKSUM = "checksum"
_NO_CHECKSUM = f'"{_CHECKSUM}": ""'
_SNAPSHOT_NAME = re.compile(r"[0-9TZ]+-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """Hold what `manifest.json` says.

    `files` and `encoder_files` map names to SHA-256, `articles` ids to content hashes as they were
    read, and `left_out` the files, lines and articles that gave no passage to the reason.
    `duplicate_passages` are in `duplicate_groups`, each of which says one thing. `vector_index` is the
    kind of index that their vectors are in, as FAISS names it. `lexicon` is the fingerprint of the word
    lists, `cross_encoder` that of the model that reranks, "" where none does.

    `cutting` and `encoding` identify what passages, and their vectors, follow from beside the text.
    `measured` are the measures of the questions that the gate asked; `refusals` is what the gate had
    against it, and `forced` the reason that was given for publishing it all the same.

    `inputs` identifies everything that the snapshot's content follows from: two builds with the
    same inputs give the same passages and vectors.
    """

    format_version: int
    snapshot: str
    created: str
    inputs: str
    cutting: str
    encoding: str
    encoder: EncoderInfo
    passages: int
    duplicate_groups: int
    duplicate_passages: int
    tuning: Tuning
    vector_index: str
    lexicon: str
    calibrated: bool
    cross_encoder: str
    articles: dict[str, str]
    left_out: dict[str, str]
    measured: dict[str, float]
    refusals: list[str]
    forced: str
    files: dict[str, str]
    encoder_files: dict[str, str]

    def to_json(self) -> str:
        """Return the manifest as JSON text, always the same for the same manifest, with a checksum of its own."""
        fields = asdict(self) | {"tuning": tuning_fields(self.tuning)}
        return _checked(json.dumps(fields | {_CHECKSUM: ""}, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def _checked(text: str) -> str:
    """Fill in the checksum of a text in which there is none yet: that of the text as it is."""
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    return text.replace(_NO_CHECKSUM, f'"{_CHECKSUM}": "{digest}"', 1)


def parse_manifest(text: str, where: Path) -> Manifest:
    """Return the manifest that `Manifest.to_json` wrote.

    Raises:
        SnapshotError: the text is no manifest, or one of another format version.
    """
    try:
        fields = json.loads(text)
        version, checksum = fields["format_version"], fields.pop(_CHECKSUM, None)
    except (ValueError, KeyError, TypeError) as error:
        raise SnapshotError(f"{where} is no manifest ({error}); {REBUILD_HINT}") from error
    if version != FORMAT_VERSION:
        raise SnapshotError(
            f"{where} has format {version}, this program reads format {FORMAT_VERSION}; "
            f"{REBUILD_HINT}, or use the version of zhaiwen that wrote it"
        )
    try:
        parsed = {"encoder": info_of(fields["encoder"]), "tuning": parse_tuning(fields["tuning"])}
        manifest = Manifest(**{**fields, **parsed})
    except (KeyError, TypeError, ValueError, TuningError) as error:
        raise SnapshotError(f"{where} is no manifest ({error}); {REBUILD_HINT}") from error
    if text != _checked(text.replace(f'"{_CHECKSUM}": "{checksum}"', _NO_CHECKSUM, 1)):
        raise SnapshotError(f"{where} has changed since it was written; {REBUILD_HINT}")
    return manifest


def current_line(manifest_text: str, snapshot: str) -> str:
    """Return the content of CURRENT for a snapshot whose manifest is this text."""
    return f"{snapshot} {hashlib.sha256(manifest_text.encode('utf-8')).hexdigest()}\n"


def read_current(index: IndexLayout) -> Manifest:
    """Return the manifest of the current snapshot, proven to be the published one.

    Raises:
        SnapshotError: there is no index, or CURRENT or the manifest is damaged.
    """
    name, digest = current_name(index)
    path = index.snapshot(name).manifest
    if not path.is_file():
        raise SnapshotError(f"{index.current} names the snapshot {name!r}, which is not there; {REBUILD_HINT}")
    if _hash(path) != digest:
        raise SnapshotError(f"{path} has changed since it was published; {REBUILD_HINT}")
    return parse_manifest(path.read_text(encoding="utf-8"), path)


def current_name(index: IndexLayout) -> tuple[str, str]:
    """Return the name of the current snapshot and the SHA-256 of its manifest, as CURRENT has them.

    Raises:
        SnapshotError: there is no index, or CURRENT is damaged.
    """
    if not _exists(index.current):
        unfinished = _exists(index.snapshots) or _exists(index.encoders)
        state = "a half-written index (no snapshot was published)" if unfinished else "no index"
        raise SnapshotError(f"{index.folder} holds {state}; run `zhaiwen rebuild ARTICLES --index {index.folder}`")
    try:
        name, digest = index.current.read_text(encoding="utf-8").split()
    except (OSError, ValueError) as error:
        raise SnapshotError(f"{index.current} is damaged, a name and a checksum were wanted; {REBUILD_HINT}") from error
    # The name comes from a file: it must not lead anywhere else.
    if not is_snapshot_name(name):
        raise SnapshotError(f"{index.current} names the snapshot {name[:60]!r}, which is not there; {REBUILD_HINT}")
    return name, digest


def snapshot_names(index: IndexLayout) -> list[str]:
    """Return the names of all snapshots that are there, the newest first."""
    try:
        return sorted((path.name for path in index.snapshots.iterdir() if is_snapshot_name(path.name)), reverse=True)
    except OSError:
        return []


def manifest_of(index: IndexLayout, name: str) -> Manifest:
    """Return the manifest of a snapshot, whether it is the current one or not.

    Raises:
        SnapshotError: it cannot be read, or has changed since it was written.
    """
    path = index.snapshot(name).manifest
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SnapshotError(f"{path} cannot be read ({error}); remove the snapshot with `zhaiwen prune`") from error
    return parse_manifest(text, path)


def is_snapshot_name(name: str) -> bool:
    """Return whether a build names its snapshots so."""
    return bool(_SNAPSHOT_NAME.fullmatch(name))


def verify(index: IndexLayout, manifest: Manifest) -> None:
    """See that every file of a snapshot and of its encoder is there and unchanged.

    Raises:
        SnapshotError: a file is missing, changed, or was not there when the snapshot was made.
    """
    folder = index.snapshot(manifest.snapshot).folder
    _verify_folder(folder, manifest.files, also=index.snapshot(manifest.snapshot).manifest.name)
    _verify_folder(index.encoder(manifest.encoder.fingerprint), manifest.encoder_files, also=SEAL)


def _verify_folder(folder: Path, wanted: dict[str, str], also: str) -> None:
    present = set(files_below(folder)) - {also}
    for name in sorted(present | wanted.keys()):
        if name not in present:
            raise SnapshotError(f"{folder / name} is missing; {REBUILD_HINT}")
        if name not in wanted:
            raise SnapshotError(f"{folder / name} does not belong there; {REBUILD_HINT}")
        if _hash(folder / name) != wanted[name]:
            raise SnapshotError(f"{folder / name} is damaged: its checksum has changed; {REBUILD_HINT}")


def _hash(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise SnapshotError(f"{path} cannot be read ({error.strerror}); check its permissions and the disk") from error


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name too long, or a folder that may not be entered
        return False
