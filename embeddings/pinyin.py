"""Ask pypinyin how characters and words are read (Hanyu Pinyin, without tones). Needed to build an index only."""

import re
from collections.abc import Iterable
from functools import cache

from pypinyin import Style, lazy_pinyin, pinyin
from pypinyin.pinyin_dict import pinyin_dict

from embeddings.sounds import Sounds

# Characters whose second reading is as well known as the first; of others it would mislead: 红 is gong in 女红 only.
_READ_TWICE = frozenset(
    "行长重还得地着了调差参朝传处当倒弹都发分干给更好号和会几将降角教解卷看空累量率落没模难强切曲少数说似通同为系相兴要应载扎占涨种中转"
)
_SYLLABLE = re.compile("[a-zü]+")


def sounds_of(words: Iterable[str]) -> Sounds:
    """Return how all characters are read, and those of the words that are read as their characters alone are not.

    pypinyin knows many words: the 长 of 长大 is zhang, which is its second reading, and the 吓 of 恐吓 is he.
    """
    characters = _characters()
    plain = Sounds(characters, {})
    known: dict[str, tuple[str, ...]] = {}
    for word in words:
        # Most words have no character that is read in several ways, and need not be looked up.
        if any(len(_readings(character)) > 1 for character in word):
            read = tuple(lazy_pinyin(word))
            if len(read) == len(word) and read not in plain.of_word(word):
                known[word] = read
    return Sounds(characters, known)


@cache
def _characters() -> dict[str, tuple[str, ...]]:
    found = {one: _readings(one)[: 2 if one in _READ_TWICE else 1] for one in map(chr, sorted(pinyin_dict))}
    # A few have no vowel, or a mark of their own: no word is spelled by them.
    return {character: read for character, read in found.items() if all(map(_SYLLABLE.fullmatch, read))}


@cache
def _readings(character: str) -> tuple[str, ...]:
    (found,) = pinyin(character, style=Style.NORMAL, heteronym=True)
    return tuple(found)
