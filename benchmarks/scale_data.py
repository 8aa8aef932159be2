"""Make as many passages as wanted, with vectors and tokens, that look like those of real articles.

A text is recombined from whole sentences of all the shipped articles until it has `CHARACTERS`. One
Chinese character in `REPLACED` gives way to another, drawn as often as it stands in them, and every
digit to another digit: so pairs of characters and numbers that were never seen keep coming, as they
do in real texts. One text in `COPIED` is that of before, with two words in front. Vectors lie between
two real ones, with noise of the same covariance (`mixed_vectors`). The tokens of a passage are as
many as its text would have, and stand together in real passages.
"""

import random
import re
from collections.abc import Iterator

import numpy as np

from benchmarks.hybrid_latency import sentences
from corpus.normalising import normalise
from corpus.records import About, Article, Markup, Passage
from corpus.script import HAN
from embeddings.encoders.onnx_encoder import OnnxEncoder
from embeddings.late_interaction.reference import TOKEN_DIMENSIONS
from embeddings.late_interaction.token_space import TokenSpace, fit_token_space
from embeddings.records import TokenVectors

CHARACTERS = 150
REPLACED = 200
COPIED = 20
OF_AN_ARTICLE = 20
# Texts that the tokens of others are taken from.
SAMPLED = 256
_HAN = re.compile(f"[{HAN}]")
_DIGIT = re.compile(r"[0-9]")


class Texts:
    """Make texts; each is the same whenever it is made after the same ones."""

    def __init__(self) -> None:
        self._sentences = sentences()
        self._characters = _HAN.findall("".join(self._sentences))

    def passages(self, count: int) -> Iterator[str]:
        """Yield so many texts."""
        generator = random.Random(1)  # noqa: S311
        text = ""
        for row in range(count):
            text = f"转载：{text}" if row % COPIED == 1 else self._next(generator)
            yield text

    def articles(self, count: int) -> Iterator[tuple[Article, list[Passage]]]:
        """Yield articles that have so many passages together."""
        passages: list[Passage] = []
        for row, text in enumerate(self.passages(count)):
            id_ = f"generated/{row // OF_AN_ARTICLE}"
            passages.append(Passage(f"p{row}", id_, 0, len(text), text, ("一、上门催收", "证件"), normalise(text)))
            if len(passages) == OF_AN_ARTICLE or row == count - 1:
                about = About(title=id_, tags=(f"第{row % 7}类",))
                original = "\n".join(passage.text for passage in passages)
                yield Article(id_, "generated.jsonl", original, Markup.PLAIN, about=about), passages
                passages = []

    def _next(self, generator: random.Random) -> str:
        text = ""
        while len(text) < CHARACTERS:
            text += generator.choice(self._sentences)
        letters = list(_DIGIT.sub(lambda _: generator.choice("0123456789"), text))
        for _ in range(round(len(letters) / REPLACED * 2 * generator.random())):
            place = generator.randrange(len(letters))
            if _HAN.match(letters[place]):
                letters[place] = generator.choice(self._characters)
        return "".join(letters)


class Tokens:
    """Give passages tokens of a few real ones, placed already: what an encoder takes is no part of this."""

    def __init__(self, encoder: OnnxEncoder, questions: list[str]) -> None:
        real = encoder.encode_passages_by_token([normalise(text) for text in Texts().passages(SAMPLED)])
        asked = encoder.encode_queries_by_token(questions[:SAMPLED])
        self.space = fit_token_space([one.tokens for one in real], [one.tokens for one in asked], TOKEN_DIMENSIONS)
        self._placed = np.concatenate([self.space.project_passage(one.tokens) for one in real]).astype(np.float32)
        self._ids = np.concatenate([one.ids for one in real])
        self._a_character = len(self._ids) / sum(len(normalise(text)) for text in Texts().passages(SAMPLED))
        self._generator = np.random.default_rng(1)

    @property
    def identity(self) -> TokenSpace:
        """Return the space in which tokens that are placed already stay where they are."""
        nothing = np.zeros(TOKEN_DIMENSIONS, dtype=np.float32)
        return TokenSpace(nothing, nothing, np.eye(TOKEN_DIMENSIONS, dtype=np.float32))

    def of(self, texts: list[str]) -> Iterator[TokenVectors]:
        """Yield the tokens of some texts."""
        for text in texts:
            length = round(len(text) * self._a_character)
            first = int(self._generator.integers(len(self._ids) - length))
            borders = np.linspace(0, len(text), length + 1).astype(np.int32)
            its = slice(first, first + length)
            offsets = np.stack([borders[:-1], borders[1:]], axis=1)
            yield TokenVectors(self._placed[0], self._placed[its], self._ids[its], offsets)
