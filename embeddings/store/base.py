"""Find what a build can take over from the snapshot that is served."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from embeddings.errors import SnapshotError
from embeddings.store.encoded_files import SnapshotEncodings
from embeddings.store.encoding import ENCODING_VERSION
from embeddings.store.layout import IndexLayout, SnapshotLayout
from embeddings.store.manifest import Manifest, read_current, verify
from embeddings.store.request import ArticleChanges
from embeddings.tuning import Reranking, Tuning

# Bump when reading, cleaning or cutting gives other passages, or other groups of near-duplicates,
# for the same files and sizes.
PASSAGES_VERSION = 6


class Fingerprints(NamedTuple):
    """Identify what a passage follows from beside its article, and what its vectors follow from beside its text."""

    cutting: str
    encoding: str


def fingerprints(encoder: str, tuning: Tuning) -> Fingerprints:
    """Return those of a build.

    Args:
        encoder: the fingerprint of what counts the tokens of passages, and encodes them.
        tuning: with the sizes of passages.
    """
    by_token = tuning.reranking is Reranking.LATE
    cutting = (PASSAGES_VERSION, encoder, tuning.target_tokens, tuning.max_tokens)
    return Fingerprints(_hash(cutting), _hash((ENCODING_VERSION, encoder, by_token)))


def _hash(values: tuple[object, ...]) -> str:
    return hashlib.sha256(json.dumps(values).encode("utf-8")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Base:
    """Hold a snapshot that is whole, to build upon."""

    parts: SnapshotLayout
    manifest: Manifest

    def encodings(self, wanted: Fingerprints) -> SnapshotEncodings | None:
        """Return what its passages were encoded to, None where that is of no use."""
        return SnapshotEncodings(self.parts) if self.manifest.encoding == wanted.encoding else None


def find_base(index: IndexLayout) -> Base | None:
    """Return the current snapshot after proving every file of it, None where there is none that is whole."""
    with suppress(SnapshotError):
        manifest = read_current(index)
        verify(index, manifest)
        return Base(index.snapshot(manifest.snapshot), manifest)
    return None


def changes_between(before: Mapping[str, str], after: Mapping[str, str]) -> ArticleChanges:
    """Return what is new, changed and gone, sorted.

    Args:
        before: ids of articles and their content hashes, as they were read.
        after: the same of the articles that are there now.
    """
    both = before.keys() & after.keys()
    changed = sorted(id_ for id_ in both if before[id_] != after[id_])
    return ArticleChanges(
        added=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(changed),
        removed=tuple(sorted(before.keys() - after.keys())),
        unchanged=len(both) - len(changed),
    )
