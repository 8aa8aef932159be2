"""Tell how many words a question shares with what answers it."""

import re
from collections.abc import Iterable

from corpus.normalising import normalise

_NO_WORD = re.compile(r"[\W_]+")


def character_pairs(text: str) -> frozenset[str]:
    """Return the pairs of letters and digits that stand side by side in a text, in its normalised form."""
    letters = _NO_WORD.sub("", normalise(text)).casefold()
    return frozenset(letters[start : start + 2] for start in range(len(letters) - 1))


def overlap(question: str, answers: Iterable[str]) -> float:
    """Return the largest share of a question's character pairs that one of the texts has, too; from 0 to 1.

    Raises:
        ValueError: there is no text, or the question has fewer than two letters or digits.
    """
    own = character_pairs(question)
    if not own:
        raise ValueError(f"{question!r} has no two letters or digits")
    return max(len(own & character_pairs(answer)) / len(own) for answer in answers)
