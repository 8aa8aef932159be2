"""Weigh the characters of a question: what no rule foresaw may still sound like the questions of people in danger."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from corpus.records import Danger

# Runs of so many characters are weighed.
LENGTHS = (1, 2, 3)
# Written by benchmarks/danger_weights.py, which tells how well they do on questions that they were not fitted to.
SHIPPED = Path(__file__).parent / "danger_weights.json"


class Gram(NamedTuple):
    """Hold what a run of characters counts: towards each danger, in the order of `Danger`, and in the length."""

    towards: tuple[float, ...]
    squared: float


@dataclass(frozen=True, slots=True)
class DangerWeights:
    """Hold a linear model for each danger over the runs of characters of a question, whose vector has length 1.

    `unknown` is what a run that is not among them adds to the square of the length. `least` is, for each danger, the
    sum from which it is told. `fitted_on` is the SHA-256 of all that it was fitted to.
    """

    grams: Mapping[str, Gram]
    unknown: float
    least: tuple[float, ...]
    fitted_on: str

    @classmethod
    def load(cls, path: Path = SHIPPED) -> "DangerWeights":
        """Read what `written` wrote."""
        fields = json.loads(path.read_text(encoding="utf-8"))
        grams = {gram: Gram(tuple(numbers[:-1]), numbers[-1]) for gram, numbers in fields["grams"].items()}
        least = tuple(fields["least"][danger.value] for danger in Danger)
        return cls(grams, fields["unknown"], least, fields["fitted_on"])

    def written(self) -> str:
        """Return the weights as JSON text, a run of characters a line."""
        least = {danger.value: number for danger, number in zip(Danger, self.least, strict=True)}
        head = json.dumps({"fitted_on": self.fitted_on, "unknown": self.unknown, "least": least})[:-1]
        lines = (
            f"{json.dumps(gram, ensure_ascii=False)}: {json.dumps([*numbers.towards, numbers.squared])}"
            for gram, numbers in self.grams.items()
        )
        return head + ', "grams": {\n' + ",\n".join(lines) + "\n}}\n"

    def weigh(self, text: str) -> frozenset[Danger]:
        """Return the dangers that a question, squeezed (see `embeddings.dangers`), sounds like."""
        grams = grams_of(text)
        known = [self.grams[gram] for gram in grams if gram in self.grams]
        length = math.sqrt(sum([gram.squared for gram in known]) + self.unknown * (len(grams) - len(known)))
        sums = map(sum, zip(*[gram.towards for gram in known], strict=True))
        return frozenset(
            danger for danger, towards, least in zip(Danger, sums, self.least, strict=False) if towards > least * length
        )


def grams_of(text: str) -> set[str]:
    """Return the runs of characters of a text, each once."""
    return {text[start : start + size] for size in LENGTHS for start in range(len(text) - size + 1)}
