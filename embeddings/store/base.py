"""Find what a build can take over from the snapshot that is served."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import NamedTuple

from embeddings.errors import SnapshotError
from embeddings.store.encoded_files import SnapshotEncodings
from embeddings.store.encoding import ENCODING_VERSION
from embeddings.store.layout import IndexLayout, SnapshotLayout
from embeddings.store.manifest import Manifest, manifest_of, read_current, snapshot_names, verify
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
    cutting = (PASSAGES_VERSION, version("markdown-it-py"), encoder, tuning.target_tokens, tuning.max_tokens)
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


@dataclass(frozen=True, slots=True)
class Before:
    """Hold what there is to build upon and to compare with, and what is wrong with it.

    `base` is the current snapshot, or where that is damaged the newest one that is whole. `articles` are
    those of the current one as far as its manifest can still be read, and `trouble` is what is wrong
    with it, "" where nothing is.
    """

    base: Base | None
    articles: Mapping[str, str]
    trouble: str


def find_before(index: IndexLayout) -> Before:
    """Return the current snapshot after proving every file of it, and what to do without it where it is not whole."""
    if not index.current.exists():
        return Before(None, {}, "")
    try:
        base = _whole(index, read_current(index))
        return Before(base, base.manifest.articles, "")
    except SnapshotError as error:
        trouble = f"what is served cannot be relied on: {error}"
    articles: dict[str, str] = {}
    with suppress(SnapshotError):
        articles = dict(read_current(index).articles)
    for name in snapshot_names(index):
        with suppress(SnapshotError):
            return Before(_whole(index, manifest_of(index, name)), articles, trouble)
    return Before(None, articles, trouble)


def _whole(index: IndexLayout, manifest: Manifest) -> Base:
    verify(index, manifest)
    return Base(index.snapshot(manifest.snapshot), manifest)


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
