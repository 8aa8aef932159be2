"""Ask a service for half an hour at 80 % of what it can do, and give it another index each minute.

usage: python benchmarks/soak.py [INDEX] [--minutes 30] [--reload-seconds 60] [--questions FILE]

INDEX holds at least two snapshots, and is left as it is; without it two are built of the shipped articles, which takes
some minutes. What the service can do is measured first. Requests are due at a fixed rate, whether or not those before
them are answered, and latency counts from then. Every second question is new, so that no cache answers for the encoder.
The exit code is 1 where a request failed, a reload was refused, or memory grew.
"""

import argparse
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple, overload
from urllib.parse import urlsplit

from benchmarks.serving.load import Address, Plan, load_average, measure_load, search_request
from benchmarks.serving.memory import memory_of
from benchmarks.serving.records import Load
from benchmarks.swaps import build_two, own_view, serving, swap
from embeddings.evaluation.question_sets import read_questions
from embeddings.files import write_atomically

QUESTIONS = Path(__file__).parents[1] / "corpus" / "questions" / "dev.jsonl"
SHARE = 0.8
CLIENTS = 32
RESULTS = 5
CAPACITY_SECONDS = 15.0
# Seconds between two looks at the memory.
LOOK = 2.0
# Of the whole time, what does not count yet: pages are touched and pools grow in the first reloads.
WARMING = 1 / 6
MOST_GROWTH = 0.05


class Look(NamedTuple):
    """Hold the resident memory in MB at a second of the soak."""

    second: float
    resident: float


@dataclass(frozen=True, slots=True)
class Soak:
    """Hold what came of it; `reloads` are the seconds that each took."""

    load: Load
    looks: tuple[Look, ...]
    reloads: tuple[float, ...]


class Requests(Sequence[bytes]):
    """Make each request when it is asked for; every second one has words that no other has."""

    def __init__(self, address: Address, questions: Sequence[str], number: int) -> None:
        self._address = address
        self._questions = questions
        self._number = number

    def __len__(self) -> int:
        return self._number

    @overload
    def __getitem__(self, place: int) -> bytes: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[bytes]: ...
    def __getitem__(self, place: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(self._number))]
        question = self._questions[place % len(self._questions)]
        return search_request(self._address, f"{question}{place}" if place % 2 else question, RESULTS)


def soak(
    index: Path, snapshots: Sequence[tuple[str, str]], questions: Sequence[str], seconds: float, pause: float
) -> Soak:
    """Ask a service for so many seconds, and swap the snapshots of its index every `pause` seconds."""
    write_atomically(index / "CURRENT", snapshots[0][1])
    with serving(index) as (url, process), ThreadPoolExecutor(1) as pool:
        parts = urlsplit(url)
        address = Address(parts.hostname or "", parts.port or 0)
        # More than are ever asked, so that none comes again.
        requests = Requests(address, questions, 1_000_000_000)
        rate = SHARE * _capacity(address, requests)
        print(f"asking {rate:.0f} questions a second for {seconds:.0f} s", flush=True)
        started = time.perf_counter()
        asking = pool.submit(measure_load, address, Plan(requests, CLIENTS, seconds, rate))
        looks, stop = [Look(0.0, memory_of(process).resident)], threading.Event()
        looking = threading.Thread(target=_look, args=(process, started, looks, stop))
        looking.start()
        try:
            reloads = _swap(url, index, snapshots, started + seconds, pause)
            load = asking.result()
        finally:
            stop.set()
            looking.join()
    return Soak(load, tuple(looks), tuple(reloads))


def _capacity(address: Address, requests: Sequence[bytes]) -> float:
    """Return how many questions a second the service answers to clients that never pause."""
    measure_load(address, Plan(requests, CLIENTS, CAPACITY_SECONDS / 5))
    load = measure_load(address, Plan(requests, CLIENTS, CAPACITY_SECONDS))
    if load.failed:
        sys.exit(f"asked without pause, the service failed {load.failed} times ({load.errors}); nothing was measured")
    print(f"{CLIENTS} clients that never pause: {load.per_second:.0f} questions a second, p95 {load.p95_ms:.0f} ms")
    return load.per_second


def _look(process: int, started: float, looks: list[Look], stop: threading.Event) -> None:
    while not stop.wait(LOOK):
        looks.append(Look(time.perf_counter() - started, memory_of(process).resident))


def _swap(url: str, index: Path, snapshots: Sequence[tuple[str, str]], end: float, pause: float) -> list[float]:
    """Publish the snapshots in turn until the end; return the seconds that each took to be served."""
    took = []
    for number in count(1):
        if time.perf_counter() + pause > end:
            break
        time.sleep(pause)
        began, ended = swap(url, index, snapshots[number % 2])
        took.append(ended - began)
    time.sleep(max(end - time.perf_counter(), 0.0))
    return took


def growth(looks: Sequence[Look], seconds: float) -> float:
    """Return by what share memory grew after warming up: the median of its last third by that of its first.

    A median is not moved by the seconds in which two indexes are loaded. Both thirds hold both snapshots.
    """
    counted = [look for look in looks if look.second >= WARMING * seconds]
    third = max(len(counted) // 3, 1)
    first, last = (median(look.resident for look in some) for some in (counted[:third], counted[-third:]))
    return last / first - 1


def report(found: Soak, seconds: float, most_growth: float) -> bool:
    """Print what came of it; return whether all is well."""
    load, grown = found.load, growth(found.looks, seconds)
    print(f"requests {load.answered + load.failed}, failed {load.failed}", load.errors or "")
    print(
        f"questions a second {load.per_second:.1f}, latency from when each was due: p50 {load.p50_ms:.0f} ms, "
        f"p95 {load.p95_ms:.0f} ms, p99 {load.p99_ms:.0f} ms"
    )
    if found.reloads:
        print(f"reloads {len(found.reloads)}, median {median(found.reloads):.1f} s, longest {max(found.reloads):.1f} s")
    residents = [look.resident for look in found.looks]
    print(
        f"memory: {residents[0]:.0f} MB at the start, {residents[-1]:.0f} MB at the end, {max(residents):.0f} MB at "
        f"most; after {WARMING * seconds:.0f} s of warming up it grew by {grown:.1%} (at most {most_growth:.0%})"
    )
    print(f"load average of the machine {load_average():.1f}")
    return not load.failed and bool(found.reloads) and grown <= most_growth


def main() -> int:
    """Soak an index, or one that is built for it; return the exit code."""
    parser = argparse.ArgumentParser(description="Ask a service for long, and give it another index now and then.")
    parser.add_argument("index", nargs="?", type=Path)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--reload-seconds", type=float, default=60.0)
    parser.add_argument("--most-growth", type=float, default=MOST_GROWTH, help="as a share (default: %(default)s)")
    parser.add_argument("--questions", type=Path, default=QUESTIONS, help="JSONL (default: ours, for development)")
    options = parser.parse_args()
    questions = [question.text for question in read_questions(options.questions)]
    seconds = options.minutes * 60
    with TemporaryDirectory() as folder:
        index: Path | None = options.index
        if index is None:
            index = Path(folder) / "built"
            build_two(index, Path(folder))
        view = Path(folder) / "index"
        view.mkdir()
        found = soak(view, own_view(index, view), questions, seconds, options.reload_seconds)
    return 0 if report(found, seconds, options.most_growth) else 1


if __name__ == "__main__":
    sys.exit(main())
