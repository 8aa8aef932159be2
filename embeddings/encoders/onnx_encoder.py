"""Encode with ONNX Runtime: what serves, and what the build uses too. Needs no torch."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from embeddings.encoders.batching import ALONE, BATCH_TOKENS, QUERY_BATCH_TOKENS, batches_by_length
from embeddings.encoders.stored_tables import TABLES, mapped_tables
from embeddings.encoders.text_tokens import text_tokens, without_tokens
from embeddings.encoders.tokenizer_files import load_tokenizer
from embeddings.encoders.tokenizing import TextTokenizer, Tokenized
from embeddings.errors import REBUILD_HINT, SnapshotError, TextTooLongError
from embeddings.protocols import Progress
from embeddings.records import EncoderInfo, FloatArray, Precision, Prompts, TokenVectors


@dataclass(frozen=True, slots=True)
class EncoderFiles:
    """Name the files of an exported encoder inside its folder; `tokenizer_files` names the tokenizer's."""

    graph: str = "model.onnx"
    weights: str = "model.onnx.data"
    info: str = "encoder.json"


FILES = EncoderFiles()
INPUTS = ("input_ids", "attention_mask")
OUTPUT = "embedding"
# Where the model has vectors of tokens: shape (texts, tokens, token dimension), padding included.
TOKENS_OUTPUT = "token_embeddings"


@dataclass(frozen=True, slots=True)
class Sessions:
    """Hold an encoder's graph twice; the weights in whole numbers take 25 MB a time, the table of words is shared.

    One text alone is encoded `alone` on all cores. Where several are, questions of several people say, each core
    has something to do anyway, and one thread wastes nothing on waiting for another: with 32 clients the service
    answers 277 questions a second so, and 193 on all cores; a lone one takes 6.9 ms on two cores and 8.2 on one.
    """

    alone: onnxruntime.InferenceSession
    together: onnxruntime.InferenceSession
    # Nothing else keeps what both look up in from being freed.
    tables: Mapping[str, onnxruntime.OrtValue]

    @classmethod
    def load(cls, folder: Path) -> "Sessions":
        """Load the graph of an exported encoder, twice, and its tables, once.

        Raises:
            SnapshotError: the tables cannot be read.
        """
        mapped = mapped_tables(folder / TABLES, folder / FILES.weights)
        # Neither copies.
        tables = {name: onnxruntime.OrtValue.ortvalue_from_numpy(table) for name, table in mapped.items()}
        graph = folder / FILES.graph
        return cls(_session(graph, _cores(), tables), _session(graph, 1, tables), tables)


class OnnxEncoder:
    """Run an exported encoder; safe to share between threads."""

    def __init__(self, sessions: Sessions, tokenizer: TextTokenizer, info: EncoderInfo) -> None:
        self._sessions = sessions
        self._tokenizer = tokenizer
        self._info = info

    @classmethod
    def load(cls, folder: Path) -> "OnnxEncoder":
        """Load an exported encoder from its folder.

        Args:
            folder: holds the files named by `FILES`, and a tokenizer's. Weights and pieces are memory-mapped from it.

        Raises:
            SnapshotError: a file is missing, cannot be read, or was written by an older version.
        """
        info = read_info(folder / FILES.info)
        try:
            tokenizer = load_tokenizer(folder)
            sessions = Sessions.load(folder)
        except (MemoryError, SnapshotError):
            raise
        except Exception as error:  # `tokenizers` raises just that, and onnxruntime classes right below it
            raise SnapshotError(
                f"{folder} holds no encoder that can be loaded ({str(error)[:200]}); {REBUILD_HINT}"
            ) from error
        outputs = {output.name for output in sessions.alone.get_outputs()}
        if (TOKENS_OUTPUT in outputs) != (info.token_dimension is not None):
            raise SnapshotError(f"{folder} holds a graph and a description that differ on tokens; {REBUILD_HINT}")
        return cls(sessions, tokenizer, info)

    @property
    def info(self) -> EncoderInfo:
        """Return what the encoder is."""
        return self._info

    def described(self, info: EncoderInfo) -> "OnnxEncoder":
        """Return the same encoder by another description, such as one with other prompts."""
        return OnnxEncoder(self._sessions, self._tokenizer, info)

    def token_ids(self, text: str) -> list[int]:
        """Return a text's tokens without any prompt, those that stand at its ends included."""
        (encoding,) = self._tokenized([text], "")
        return list(encoding.ids)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the length of each passage text in tokens, prompt and special tokens included."""
        return [len(encoding.ids) for encoding in self._tokenized(texts, self._info.prompts.passage)]

    def encode_queries(self, texts: Sequence[str], progress: Progress | None = None) -> FloatArray:
        """Return unit vectors of questions, shape (len(texts), dimension).

        Raises:
            TextTooLongError: a question has more tokens than the encoder reads.
        """
        return self._encode(texts, self._info.prompts.query, progress, QUERY_BATCH_TOKENS)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> FloatArray:
        """Return unit vectors of passages, shape (len(texts), dimension).

        Each is encoded by itself: its vector is the same to the last bit whatever is encoded beside it.

        Raises:
            TextTooLongError: a passage has more tokens than the encoder reads.
        """
        return self._encode(texts, self._info.prompts.passage, progress, ALONE)

    def encode_queries_by_token(self, texts: Sequence[str], progress: Progress | None = None) -> list[TokenVectors]:
        """Return for each question its unit vector and its tokens' vectors, if the model has any.

        Raises:
            TextTooLongError: a question has more tokens than the encoder reads.
        """
        return self._encode_by_token(texts, self._info.prompts.query, progress, QUERY_BATCH_TOKENS)

    def encode_passages_by_token(self, texts: Sequence[str], progress: Progress | None = None) -> list[TokenVectors]:
        """Return for each passage its unit vector and its tokens' vectors, if the model has any.

        Each is encoded by itself, as `encode_passages` says.

        Raises:
            TextTooLongError: a passage has more tokens than the encoder reads.
        """
        return self._encode_by_token(texts, self._info.prompts.passage, progress, ALONE)

    def _tokenized(self, texts: Sequence[str], prompt: str) -> list[Tokenized]:
        return list(self._tokenizer.encode_batch([prompt + text for text in texts]))

    def _encode(
        self, texts: Sequence[str], prompt: str, progress: Progress | None, batch_tokens: int = BATCH_TOKENS
    ) -> FloatArray:
        vectors = np.empty((len(texts), self._info.dimension), dtype=np.float32)
        for positions, batch in self._batches(texts, prompt, progress, batch_tokens):
            (vectors[positions],) = self._run(self._session_for(len(texts), batch_tokens), batch, [OUTPUT])
        return vectors

    def _encode_by_token(
        self, texts: Sequence[str], prompt: str, progress: Progress | None, batch_tokens: int = BATCH_TOKENS
    ) -> list[TokenVectors]:
        if self._info.token_dimension is None:
            return [without_tokens(vector) for vector in self._encode(texts, prompt, progress, batch_tokens)]
        encoded: dict[int, TokenVectors] = {}
        session = self._session_for(len(texts), batch_tokens)
        for positions, batch in self._batches(texts, prompt, progress, batch_tokens):
            outputs = self._run(session, batch, [OUTPUT, TOKENS_OUTPUT])
            for position, encoding, vector, tokens in zip(positions, batch, *outputs, strict=True):
                own = text_tokens(encoding, len(prompt))
                # Copies: a view would keep the whole batch with its padding.
                encoded[position] = TokenVectors(vector.copy(), tokens[own.places], own.ids, own.offsets)
        return [encoded[position] for position in range(len(texts))]

    def _session_for(self, texts: int, batch_tokens: int) -> onnxruntime.InferenceSession:
        return self._sessions.alone if texts == 1 or batch_tokens == ALONE else self._sessions.together

    def _batches(
        self, texts: Sequence[str], prompt: str, progress: Progress | None, batch_tokens: int
    ) -> Iterator[tuple[list[int], list[Tokenized]]]:
        """Yield positions and tokens of texts of similar length, and report each batch when the next is wanted."""
        tokenized = self._tokenized(texts, prompt)
        lengths = [len(encoding.ids) for encoding in tokenized]
        self._check_lengths(texts, lengths)
        for positions in batches_by_length(lengths, batch_tokens):
            yield positions, [tokenized[position] for position in positions]
            if progress is not None:
                progress(len(positions))

    def _check_lengths(self, texts: Sequence[str], lengths: Sequence[int]) -> None:
        for text, length in zip(texts, lengths, strict=True):
            if length > self._info.max_tokens:
                raise TextTooLongError(
                    f"the text of {len(text)} characters has {length} tokens, {self._info.name} reads at most "
                    f"{self._info.max_tokens}; shorten it by about {1 - self._info.max_tokens / length:.0%}"
                )

    def _run(
        self, session: onnxruntime.InferenceSession, tokenized: Sequence[Tokenized], outputs: list[str]
    ) -> list[FloatArray]:
        width = max(len(encoding.ids) for encoding in tokenized)
        # The padding's id does not matter: the mask hides it from attention and from pooling.
        ids = np.zeros((len(tokenized), width), dtype=np.int64)
        mask = np.zeros((len(tokenized), width), dtype=np.int64)
        for row, encoding in enumerate(tokenized):
            ids[row, : len(encoding.ids)] = encoding.ids
            mask[row, : len(encoding.ids)] = 1
        arrays = session.run(outputs, dict(zip(INPUTS, (ids, mask), strict=True)))
        return [np.asarray(array, dtype=np.float32) for array in arrays]


def _session(
    graph: Path, threads: int, tables: Mapping[str, onnxruntime.OrtValue] | None = None
) -> onnxruntime.InferenceSession:
    """Load a graph.

    Args:
        graph: its path.
        threads: how many multiply together.
        tables: weights by name that are mapped already: of two sessions that each map 96 MB, 192 are resident. They
            must outlive the session.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    for name, table in (tables or {}).items():
        options.add_initializer(name, table)
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


def _cores() -> int:
    """Return the cores that this process may use: more threads than that wait for one another, twice as long on one."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


class GraphRunner:
    """Run any graph on the tokens of one text at a time, for looking at what happens inside."""

    def __init__(self, path: Path) -> None:
        self._session = _session(path, _cores())

    def run(self, ids: Sequence[int], outputs: Sequence[str]) -> list[FloatArray]:
        """Return the named values, which begin with an axis of one text."""
        tokens = np.array([ids], dtype=np.int64)
        return list(self._session.run(list(outputs), dict(zip(INPUTS, (tokens, np.ones_like(tokens)), strict=True))))


def write_info(path: Path, info: EncoderInfo) -> None:
    """Write what an encoder is beside its files."""
    path.write_text(json.dumps(asdict(info), ensure_ascii=False, indent=2), encoding="utf-8")


def info_of(fields: Mapping[str, Any]) -> EncoderInfo:
    """Return the encoder that JSON fields describe; KeyError or TypeError where they do not."""
    given = {"precision": Precision.FP32, **fields}
    if given["precision"] not in list(Precision):
        raise TypeError(f"the precision is {given['precision']!r}, int8 or fp32 was wanted")
    return EncoderInfo(**{**given, "prompts": Prompts(**fields["prompts"]), "precision": Precision(given["precision"])})


def read_info(path: Path) -> EncoderInfo:
    """Read what `write_info` wrote.

    Raises:
        SnapshotError: the file is missing or has other fields.
    """
    try:
        return info_of(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SnapshotError(f"{path} does not describe an encoder ({error}); {REBUILD_HINT}") from error
