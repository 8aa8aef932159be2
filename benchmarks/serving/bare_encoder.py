"""Measure what our encoder does by itself: the limit of what a service can do. Run as a process of its own.

usage: python -m benchmarks.serving.bare_encoder INDEX FOLDER
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.serving.load import percentiles
from benchmarks.serving.material import Paths, ToEncode
from benchmarks.serving.records import BareEncoder, Batch
from embeddings.encoders.onnx_encoder import OnnxEncoder
from embeddings.store.layout import IndexLayout
from embeddings.store.manifest import read_current

SIZES = (8, 16, 32)
# Each size is measured so many times, and the median counts.
REPEATS = 5
BATCH_SECONDS = 1.0
# As many as a service with one client answers in some seconds.
ALONE = 400
_WARMING = 16


def main(index: Path, paths: Paths) -> BareEncoder:
    """Encode all texts and questions, write their vectors, and return how fast it was."""
    layout = IndexLayout(index)
    encoder = OnnxEncoder.load(layout.encoder(read_current(layout).encoder.fingerprint))
    wanted = ToEncode.read(paths.to_encode)
    encoder.encode_queries_by_token(wanted.questions[:_WARMING])
    started = time.perf_counter()
    encoder.encode_passages(wanted.passages)
    speed = len(wanted.passages) / (time.perf_counter() - started)
    np.save(paths.vectors("ours", "texts"), encoder.encode_passages(shortened(wanted.texts, encoder)))
    np.save(paths.vectors("ours", "questions"), encoder.encode_queries(wanted.questions))
    batches = tuple(Batch(size, _rate(encoder, wanted.questions, size)) for size in SIZES)
    # At the end: the service is asked the same, one at a time, right after.
    p50, p95, _ = percentiles([_milliseconds(encoder, [question]) for question in wanted.questions[:ALONE]])
    return BareEncoder(p50, p95, batches, speed)


def shortened(texts: Sequence[str], encoder: OnnxEncoder) -> list[str]:
    """Return texts that the encoder reads whole: of longer ones the beginning, as sentence-transformers reads it."""
    fitting = []
    for text in texts:
        while (tokens := encoder.count_tokens([text])[0]) > encoder.info.max_tokens:
            text = text[: min(len(text) - 1, len(text) * encoder.info.max_tokens // tokens)]  # noqa: PLW2901
        fitting.append(text)
    return fitting


def _milliseconds(encoder: OnnxEncoder, questions: Sequence[str]) -> float:
    started = time.perf_counter()
    encoder.encode_queries_by_token(questions)
    return (time.perf_counter() - started) * 1000


def _rate(encoder: OnnxEncoder, questions: Sequence[str], size: int) -> float:
    """Return questions a second in batches of one size, in the order in which services are asked them."""
    batches = _batches(questions, size)
    return median(_rate_once(encoder, batches, size) for _ in range(REPEATS))


def _rate_once(encoder: OnnxEncoder, batches: Iterator[list[str]], size: int) -> float:
    encoded, milliseconds = 0, 0.0
    while milliseconds < BATCH_SECONDS * 1000:
        milliseconds += _milliseconds(encoder, next(batches))
        encoded += size
    return encoded / milliseconds * 1000


def _batches(questions: Sequence[str], size: int) -> Iterator[list[str]]:
    endless = cycle(questions)
    while True:
        yield list(islice(endless, size))


if __name__ == "__main__":
    print(json.dumps(asdict(main(Path(sys.argv[1]), Paths(Path(sys.argv[2]))))))
