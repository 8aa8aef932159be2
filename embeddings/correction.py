"""Correct words that a question spells by sound, 崔收 for 催收, against the words that the index holds."""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from embeddings.records import Change
from embeddings.sounds import Sounds, blurred
from embeddings.terms import HAN_RUN, TermSplitter

# How much likelier, as a natural logarithm, the corrected words must be than those given; less for the lexicon's own
# words. Chosen on 64 slips (59 are seen) and the 4669 sentences of the shipped articles, each against the words of
# the other articles (4 change); a gain of 3 changes some 50 more.
_GAIN, _OWN_GAIN, _FUZZY_PENALTY, _PARTICLE_PENALTY = 7.0, 5.5, 2.5, 3.0
# How much likelier than the next best word the best one must be.
_LEAD = 1.5
# A word that the general dictionary's source has more often is never a slip: 公正 for 公证.
_RARE = 60
# A candidate stands in so many passages at least.
_PASSAGES = 3
_SHORTEST, _LONGEST = 2, 6
# How many times as often as in the general dictionary's source, compared with other words.
_CHARACTERISTIC = 3.0
# Characters of grammar beside the single-character stop words: never part of a word to correct to.
_GRAMMAR = frozenset("没别一不两每")
# How often the general dictionary's source has words altogether.
_GENERAL_TOTAL = 6e7


class Correction(NamedTuple):
    """Hold a corrected question and what was changed in it, in order; nothing where it was right."""

    text: str
    changes: tuple[Change, ...]


class _Word(NamedTuple):
    text: str
    syllables: tuple[str, ...]


@dataclass(slots=True)
class _Node:
    """Hold the words that sound like the way to this node, and the ways on."""

    words: list[_Word] = field(default_factory=list)
    next: dict[str, "_Node"] = field(default_factory=dict)


class _Candidate(NamedTuple):
    gain: float
    change: Change


class Corrector:
    """Replace what the index does not know by what it knows and sounds the same. Threads may share one.

    Args:
        vocabulary: each word of the index → how many passages hold it. Words of 2 to 6 Chinese
            characters count.
        splitter: cuts the questions, as it cut the passages.
        sounds: how characters and the vocabulary's words are read.
    """

    def __init__(self, vocabulary: Mapping[str, int], splitter: TermSplitter, sounds: Sounds) -> None:
        self._splitter = splitter
        self._sounds = sounds
        self._passages = {
            w: n for w, n in vocabulary.items() if _SHORTEST <= len(w) <= _LONGEST and HAN_RUN.fullmatch(w)
        }
        self._total = sum(self._passages.values()) or 1
        self._own = frozenset(splitter.lexicon.words)
        self._particles = frozenset(word for word in splitter.lexicon.stopwords if len(word) == 1) | _GRAMMAR
        self._root = _Node()
        for word, passages in self._passages.items():
            if word in self._own or (passages >= _PASSAGES and self._is_characteristic(word)):
                self._plant(word)

    def correct(self, question: str) -> Correction:
        """Return the question with its slips corrected; positions are those of the given text.

        Simplified characters are looked at only: give a question as `normalise` returns it.
        """
        changes: list[Change] = []
        for run in HAN_RUN.finditer(question):
            first = run.start()
            counted = question[max(first - 1, 0) : first].isdigit()
            for change in self._slips(run[0]):
                # 日 in 15日起 is a unit, and 日起 no slip for 日期.
                if change.start or not counted:
                    changes.append(change._replace(start=change.start + first, end=change.end + first))
        parts, end = [], 0
        for change in changes:
            parts += [question[end : change.start], change.replacement]
            end = change.end
        return Correction("".join([*parts, question[end:]]), tuple(changes))

    def _is_characteristic(self, word: str) -> bool:
        """Tell whether the index speaks of it more than people do: 催收 and 征信, not 那天 or 不是."""
        if not self._particles.isdisjoint(word):
            return False
        general = self._splitter.frequency(word) / _GENERAL_TOTAL
        return self._passages[word] / self._total >= _CHARACTERISTIC * general

    def _plant(self, word: str) -> None:
        for syllables in self._sounds.of_word(word):
            node = self._root
            for sound in syllables:
                node = node.next.setdefault(blurred(sound), _Node())
            # Readings that differ in nothing that is kept come to the same node.
            if all(other.text != word for other in node.words):
                node.words.append(_Word(word, syllables))

    def _slips(self, run: str) -> list[Change]:
        """Return the changes of a run of Chinese characters, in order, none overlapping another."""
        places: dict[tuple[int, int], list[_Candidate]] = defaultdict(list)
        for candidate in self._candidates(run, self._borders(run)):
            places[candidate.change.start, candidate.change.end].append(candidate)
        taken: set[int] = set()
        chosen: list[Change] = []
        for best in sorted(filter(None, map(_clearest, places.values())), reverse=True):
            span = range(best.change.start, best.change.end)
            if taken.isdisjoint(span):
                chosen.append(best.change)
                taken.update(span)
        return sorted(chosen)

    def _borders(self, run: str) -> list[int]:
        borders = [0]
        for word in self._splitter.cut(run):
            borders.append(borders[-1] + len(word))
        return borders

    def _candidates(self, run: str, borders: list[int]) -> Iterator[_Candidate]:
        for start in range(len(run) - 1):
            for word in self._sounding_like(run, start):
                change = Change(start, start + len(word.text), run[start : start + len(word.text)], word.text)
                if self._may_change(change):
                    gain = self._gain(run, borders, change) - self._penalty(change, word)
                    if gain >= (_OWN_GAIN if word.text in self._own else _GAIN):
                        yield _Candidate(gain, change)

    def _sounding_like(self, run: str, start: int) -> Iterator[_Word]:
        nodes = [self._root]
        for character in run[start : start + _LONGEST]:
            sounds = {blurred(reading) for reading in self._sounds.of_character(character)}
            nodes = [node.next[sound] for node in nodes for sound in sounds if sound in node.next]
            if not nodes:
                return
            for node in nodes:
                yield from node.words

    def _may_change(self, change: Change) -> bool:
        """Tell whether what is given may be a slip: no word that is known, and at most half of it wrong."""
        given, wanted = change.given, change.replacement
        if given == wanted or given in self._passages or given in self._own:
            return False
        # A word that the general dictionary knows, however rare, is a slip for one of the lexicon only: 网店 stays
        # 网店 beside 网点, and 正性 becomes 征信.
        known_from = _RARE if wanted in self._own else 1
        return len(_differing(given, wanted)) <= (len(given) + 1) // 2 and self._splitter.frequency(given) < known_from

    def _penalty(self, change: Change, word: _Word) -> float:
        exact = all(
            sound in self._sounds.of_character(character)
            for sound, character in zip(word.syllables, change.given, strict=True)
        )
        particle = not self._particles.isdisjoint(_differing(change.given, word.text))
        return (0 if exact else _FUZZY_PENALTY) + (_PARTICLE_PENALTY if particle else 0)

    def _gain(self, run: str, borders: list[int], change: Change) -> float:
        """Compare how likely the words around a change are before and after it."""
        first, last = bisect_right(borders, change.start) - 1, bisect_left(borders, change.end)
        before = [run[a:b] for a, b in pairwise(borders[first : last + 1])]
        after = run[borders[first] : change.start] + change.replacement + run[change.end : borders[last]]
        return self._likelihood(self._splitter.cut(after)) - self._likelihood(before)

    def _likelihood(self, words: list[str]) -> float:
        return sum(math.log(self._probability(word)) for word in words)

    def _probability(self, word: str) -> float:
        general = max(self._splitter.frequency(word), 0.5) / _GENERAL_TOTAL
        return 0.5 * general + 0.5 * self._passages.get(word, 0) / self._total


def _clearest(candidates: list[_Candidate]) -> _Candidate | None:
    """Return the best candidate for a place, or None where another word is nearly as likely."""
    best = max(candidates)
    # One word comes twice where 还 is hai as well as huan.
    others = (other for other in candidates if other.change != best.change)
    return best if all(best.gain - other.gain >= _LEAD for other in others) else None


def _differing(given: str, wanted: str) -> list[str]:
    return [a for a, b in zip(given, wanted, strict=True) if a != b]
