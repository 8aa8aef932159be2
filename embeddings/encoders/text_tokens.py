"""Tell a text's own tokens from those of its prompt and those that the tokenizer adds."""

from typing import NamedTuple

import numpy as np

from embeddings.encoders.tokenizing import Tokenized
from embeddings.records import FloatArray, IdArray, RowArray, TokenVectors


class TextTokens(NamedTuple):
    """Hold the tokens that stand for a text: their places among all, their ids, and their offsets in the text."""

    places: RowArray
    ids: IdArray
    offsets: IdArray


def text_tokens(encoding: Tokenized, prompt_length: int) -> TextTokens:
    """Return the tokens that have at least one character of the text behind the prompt.

    Of "query: 上门" with a prompt of 7 characters, 上 and 门 are kept, with offsets from 0; must not
    be kept: `<s>`, and the `▁` that stands for the blank before 上. A token with characters of both
    begins where the text does.

    Args:
        encoding: of prompt and text together.
        prompt_length: in characters.
    """
    offsets = np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2)
    offsets = np.maximum(offsets - np.int32(prompt_length), np.int32(0))
    added = np.array(encoding.special_tokens_mask, dtype=bool)
    places = np.flatnonzero(~added & (offsets[:, 0] < offsets[:, 1]))
    return TextTokens(places, np.array(encoding.ids, dtype=np.int32)[places], offsets[places])


def without_tokens(vector: FloatArray) -> TokenVectors:
    """Return what a model gives that has a vector for the whole text only."""
    return TokenVectors(
        vector, np.zeros((0, 0), np.float32), ids=np.zeros(0, np.int32), offsets=np.zeros((0, 2), np.int32)
    )
