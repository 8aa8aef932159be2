"""Measure `zhaiwen serve`: start to first answer, memory, and the time of one question.

usage: python benchmarks/start.py INDEX [RUNS]
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

import httpx2

QUESTIONS = (
    "微粒贷逾期会上门吗",
    "催收可以给我妈打电话吗",
    "还清以后征信多久恢复",
    "收到法院短信是真的吗",
    "怎么协商分期",
)
REPEATS = 40


def resident_megabytes(process: int) -> float:
    """Return the resident memory of a process, in MB of 1,000,000 bytes."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) * 1024 / 1e6


def measure(index: str) -> tuple[float, float, float]:
    """Return seconds to the first answer, resident MB after it all, median milliseconds of a search."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "scripts.serve", "--index", index, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process, httpx2.Client() as client:
        line = process.stdout.readline() if process.stdout else ""
        address = line.split("open ")[1].split("/  ")[0] + "/search"
        client.post(address, json={"query": QUESTIONS[0]}, timeout=60).raise_for_status()
        first = time.perf_counter() - started
        times = []
        for _ in range(REPEATS):
            for question in QUESTIONS:
                before = time.perf_counter()
                client.post(address, json={"query": question}).raise_for_status()
                times.append(time.perf_counter() - before)
        memory = resident_megabytes(process.pid)
        process.terminate()
    return first, memory, statistics.median(times) * 1000


def main(index: str, runs: int) -> None:
    """Print the median of several starts."""
    rows = [measure(index) for _ in range(runs)]
    for name, values in zip(
        ("first answer, s", "resident, MB", "search p50, ms"), zip(*rows, strict=True), strict=True
    ):
        print(f"{name:16} median {statistics.median(values):.1f}   min {min(values):.1f}   max {max(values):.1f}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5)  # noqa: PLR2004
