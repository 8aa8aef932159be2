"""Measure which passages count as near-duplicates: how often copies are missed, and others taken for copies.

usage: python benchmarks/duplicates.py [PAIRS]

Passages are the shipped articles' and recombinations of their sentences. A row is a way to make a
second passage of a first; a number is the share of pairs that are folded, in percent, by exact
Jaccard similarity at each shingle length and threshold, and last by the finder as it stands.
"""

import random
import re
import sys
from collections.abc import Callable, Iterator
from itertools import product

from corpus.chunking import ChunkSizes, chunk
from corpus.cleaning import clean
from corpus.normalising import normalise
from corpus.reading import ArticleFolder, shipped_articles
from corpus.records import Article
from embeddings.duplicates import DuplicateFinder

SHINGLES = (2, 3, 4)
THRESHOLDS = (0.6, 0.7, 0.8)
NAVIGATION = "首页 > 债务问题 > 催收知识 > 正文 字号 大 中 小 分享到微信"
SHORTEST = 9  # characters of a sentence that says something
SENTENCE = re.compile(r"[^。！？；]+[。！？；]?")
# Characters of words, other than numerals.
WORDS = re.compile(r"(?![零〇一二两三四五六七八九十百千万亿])[\u4e00-\u9fff]")
NUMBER = re.compile(r"\d+")
Pair = tuple[str, str]


def passages() -> list[str]:
    """Return the texts of the shipped articles' passages that have two sentences or more."""
    texts = []
    for article in ArticleFolder(shipped_articles()).articles():
        if isinstance(article, Article):
            cut = chunk(clean(article), ChunkSizes(128, 256), lambda some: [len(text) * 2 // 3 for text in some])
            texts += [passage.text for passage in cut]
    return [text for text in texts if len(SENTENCE.findall(text)) > 1]


class Maker:
    """Make pairs of passages, the same at every run."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts
        self._sentences = [
            sentence for text in texts for sentence in SENTENCE.findall(text) if len(sentence) >= SHORTEST
        ]
        self._characters = WORDS.findall("".join(texts))
        self._random = random.Random(7)  # noqa: S311

    def changed(self, share: float) -> Pair:
        """Change a share of the characters, each by itself, as scanning errors do."""
        text = self._random.choice(self._texts)
        return text, "".join(self._character() if self._random.random() < share else one for one in text)

    def swapped(self, words: int) -> Pair:
        """Swap words of two characters, but no numbers."""
        text = self._random.choice(self._texts)
        copy = list(text)
        places = [place for place in range(len(copy) - 1) if WORDS.match(text, place) and WORDS.match(text, place + 1)]
        for place in self._random.sample(places, words):
            copy[place : place + 2] = self._character(), self._character()
        return text, "".join(copy)

    def navigation(self) -> Pair:
        """Put a line of navigation in front."""
        text = self._random.choice(self._texts)
        return text, f"{NAVIGATION}\n{text}"

    def lost(self) -> Pair:
        """Lose one sentence of four."""
        sentences = self._random.sample(self._sentences, 4)
        return "".join(sentences), "".join(sentences[1:])

    def replaced(self, sentences: int, of: int) -> Pair:
        """Replace sentences by others."""
        drawn = self._random.sample(self._sentences, of + sentences)
        return "".join(drawn[:of]), "".join(drawn[sentences:])

    def renumbered(self) -> Pair:
        """Name another number."""
        text = self._random.choice([text for text in self._texts if NUMBER.search(text)])
        return text, NUMBER.sub(lambda match: str(int(match[0]) + 1), text, count=1)

    def other(self) -> Pair:
        """Take another passage of the articles."""
        one, other = self._random.sample(self._texts, 2)
        return one, other

    def _character(self) -> str:
        return str(self._random.choice(self._characters))


def jaccard(pair: Pair, length: int) -> float:
    """Return the similarity of two texts' sets of shingles."""
    one, other = (re.sub(r"[\W_]+", "", normalise(text)) for text in pair)
    ones, others = ({text[at : at + length] for at in range(len(text) - length + 1)} for text in (one, other))
    return len(ones & others) / max(len(ones | others), 1)


def folded(pair: Pair) -> bool:
    """Return whether the finder takes two texts for copies."""
    finder = DuplicateFinder()
    for text in pair:
        finder.add(text)
    return bool(finder.firsts()[1] == 0)


def rows(maker: Maker) -> Iterator[tuple[str, Callable[[], Pair]]]:
    """Yield each way to make a pair: first what should be folded, then what should not."""
    yield "2% of characters changed", lambda: maker.changed(0.02)
    yield "5% of characters changed", lambda: maker.changed(0.05)
    yield "3 words swapped", lambda: maker.swapped(3)
    yield "6 words swapped", lambda: maker.swapped(6)
    yield "navigation in front", maker.navigation
    yield "1 sentence of 4 lost", maker.lost
    yield "-- 1 sentence of 4 replaced", lambda: maker.replaced(1, 4)
    yield "-- 1 sentence of 3 replaced", lambda: maker.replaced(1, 3)
    yield "-- half of the sentences replaced", lambda: maker.replaced(2, 4)
    yield "-- another number", maker.renumbered
    yield "-- another passage", maker.other


def main(pairs: int) -> None:
    """Print the table."""
    texts = passages()
    print(f"{len(texts)} passages, {sum(map(len, texts)) / len(texts):.0f} characters on average, {pairs} pairs a row")
    header = " ".join(f"{length}:{threshold}" for length, threshold in product(SHINGLES, THRESHOLDS))
    print(f"{'':34}{header} finder")
    maker = Maker(texts)
    for name, make in rows(maker):
        made = [make() for _ in range(pairs)]
        similar = {length: [jaccard(pair, length) for pair in made] for length in SHINGLES}
        shares = [
            sum(value >= threshold for value in similar[length]) / pairs
            for length, threshold in product(SHINGLES, THRESHOLDS)
        ]
        shares.append(sum(map(folded, made)) / pairs)
        print(f"{name:34}" + " ".join(f"{share:5.0%}" for share in shares), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
