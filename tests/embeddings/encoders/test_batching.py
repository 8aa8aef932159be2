"""Batches by length."""

from hypothesis import given
from hypothesis import strategies as st

from embeddings.encoders.batching import batches_by_length


def test_by_hand() -> None:
    # Longest first: 9; then 4 and 3 padded to 4 make 8 of 10 tokens, a third would make 12.
    assert list(batches_by_length([3, 9, 4, 2, 1], batch_tokens=10)) == [[1], [2, 0], [3, 4]]


@given(st.lists(st.integers(1, 50), max_size=60))
def test_every_text_once_and_no_batch_too_large(lengths: list[int]) -> None:
    batches = list(batches_by_length(lengths, batch_tokens=64))
    assert sorted(position for batch in batches for position in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[position] for position in batch) <= 64
