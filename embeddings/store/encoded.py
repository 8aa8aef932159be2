"""Know passages that were encoded before by what was encoded."""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from embeddings.late_interaction.token_space import PlacedTokens
from embeddings.records import FloatArray, RowArray

# Two words of 64 bits a text: its BLAKE2b hash, cut to 128 bits.
Keys = NDArray[np.uint64]
_KEY_BYTES = 16
# Where nothing is found.
NOWHERE = -1


class EncodedPassage(NamedTuple):
    """Hold what an encoder made of a passage: its unit vector, and its tokens in the token space.

    `tokens` is None where no tokens are kept.
    """

    vector: FloatArray
    tokens: PlacedTokens | None


class EncodedSource(Protocol):
    """Give encoded passages again."""

    def find(self, keys: Keys) -> RowArray:
        """Return for each key of shape (n, 2) where its passage is, `NOWHERE` for those that are not there."""
        ...

    def get(self, place: int) -> EncodedPassage:
        """Return the passage at a place that `find` returned."""
        ...


def keys_of(texts: Iterable[str]) -> Keys:
    """Return the keys of texts, shape (n, 2)."""
    digests = b"".join(hashlib.blake2b(text.encode("utf-8"), digest_size=_KEY_BYTES).digest() for text in texts)
    return np.frombuffer(digests, dtype="<u8").reshape(-1, 2).astype(np.uint64)


class KeyTable:
    """Find keys among many; 24 bytes a key."""

    def __init__(self, keys: Keys) -> None:
        self._order: RowArray = np.argsort(keys[:, 0], kind="stable")
        self._first = keys[self._order, 0]
        self._second = keys[self._order, 1]

    def find(self, keys: Keys) -> RowArray:
        """Return for each key its row, `NOWHERE` where it has none.

        Of keys with the same first word, one in 2⁶⁴, only one is found: the other is encoded again.
        """
        if not len(self._first):
            return np.full(len(keys), NOWHERE, dtype=np.int64)
        places = np.minimum(np.searchsorted(self._first, keys[:, 0]), len(self._first) - 1)
        same = (self._first[places] == keys[:, 0]) & (self._second[places] == keys[:, 1])
        return np.where(same, self._order[places], NOWHERE)
