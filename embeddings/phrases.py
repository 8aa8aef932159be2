"""Find in a question what the lexicon can say in another way, or in Chinese."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from corpus.lexicon import Lexicon, english_stems


class Phrases:
    """Find in a text what the lexicon can say in another way."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._groups = {form: group for group in lexicon.variants for form in group}
        self._lengths = _lengths_by_start(self._groups)
        self._english = {found.stems: found.terms for found in lexicon.english}
        self._longest = max(map(len, self._english), default=0)

    def all(self) -> Iterator[str]:
        """Yield every phrase that `of` can yield."""
        yield from self._groups
        for terms in self._english.values():
            yield from terms

    def of(self, text: str, starts: Iterable[int], ends: Collection[int]) -> Iterator[str]:
        """Yield what means the same as a part of a comparable text; of parts that begin together the longest.

        Args:
            text: comparable.
            starts: where its words start, in order.
            ends: where they end; a part begins and ends with a word: 被告 is no part of 被告知.
        """
        free = 0
        for start in starts:
            if start < free:
                continue
            for length in self._lengths.get(text[start : start + 1], ()):
                form = text[start : start + length]
                if form in self._groups and start + length in ends:
                    yield from (other for other in self._groups[form] if other != form)
                    free = start + length
                    break
        yield from self._translated(text)

    def _translated(self, text: str) -> Iterator[str]:
        stems = english_stems(text)
        place = 0
        while place < len(stems):
            longest = min(self._longest, len(stems) - place)
            phrases = (tuple(stems[place : place + length]) for length in range(longest, 0, -1))
            phrase = next((phrase for phrase in phrases if phrase in self._english), ())
            yield from self._english.get(phrase, ())
            place += len(phrase) or 1


def _lengths_by_start(forms: Mapping[str, object]) -> dict[str, list[int]]:
    found: dict[str, set[int]] = {}
    for form in forms:
        found.setdefault(form[0], set()).add(len(form))
    return {start: sorted(lengths, reverse=True) for start, lengths in found.items()}
