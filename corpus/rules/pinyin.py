"""Take out readings that were put behind single characters to hide a copied text."""

import re
from collections.abc import Iterator
from itertools import zip_longest

from corpus.records import Edit
from corpus.rules.page import Page, words
from corpus.script import HAN

_TONED = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜḿńňǹ"
# One syllable; "ɡ" and "ɑ" are what some converters write for g and a.
_SYLLABLE = re.compile(
    rf"(?<=[{HAN}])[ ]?[(（][ ]?(?P<syllable>[a-zɡɑüv{_TONED}]{{1,6}})[ ]?[)）]",
)
# A line about readings keeps them. Matches "“催”念作cuī"; must not match "念书".
_ABOUT_READINGS = re.compile(r"读音|讀音|拼音|多音字|声调|聲調|注音|[念读讀]作")
_HAS_TONE = re.compile(rf"[{_TONED}]")
_INITIAL = r"(?:[bpmfdtnlgkhjqxrzcsyw]|[zcs]h)?"
_FINAL = r"[aoeiuüv]{1,3}(?:n|nɡ|ng|r)?"
_WHOLE = re.compile(rf"{_INITIAL}{_FINAL}|[mn]|ng|hng")
_PLAIN_VOWELS = str.maketrans("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜḿńňǹɡɑ", "aaaaeeeeiiiioooouuuuüüüümnnnga")
# Syllables that are spoken without a tone. Matches "的(de)" beside "導(dǎo)"; must not match "智能(ai)".
_TONELESS = words("de le me ne ma ba la ya a zhe men zi ge lou wa na bo er shang li tou")
_TONED_BEFORE_TONELESS = 3
_LEAST_IN_A_ROW = 3
_NEAR = 60


def readings(page: Page) -> Iterator[Edit]:
    """Take out a reading in parentheses behind a character.

    "小編導(dǎo)語" becomes "小編導語", "催（cui）收（shou）人（ren）" becomes "催收人", and "的(de)" becomes
    "的" in a text full of such readings;
    "人工智能(ai)", "微信(WeChat)", "龃龉(jǔ yǔ)" and a line that speaks of readings stay. The tone
    mark tells a reading from a word in parentheses.
    """
    matches = [
        match
        for match in _SYLLABLE.finditer(page.text)
        if _is_syllable(match["syllable"]) and not _ABOUT_READINGS.search(_line_around(page.text, match.start()))
    ]
    dense = _in_a_row(matches)
    toned = sum(_HAS_TONE.search(match["syllable"]) is not None for match in matches)
    for match in matches:
        toneless = match.start() in dense or (match["syllable"] in _TONELESS and toned >= _TONED_BEFORE_TONELESS)
        if toneless or _HAS_TONE.search(match["syllable"]):
            yield Edit(match.start(), match.end(), "", "pinyin")


def _in_a_row(matches: list[re.Match[str]]) -> set[int]:
    """Return where those readings begin that one character after the other has."""
    found: set[int] = set()
    run: list[int] = []
    for match, following in zip_longest(matches, matches[1:]):
        run.append(match.start())
        if following is None or following.start() != match.end() + 1:
            found.update(run if len(run) >= _LEAST_IN_A_ROW else ())
            run = []
    return found


def _is_syllable(text: str) -> bool:
    return len(_HAS_TONE.findall(text)) <= 1 and _WHOLE.fullmatch(text.translate(_PLAIN_VOWELS)) is not None


def _line_around(text: str, position: int) -> str:
    """Return the line that a position lies in, no more than is near it."""
    before = text[max(0, position - _NEAR) : position].rpartition("\n")[2]
    return before + text[position : position + _NEAR].partition("\n")[0]
