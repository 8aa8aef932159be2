"""Keep encoded passages until they are in a snapshot, so that a build that is killed costs no more than its last step.

<folder>/<number>.npz   some passages: keys (n, 2), vectors (n, d); and where tokens are kept, those of all n one below
                        the other, as `PlacedTokens` has them, with the places at which each passage's begin
"""

import hashlib
import os
import tempfile
import zipfile
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.files import UNFINISHED_PREFIX, sync_folder
from embeddings.late_interaction.token_space import PlacedTokens, TokenSpace
from embeddings.records import RowArray
from embeddings.store.encoded import EncodedPassage, Keys, KeyTable

# Files of 256 passages, 2 MB each, that are held at once: what is asked for comes nearly in the order of writing.
_HELD = 8
_Arrays = Mapping[str, NDArray[Any]]
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


class Journal:
    """Take encoded passages, a file at a time, and give them again; files that were cut off are not there."""

    def __init__(self, folder: Path) -> None:
        """Open a folder, which need not exist, and remove from it what cannot be used."""
        self._folder = folder
        self._files: list[Path] = []
        self._keys: list[Keys] = []
        self._held: OrderedDict[int, _Arrays] = OrderedDict()
        self._table: KeyTable | None = None
        self._ends: RowArray = np.empty(0, dtype=np.int64)
        for path in sorted(folder.glob("*.npz")):
            keys = _keys(path)
            if keys is None:
                path.unlink()
            else:
                self._files.append(path)
                self._keys.append(keys)

    def keep_for(self, space: TokenSpace | None) -> None:
        """Drop everything that was placed in another token space than this one."""
        wanted = b"" if space is None else np.vstack([space.passage_mean, space.query_mean, space.basis.T]).tobytes()
        digest = hashlib.sha256(wanted).hexdigest()
        note = self._folder / "space.txt"
        if self._files and (not note.exists() or note.read_text(encoding="utf-8") != digest):
            for path in self._files:
                path.unlink()
            self._files, self._keys, self._table = [], [], None
            self._held.clear()
        self._folder.mkdir(parents=True, exist_ok=True)
        note.write_text(digest, encoding="utf-8")

    @property
    def count(self) -> int:
        """Return the number of passages."""
        return sum(map(len, self._keys))

    def append(self, keys: Keys, passages: Sequence[EncodedPassage]) -> None:
        """Write passages, at least one; when this returns they are on the disk.

        Raises:
            OSError: the disk cannot be written; no part of them is there then.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        number = int(self._files[-1].stem) + 1 if self._files else 0
        path = self._folder / f"{number:06}.npz"
        handle, name = tempfile.mkstemp(prefix=UNFINISHED_PREFIX, dir=self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, allow_pickle=False, keys=keys, **_arrays(passages))
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        sync_folder(self._folder)
        self._files.append(path)
        self._keys.append(keys)
        self._table = None

    def find(self, keys: Keys) -> RowArray:
        """Return for each key the place of its passage, -1 where it is not here."""
        if self._table is None:
            self._ends = np.cumsum([len(some) for some in self._keys], dtype=np.int64)
            self._table = KeyTable(np.concatenate([np.empty((0, 2), dtype=np.uint64), *self._keys]))
        return self._table.find(keys)

    def get(self, place: int) -> EncodedPassage:
        """Return the passage at a place that the last `find` returned."""
        number = int(np.searchsorted(self._ends, place, side="right"))
        place -= int(self._ends[number]) - len(self._keys[number])
        arrays = self._arrays_of(number)
        if "tokens" not in arrays:
            return EncodedPassage(arrays["vectors"][place], None)
        part = slice(*arrays["starts"][place : place + 2].tolist())
        tokens = PlacedTokens(arrays["tokens"][part], arrays["ids"][part], arrays["offsets"][part])
        return EncodedPassage(arrays["vectors"][place], tokens)

    def _arrays_of(self, number: int) -> _Arrays:
        if number not in self._held:
            with np.load(self._files[number]) as file:
                self._held[number] = dict(file)
            if len(self._held) > _HELD:
                self._held.popitem(last=False)
        self._held.move_to_end(number)
        return self._held[number]


def _arrays(passages: Sequence[EncodedPassage]) -> dict[str, NDArray[Any]]:
    vectors = {"vectors": np.array([passage.vector for passage in passages])}
    tokens = [passage.tokens for passage in passages if passage.tokens is not None]
    if not tokens:
        return vectors
    return vectors | {
        "tokens": np.concatenate([one.tokens for one in tokens]),
        "ids": np.concatenate([one.ids for one in tokens]),
        "offsets": np.concatenate([one.offsets for one in tokens]),
        "starts": np.cumsum([0, *(len(one.ids) for one in tokens)]),
    }


def _keys(path: Path) -> Keys | None:
    """Return the keys of a file, None where any part of it is damaged; each part carries a checksum."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.testzip() is not None:
                return None
        with np.load(path) as arrays:
            keys: Keys = arrays["keys"]
        return keys
    except _UNREADABLE:
        return None
