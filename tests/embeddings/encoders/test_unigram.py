"""Cutting into pieces: by hand, and as `tokenizers` does it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tokenizers.models import Unigram as Reference

from embeddings.encoders.piece_trie import build_trie
from embeddings.encoders.unigram import Unigram, Unknown

Vocabulary = list[tuple[str, float]]
UNKNOWN = 0


def unigram(vocabulary: Vocabulary) -> Unigram:
    """Return one whose symbols are code points."""
    trie = build_trie([[ord(character) for character in piece] for piece, _ in vocabulary], lowest=0)
    scores = np.array([score for _, score in vocabulary])
    return Unigram(trie, scores, Unknown(UNKNOWN, float(scores.min()) - 10))


def cut(vocabulary: Vocabulary, text: str) -> list[tuple[str, int]]:
    symbols = [ord(character) for character in text]
    return [(text[start:stop], id_) for start, stop, id_ in unigram(vocabulary).cut(symbols)]


def test_the_greatest_sum() -> None:
    vocabulary = [("<unk>", 0.0), ("a", -1.0), ("b", -1.0), ("ab", -2.5), ("ba", -1.5), ("aba", -2.75)]
    assert cut(vocabulary, "ab") == [("a", 1), ("b", 2)]  # -2 against -2.5
    assert cut(vocabulary, "aba") == [("a", 1), ("ba", 4)]  # -2.5 against -2.75 and -3
    assert cut(vocabulary, "") == []


def test_of_equal_sums_the_longest_last_piece() -> None:
    assert cut([("<unk>", 0.0), ("a", -1.0), ("aa", -2.0)], "aaa") == [("a", 1), ("aa", 2)]


def test_neighbours_that_are_unknown_are_one() -> None:
    vocabulary = [("<unk>", 0.0), ("a", -1.0), ("bc", -5.0), ("z", -9.0)]
    assert cut(vocabulary, "xyaxabb") == [("xy", 0), ("a", 1), ("x", 0), ("a", 1), ("bb", 0)]
    assert cut(vocabulary, "bcb") == [("bc", 2), ("b", 0)]


def test_the_unknown_piece_itself_is_unknown() -> None:
    assert cut([("<unk>", 0.0), ("a", -1.0), (">", -1.0)], "<unk>xa") == [("<unk>x", 0), ("a", 1)]


def test_unknown_neighbours_that_spell_a_piece_are_that_piece() -> None:
    # Twice the piece for unknown ones sums up to 0; so does `tokenizers`.
    vocabulary = [("?", 0.0), ("??", -5.0), ("a", -1.0)]
    assert cut(vocabulary, "??a???") == [("??", 1), ("a", 2), ("???", 0)]
    theirs = Reference(vocabulary, UNKNOWN, byte_fallback=False).tokenize("??a???")
    assert [token.id for token in theirs] == [1, 2, 0]


# Few characters make for many ways; scores of quarters for many ties, the others for sums that are rounded.
SCORES = st.one_of(st.integers(-40, 0).map(lambda n: n / 4), st.floats(-20, 0, allow_nan=False))
VOCABULARIES = st.lists(st.tuples(st.text("abc上", min_size=1, max_size=4), SCORES), max_size=30).map(
    lambda pieces: [("ab?", 0.0), *pieces]
)


@given(VOCABULARIES, st.text("abc上?㐀", max_size=40))
def test_as_tokenizers_does(vocabulary: Vocabulary, text: str) -> None:
    # Code points stand for themselves, so the trie must reach to the greatest of them.
    vocabulary = [*vocabulary, ("㐀㐀㐀㐀㐀㐀㐀㐀㐀㐀", -20.0), ("上㐀上㐀", -20.0)]
    theirs = Reference(vocabulary, UNKNOWN, byte_fallback=False).tokenize(text)
    in_bytes = [len(text[:place].encode()) for place in range(len(text) + 1)]
    ours = unigram(vocabulary).cut([ord(character) for character in text])
    assert [(piece.id, (in_bytes[piece.start], in_bytes[piece.stop])) for piece in ours] == [
        (token.id, token.offsets) for token in theirs
    ]
