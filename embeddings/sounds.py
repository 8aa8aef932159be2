"""Know how Chinese characters and words are read, and which sounds many speakers do not tell apart."""

import json
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from itertools import islice, product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import REBUILD_HINT, SnapshotError

_MOST_READINGS = 16
_INITIALS = {"zh": "z", "ch": "c", "sh": "s", "n": "l"}
_ENDINGS = {"ang": "an", "eng": "en", "ing": "in"}
# The south says f for hu.
_HUI = {"hu": "fu", "hua": "fa", "huan": "fan", "huang": "fan", "hui": "fei", "hun": "fen", "hong": "fen"}
# What stands for the way in which nobody reads a character.
_UNREAD = 0

_Way = tuple[str, ...]


class Sounds:
    """Tell how characters and words are read, as syllables without tones. Threads may share one.

    The 40,000 characters take two bytes each in a table by code point, where a dictionary needs a hundred.

    Args:
        characters: the readings of each, the usual one first.
        words: how words are read that their characters' readings do not give.
    """

    def __init__(self, characters: Mapping[str, _Way], words: Mapping[str, _Way]) -> None:
        self._words = dict(words)
        self._ways: list[_Way] = [(), *sorted(set(characters.values()))]
        numbers = {way: number for number, way in enumerate(self._ways)}
        self._numbers: NDArray[np.uint16] = np.full(1 + max(map(ord, characters), default=0), _UNREAD, dtype=np.uint16)
        for character, way in characters.items():
            self._numbers[ord(character)] = numbers[way]

    @classmethod
    def load(cls, path: Path) -> "Sounds":
        """Read what `save` wrote.

        Raises:
            SnapshotError: the file is missing or of another kind.
        """
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            spelled = {tuple(way.split()): characters for way, characters in found["characters"].items()}
            words = {str(word): tuple(way.split()) for word, way in found["words"].items()}
            return cls({character: way for way, some in spelled.items() for character in some}, words)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise SnapshotError(f"{path} holds no sounds that can be read ({error}); {REBUILD_HINT}") from error

    def save(self, path: Path) -> None:
        """Write the characters of each way of reading, and the words."""
        characters: dict[str, str] = defaultdict(str)
        for point in np.flatnonzero(self._numbers).tolist():
            characters[" ".join(self._ways[self._numbers[point]])] += chr(point)
        words = {word: " ".join(way) for word, way in sorted(self._words.items())}
        content = {"characters": dict(sorted(characters.items())), "words": words}
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    def of_character(self, character: str) -> _Way:
        """Return the syllables that a character is read as, the usual one first; itself where nobody knows."""
        point = ord(character)
        number = self._numbers[point] if point < len(self._numbers) else _UNREAD
        return self._ways[number] if number != _UNREAD else (character,)

    def of_word(self, word: str) -> set[_Way]:
        """Return the ways in which a word may be read, each a syllable for each character."""
        found = set(islice(product(*map(self.of_character, word)), _MOST_READINGS))
        known = self._words.get(word)
        return found if known is None else found | {known}


@cache
def blurred(syllable: str) -> str:
    """Return a syllable without the differences that many speakers do not make: zhang and zan are one."""
    syllable = _HUI.get(syllable, syllable)
    for initial, plain in _INITIALS.items():
        if syllable.startswith(initial):
            syllable = plain + syllable[len(initial) :]
            break
    for ending, plain in _ENDINGS.items():
        if syllable.endswith(ending):
            return syllable[: -len(ending)] + plain
    return syllable
