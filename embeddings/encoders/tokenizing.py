"""Define what cuts a text into the tokens that a model reads."""

from collections.abc import Sequence
from typing import Protocol


class Tokenized(Protocol):
    """Hold the tokens of one text, in their order."""

    @property
    def ids(self) -> list[int]:
        """Return their numbers in the vocabulary."""
        ...

    @property
    def offsets(self) -> list[tuple[int, int]]:
        """Return where in the text each begins and ends, in characters."""
        ...

    @property
    def special_tokens_mask(self) -> list[int]:
        """Return 1 for each that the tokenizer added, else 0."""
        ...


class TextTokenizer(Protocol):
    """Cut texts; safe to share between threads."""

    def encode_batch(self, texts: list[str], /) -> Sequence[Tokenized]:
        """Return the tokens of each text, not cut and not padded."""
        ...
