"""Know how Chinese characters and words are read (Hanyu Pinyin, without tones)."""

from functools import cache
from itertools import islice, product

from pypinyin import Style, lazy_pinyin, pinyin

# Characters whose second reading is as well known as the first; of others it would mislead: 红 is gong in 女红 only.
_READ_TWICE = frozenset(
    "行长重还得地着了调差参朝传处当倒弹都发分干给更好号和会几将降角教解卷看空累量率落没模难强切曲少数说似通同为系相兴要应载扎占涨种中转"
)
_MOST_READINGS = 16
_INITIALS = {"zh": "z", "ch": "c", "sh": "s", "n": "l"}
_ENDINGS = {"ang": "an", "eng": "en", "ing": "in"}
# The south says f for hu.
_HUI = {"hu": "fu", "hua": "fa", "huan": "fan", "huang": "fan", "hui": "fei", "hun": "fen", "hong": "fen"}


@cache
def readings(character: str) -> tuple[str, ...]:
    """Return the syllables, without tones, that a character is read as, the usual one first."""
    (found,) = pinyin(character, style=Style.NORMAL, heteronym=True)
    return tuple(found[: 2 if character in _READ_TWICE else 1])


def readings_of_word(word: str) -> set[tuple[str, ...]]:
    """Return the ways in which a word may be read, each a tuple of syllables.

    pypinyin knows many words (长大 is zhang da); the characters' own readings stand for the others.
    """
    found = set(islice(product(*map(readings, word)), _MOST_READINGS))
    if any(_is_read_variously(character) for character in word):
        found.add(tuple(lazy_pinyin(word)))
    return found


@cache
def _is_read_variously(character: str) -> bool:
    return len(pinyin(character, style=Style.NORMAL, heteronym=True)[0]) > 1


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
