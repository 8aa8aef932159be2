"""See what a new snapshot lost of the one that is served, before a question is asked."""

import sqlite3
from collections.abc import Iterator, Mapping, Set
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from embeddings.store.base import changes_between
from embeddings.store.manifest import Manifest
from embeddings.store.request import Opened

# An article that did not change keeps so much of its text in passages, however it is cleaned and cut.
_LEAST_KEPT = 0.95
# All of them together may be shorter by so much, whatever was changed in them.
_LEAST_LEFT = 0.8
# And so many of its repairs. A rule less makes some fewer; no cleaning at all leaves none.
_LEAST_REPAIRED = 0.5
# Below so many repairs nothing is told by their number.
_FEW_REPAIRS = 20
_NAMED = 5
_PIECES = """
SELECT article.id, group_concat(passage.id), sum(stop - start), sum(json_array_length(edits))
FROM article LEFT JOIN passage ON passage.article = article.number GROUP BY article.number
"""


class _Pieces(NamedTuple):
    """Say what an article was cut into: the passages' ids, their characters in the original, their edits."""

    ids: str
    characters: int
    edits: int


def removed(new: Opened, before: Mapping[str, str], max_removed: float) -> Iterator[str]:
    """Yield that too many articles are gone, if they are.

    Args:
        new: the new snapshot.
        before: the ids of the articles that are served, with their content hashes.
        max_removed: the share of them that may be gone.
    """
    gone = changes_between(before, new.manifest.articles).removed
    if len(gone) > max_removed * len(before):
        yield (
            f"{len(gone)} of {len(before)} articles are gone ({len(gone) / len(before):.1%}), at most "
            f"{max_removed:.1%} may be: {_listed(gone)}; give --max-removed if that is meant"
        )


def refusals(new: Opened, served: Opened) -> Iterator[str]:
    """Yield what speaks against a snapshot beside the one that is served, in the articles that both hold."""
    before, after = served.manifest.articles, new.manifest.articles
    both = before.keys() & after.keys()
    ours, theirs = (_pieces(one.parts.passages, both) for one in (new, served))
    kept, had = (sum(one.characters for one in pieces.values()) for pieces in (ours, theirs))
    if kept < _LEAST_LEFT * had:
        yield (
            f"of the text of {len(both)} articles, {kept / had:.1%} is left in passages, at least {_LEAST_LEFT:.0%} "
            "was wanted: were they cut short where they come from?"
        )
    unchanged = {id_ for id_ in both if after[id_] == before[id_]}
    yield from _pieces_lost(new, served, unchanged)


def _pieces_lost(new: Opened, served: Opened, unchanged: Set[str]) -> Iterator[str]:
    ours, theirs = (_pieces(one.parts.passages, unchanged) for one in (new, served))
    if _cut_alike(new.manifest, served.manifest):
        other = sorted(id_ for id_ in unchanged if ours[id_] != theirs[id_])
        if other:
            yield f"{len(other)} articles have not changed, but their passages have: {_listed(other)}"
        return
    short = sorted(id_ for id_ in unchanged if ours[id_].characters < _LEAST_KEPT * theirs[id_].characters)
    kept, had = (sum(one.characters for one in pieces.values()) for pieces in (ours, theirs))
    if kept < _LEAST_KEPT * had:
        yield (
            f"of {len(unchanged)} articles that have not changed, {kept / had:.1%} of the text is left in passages, at "
            f"least {_LEAST_KEPT:.0%} was wanted; less is left of {_listed(short)}"
        )
    made, before = (sum(one.edits for one in pieces.values()) for pieces in (ours, theirs))
    if before >= _FEW_REPAIRS and made < _LEAST_REPAIRED * before:
        yield (
            f"cleaning made {made} repairs in {len(unchanged)} articles that have not changed, where it made {before} "
            f"before; at least {_LEAST_REPAIRED:.0%} was wanted"
        )


def _cut_alike(new: Manifest, served: Manifest) -> bool:
    return new.cutting == served.cutting


def _pieces(path: Path, wanted: Set[str]) -> dict[str, _Pieces]:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        found = connection.execute(_PIECES)
        return {
            id_: _Pieces(ids or "", characters or 0, edits or 0)
            for id_, ids, characters, edits in found
            if id_ in wanted
        }


def _listed(names: tuple[str, ...] | list[str]) -> str:
    shown = ", ".join(repr(name[:60]) for name in names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED} more"
