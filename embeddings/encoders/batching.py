"""Group texts for encoding so that little is padded."""

from collections.abc import Iterator, Sequence

# Tokens of one batch, padding included. Larger batches were no faster on two cores
# (16 and 32 texts of 250 characters a batch, within noise) and take more memory.
BATCH_TOKENS = 4096


def batches_by_length(lengths: Sequence[int], batch_tokens: int = BATCH_TOKENS) -> Iterator[list[int]]:
    """Yield positions grouped by similar length, the longest first.

    No batch has more than `batch_tokens` tokens when all its texts are padded to its longest,
    but for a single text that is longer by itself. Starting with the longest makes a shortage
    of memory show at once.
    """
    batch: list[int] = []
    for position in sorted(range(len(lengths)), key=lambda index: (-lengths[index], index)):
        if batch and (len(batch) + 1) * lengths[batch[0]] > batch_tokens:
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch
