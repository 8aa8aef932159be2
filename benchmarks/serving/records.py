"""Define what the benchmark measures. Memory is in MB of 1,000,000 bytes, time in what its name ends in."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Memory:
    """Hold a process's resident memory: all of it, what is no file's, and what is of files, which others may share."""

    resident: float
    own: float
    of_files: float


class Part(NamedTuple):
    """Tell how much memory was resident after something more was loaded."""

    name: str
    after: Memory


@dataclass(frozen=True, slots=True)
class Load:
    """Hold what came of asking a service for a while.

    `errors` counts requests that were not answered with 200, by what came instead. Latencies and `per_second` are of
    the others. `client_ms` is what a request costs the one who measures, on the same processors.
    """

    clients: int
    seconds: float
    answered: int
    errors: dict[str, int]
    p50_ms: float
    p95_ms: float
    p99_ms: float
    per_second: float
    client_ms: float

    @property
    def failed(self) -> int:
        """Return how many requests were not answered with 200."""
        return sum(self.errors.values())


@dataclass(frozen=True, slots=True)
class Service:
    """Hold what was measured of one service, `loads` in the order of the numbers of clients.

    `first_answer_s` has one value a start; memory is from the last of them, after its first answer and after all
    load. `ndcg` is None where it was not measured.
    """

    name: str
    first_answer_s: tuple[float, ...]
    loaded: Memory
    after: Memory
    loads: tuple[Load, ...]
    ndcg: float | None = None


class Batch(NamedTuple):
    """Tell how many questions a second an encoder takes, so many at a time."""

    size: int
    per_second: float


@dataclass(frozen=True, slots=True)
class BareEncoder:
    """Hold what our encoder does by itself, in a process that does nothing else."""

    alone_p50_ms: float
    alone_p95_ms: float
    batches: tuple[Batch, ...]
    passages_per_second: float


@dataclass(frozen=True, slots=True)
class Reference:
    """Hold what sentence-transformers does with the same model in fp32, as it comes."""

    passages_per_second: float


class Ranking(NamedTuple):
    """Tell how well texts are ranked by nothing but the cosines of vectors: ours, and those in fp32."""

    ours: float
    fp32: float


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Say where, when and on what it was measured; `load` is the machine's load average at the start and at the end."""

    when: str
    processor: str
    cores: int
    load: tuple[float, float]
    model: str
    questions: int
    texts: int
    passages: int
    encoded: int


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Hold all that was measured in one run."""

    circumstances: Circumstances
    plain: Service
    ours: Service
    cached: Service
    parts: tuple[Part, ...]
    encoder: BareEncoder
    reference: Reference
    ranking: Ranking


@dataclass(frozen=True, slots=True)
class Target:
    """Hold what is wanted and what was measured; `at_most` tells on which side of the bound is right."""

    name: str
    measured: float
    bound: float
    at_most: bool = True

    @property
    def reached(self) -> bool:
        """Return whether it is as wanted."""
        return self.measured <= self.bound if self.at_most else self.measured >= self.bound
