"""Measure a service that is given another index many times under load: failures, mixed answers, latency, memory.

usage: python benchmarks/swaps.py [INDEX [SWAPS]]

INDEX holds at least two snapshots, and is left as it is; without it two are built of the shipped articles, which
takes some minutes. Each answer must equal what its snapshot answers by itself.
"""

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
import numpy as np

from corpus.reading import shipped_articles
from embeddings.files import write_atomically
from embeddings.records import Mode
from embeddings.store.layout import IndexLayout
from embeddings.store.loading import open_searcher
from embeddings.store.manifest import current_line
from service.schemas import SearchBody, SearchOut

QUESTIONS = (
    "微粒贷逾期会上门吗",
    "催收可以给我妈打电话吗",
    "还清以后征信多久恢复",
    "收到法院短信是真的吗",
    "怎么协商分期",
)
CLIENTS = 16
PAUSE_SECONDS = 1.0
REPORTED_EVERY = 10

# Snapshot, question, mode → the answer.
Expected = dict[tuple[str, str, Mode], Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold when a request was sent and answered, and what was wrong with the answer."""

    started: float
    ended: float
    failure: str = ""
    mixed: bool = False


def build_two(index: Path, folder: Path) -> None:
    """Build an index of the shipped articles, and then one of half of them."""
    half = folder / "half"
    half.mkdir()
    for path in sorted(shipped_articles().glob("*.md"))[::2]:
        shutil.copy(path, half)
    for articles in (shipped_articles(), half):
        # The gate would refuse an index that half of the articles are gone from.
        meant = ("--force", "--reason", "to be swapped with the whole one")
        command = [sys.executable, "-m", "scripts.rebuild_index", str(articles), "--index", str(index), *meant]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def own_view(index: Path, folder: Path) -> list[tuple[str, str]]:
    """Make a folder with the index's snapshots and a CURRENT of its own; return names and what CURRENT says of each."""
    given, view = IndexLayout(index), IndexLayout(folder)
    for theirs, own in ((given.snapshots, view.snapshots), (given.encoders, view.encoders)):
        own.symlink_to(theirs.resolve())
    manifests = sorted(given.snapshots.glob("[0-9]*/manifest.json"))[-2:]
    if len(manifests) < 2:  # noqa: PLR2004
        sys.exit(f"{index} holds {len(manifests)} snapshots, two were wanted; rebuild it with other articles")
    return [(path.parent.name, current_line(path.read_text(encoding="utf-8"), path.parent.name)) for path in manifests]


def own_answers(index: Path, name: str) -> Expected:
    """Return what the current snapshot answers by itself."""
    searcher = open_searcher(index)
    expected: Expected = {}
    for question in QUESTIONS:
        for mode in Mode:
            answer = searcher.search(question, SearchBody(query=question, mode=mode).options())
            expected[name, question, mode] = compared(
                SearchOut.of(question, answer, searcher.info, 0.0).model_dump(mode="json")
            )
    searcher.close()
    return expected


def compared(answer: dict[str, Any]) -> dict[str, Any]:
    """Return all of an answer but the time that it took."""
    return {name: value for name, value in answer.items() if name != "took_ms"}


def ask_on(url: str, expected: Expected, stop: threading.Event) -> list[Asked]:
    """Ask on one connection until told to stop."""
    asked = []
    with httpx2.Client(base_url=url, timeout=60) as client:
        while not stop.is_set():
            for question in QUESTIONS:
                for mode in Mode:
                    asked.append(ask(client, question, mode, expected))
    return asked


def ask(client: httpx2.Client, question: str, mode: Mode, expected: Expected) -> Asked:
    """Ask one question, and compare the answer with what its snapshot answers."""
    started = time.perf_counter()
    try:
        response = client.post("/search", json={"query": question, "mode": mode.value}).raise_for_status()
    except httpx2.HTTPError as error:
        return Asked(started, time.perf_counter(), repr(error))
    ended = time.perf_counter()
    answer = response.json()
    mixed = compared(answer) != expected.get((answer["index"]["snapshot"], question, mode))
    return Asked(started, ended, mixed=mixed)


@contextmanager
def serving(index: Path) -> Iterator[tuple[str, int]]:
    """Run `zhaiwen serve`; give its address and the id of its process."""
    command = [sys.executable, "-m", "scripts.serve", "--index", str(index), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        line = process.stdout.readline() if process.stdout else ""
        try:
            yield line.split("open ")[1].split("/  ")[0], process.pid
        finally:
            process.terminate()


def memory(process: int) -> str:
    """Return a process's memory in MB of 1,000,000 bytes: all of it, and what is not of files."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    all_of_it, own = (int(status.split(f"{name}:")[1].split()[0]) * 1024 / 1e6 for name in ("VmRSS", "RssAnon"))
    return f"{all_of_it:.0f} MB resident, {own:.0f} MB of it no file's"


def swap(url: str, index: Path, snapshot: tuple[str, str]) -> tuple[float, float]:
    """Publish a snapshot, and wait until it is served; return when that began and ended."""
    started = time.perf_counter()
    write_atomically(index / "CURRENT", snapshot[1])
    answer = httpx2.post(f"{url}/admin/reload", timeout=300).raise_for_status().json()
    if answer["index"]["snapshot"] != snapshot[0]:
        sys.exit(f"{snapshot[0]} was published, {answer['index']['snapshot']} is served")
    return started, time.perf_counter()


def measure(index: Path, snapshots: list[tuple[str, str]], swaps: int) -> None:
    """Swap under load, and print what came of it."""
    expected: Expected = {}
    for name, line in snapshots:
        write_atomically(index / "CURRENT", line)
        expected |= own_answers(index, name)
    stop, intervals = threading.Event(), []
    with serving(index) as (url, process), ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(ask_on, url, expected, stop) for _ in range(CLIENTS)]
        try:
            for number in range(swaps):
                time.sleep(PAUSE_SECONDS)
                if number % REPORTED_EVERY == 0:
                    print(f"after {number:3} swaps: {memory(process)}", flush=True)
                intervals.append(swap(url, index, snapshots[number % 2]))
            time.sleep(PAUSE_SECONDS)
        finally:
            stop.set()
        asked = [one for client in clients for one in client.result()]
        print(f"after {swaps:3} swaps: {memory(process)}")
        metrics = httpx2.get(f"{url}/metrics").text
    report(asked, intervals)
    print("\n".join(line for line in metrics.splitlines() if line.startswith(("zhaiwen_reloads_t", "zhaiwen_old"))))


def report(asked: list[Asked], intervals: list[tuple[float, float]]) -> None:
    """Print requests, failures, mixed answers, and latency during swaps and between them."""
    failures = [one.failure for one in asked if one.failure]
    print(f"requests {len(asked)}, failed {len(failures)}, mixed {sum(one.mixed for one in asked)}", *failures[:3])
    during: list[float] = []
    between: list[float] = []
    for one in asked:
        overlaps = any(one.started < ended and started < one.ended for started, ended in intervals)
        (during if overlaps else between).append((one.ended - one.started) * 1000)
    for title, times in (("during swaps", during), ("between them", between)):
        p50, p99 = np.percentile(times, [50, 99])
        print(f"{title}: {len(times)} requests, p50 {p50:.0f} ms, p99 {p99:.0f} ms, longest {max(times):.0f} ms")
    seconds = [ended - started for started, ended in intervals]
    print(f"a swap, from publishing to serving: median {np.median(seconds):.2f} s, longest {max(seconds):.2f} s")


def main(index: Path | None, swaps: int) -> None:
    """Measure an index, or one that is built for it."""
    with TemporaryDirectory() as folder:
        if index is None:
            index = Path(folder) / "built"
            build_two(index, Path(folder))
        view = Path(folder) / "index"
        view.mkdir()
        measure(view, own_view(index, view), swaps)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None, int(sys.argv[2]) if len(sys.argv) > 2 else 100)  # noqa: PLR2004
