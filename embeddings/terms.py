"""Split texts into the terms that BM25 counts and into words; add to a question what means the same."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

import rjieba

from corpus.lexicon import Lexicon
from corpus.normalising import comparable
from corpus.script import HAN
from embeddings.phrases import Phrases

# Chinese characters and their pairs are terms, words are not: nDCG@10 of BM25 alone on our dev questions, without
# and with what the lexicon adds at weight 0.5; in brackets without words that say nothing:
#   words                  .341 .386  (.361 .398)
#   characters and pairs   .432 .469  (.416 .454)
#   both                   .423 .459  (.408 .447)
# So words serve to find slips and ways of saying the same.
HAN_RUN = re.compile(f"[{HAN}]+")
# A run of Han characters, a number (3.5 is one), or a word in any other script.
_RUN = re.compile(rf"(?P<han>[{HAN}]+)|[0-9]+(?:\.[0-9]+)?|[^\W_{HAN}]+")


_SINGLE = re.compile(f"[{HAN}]")


class Piece(NamedTuple):
    """Hold a word of a text and where it starts."""

    start: int
    text: str
    is_han: bool

    @property
    def end(self) -> int:
        """Return where the word ends."""
        return self.start + len(self.text)


class TermSplitter:
    """Give the terms and the words of texts, by a general dictionary and the lexicon's words.

    "微粒贷App三年" has the terms 微, 粒, 贷, 微粒, 粒贷, app, 3, 年 and 3年, and the words 微粒贷, app, 3 and
    年 where the lexicon has 微粒贷. Threads may share one.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self._jieba = rjieba.Jieba()
        for word in lexicon.words:
            self._jieba.add_word(word, None, None)
        self._phrases = Phrases(lexicon)
        self._added = {phrase: self._terms_to_add(phrase) for phrase in self._phrases.all()}

    def terms(self, text: str) -> list[str]:
        """Split a text into terms; a term stands as often as in the text."""
        return list(_characters_and_pairs(_runs(comparable(text))))

    def expand(self, question: str, added_weight: float) -> list[tuple[str, float]]:
        """Return the terms of a question with weight 1, then what means the same with `added_weight`.

        An added term stands once and is none of the question's own. Single Chinese characters and
        words that say nothing are never added.
        """
        text = comparable(question)
        own = list(_characters_and_pairs(_runs(text)))
        pieces = self._pieces(text)
        phrases = self._phrases.of(text, [piece.start for piece in pieces], {piece.end for piece in pieces})
        added = dict.fromkeys(term for phrase in phrases for term in self._added[phrase])
        known = set(own)
        return [(term, 1.0) for term in own] + [(term, added_weight) for term in added if term not in known]

    def words(self, text: str) -> list[str]:
        """Cut any text into words that do not overlap."""
        return self.cut(comparable(text))

    def cut(self, text: str) -> list[str]:
        """Cut a comparable text into words that do not overlap; punctuation is left out."""
        return [piece.text for piece in self._pieces(text)]

    def frequency(self, word: str) -> int:
        """Return how often the general dictionary's source has a word; 0 where it does not know it."""
        # `suggest_freq` gives one more than the product of the frequencies of the parts.
        return self._jieba.suggest_freq(word) - 1 if self._jieba.has_word(word) else 0

    def _pieces(self, text: str) -> list[Piece]:
        pieces = []
        for run in _RUN.finditer(text):
            start, is_han = run.start(), run["han"] is not None
            for word in self._jieba.cut(run[0], hmm=False) if is_han else (run[0],):
                pieces.append(Piece(start, word, is_han))
                start += len(word)
        return pieces

    def _terms_to_add(self, phrase: str) -> list[str]:
        stretches = _stretches(self._pieces(phrase), self.lexicon.stopwords)
        return [term for term in _characters_and_pairs(stretches) if not _SINGLE.fullmatch(term)]


def _runs(text: str) -> Iterator[Piece]:
    return (Piece(run.start(), run[0], run["han"] is not None) for run in _RUN.finditer(text))


def _stretches(pieces: Iterable[Piece], dropped: frozenset[str]) -> Iterator[Piece]:
    """Join the Han words that stand together and are not dropped; what is dropped parts its neighbours."""
    waiting: Piece | None = None
    for piece in pieces:
        if waiting and (piece.start != waiting.end or not piece.is_han or not waiting.is_han or piece.text in dropped):
            yield waiting
            waiting = None
        if piece.text not in dropped:
            waiting = Piece(waiting.start, waiting.text + piece.text, True) if waiting else piece
    if waiting:
        yield waiting


def _characters_and_pairs(runs: Iterable[Piece]) -> Iterator[str]:
    before = None
    for run in runs:
        if run.is_han:
            yield from run.text
            yield from (first + second for first, second in pairwise(run.text))
            # 3年: a number alone says little.
            if before and before.end == run.start and before.text[0].isdigit():
                yield before.text + run.text[0]
        else:
            yield run.text
        before = run
