"""Group texts for encoding so that little is padded."""

from collections.abc import Iterator, Sequence

# Tokens of one batch, padding included. Passages a second of 180 characters on two cores, ONNX
# Runtime in fp32 (two runs, each with all its sizes in turn): 256: 37, 512: 38, 1,024: 37,
# 2,048: 33; and 1,024: 30, 4,096: 24, 16,384: 19. Larger batches are slower and take more memory.
BATCH_TOKENS = 1024
# The same of questions, whose lengths differ more: milliseconds a question on one core, rounded to eight bits, of 16
# questions of 15 characters at a time: 64: 2.04, 128: 1.91, 192: 1.99, 256: 2.03, 384: 2.19, 1,024: 2.33.
QUERY_BATCH_TOKENS = 128
# Each text is a batch. The sums within a vector depend on what is padded beside it, in the last bits: passages
# encoded by themselves have the same vectors in every build, and take no longer (28 to 50 a second; batches 24 to 31).
ALONE = 1


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
