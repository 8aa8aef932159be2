"""Keep what was made of the last questions, so that the same one need not be encoded again."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b

from embeddings.protocols import Encoder
from embeddings.records import TokenVectors


class QueryCache:
    """Hold the vectors of the questions that were asked last, in memory only; threads may share it.

    What it remembers a question by is a hash with a secret that nobody else has and that ends with
    the process: the texts themselves are not kept.
    """

    def __init__(self, size: int) -> None:
        """Keep at most `size` questions, some 40 kB each with the default model; 0 keeps none."""
        self._size = size
        self._secret = secrets.token_bytes(32)
        self._kept: OrderedDict[bytes, TokenVectors] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return how many questions are kept."""
        return len(self._kept)

    def known(self, encoder: Encoder, texts: Sequence[str]) -> list[TokenVectors | None]:
        """Return for each of the texts what is kept of it, if anything."""
        keys = [self._key(encoder, text) for text in texts]
        with self._lock:
            for key in keys:
                if key in self._kept:
                    self._kept.move_to_end(key)
            return [self._kept.get(key) for key in keys]

    def keep(self, encoder: Encoder, text: str, tokens: TokenVectors) -> None:
        """Keep what an encoder made of a text, in place of what was not asked for the longest."""
        with self._lock:
            self._kept[self._key(encoder, text)] = tokens
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)

    def _key(self, encoder: Encoder, text: str) -> bytes:
        info = encoder.info
        # Another encoder, or the same rounded otherwise, gives other vectors.
        named = f"{info.fingerprint} {info.precision} {text}"
        return blake2b(named.encode("utf-8", "surrogatepass"), key=self._secret, digest_size=16).digest()
