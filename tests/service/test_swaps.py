"""Another index under load, over real HTTP: no request fails, and none is answered from two."""

import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest

from tests.conftest import ROOT, serve_process
from tests.service.conftest import PREFIXES, SIZES, TwoSnapshots

CLIENTS = 16
SWAPS = 10
PATIENCE = 30


def problem_of(answer: Any, two: TwoSnapshots) -> str:
    """Return what is wrong with an answer: not all of it comes from the snapshot that it names."""
    which = two.names.index(answer["index"]["snapshot"])
    prefixes = {result["article"]["id"].split("-")[0] for result in answer["results"]}
    texts = {result["text"].split("：")[0] for result in answer["results"]}
    passages = (answer["index"]["passages"], len(answer["results"]))
    right = prefixes == texts == {PREFIXES[which]} and passages == (SIZES[which],) * 2
    return "" if right else f"{answer['index']['snapshot']} answers with {prefixes}, {passages}"


def ask_until(stop: threading.Event, url: str, two: TwoSnapshots) -> tuple[set[str], list[str]]:
    """Ask on one connection; return which snapshots answered, and what went wrong."""
    seen, problems = set(), []
    with httpx2.Client(base_url=url, timeout=PATIENCE) as client:
        while not stop.is_set():
            for mode in ("hybrid", "dense", "lexical"):
                try:
                    # A word of each: lexical search finds all passages of either.
                    response = client.post("/search", json={"query": "first second", "k": 10, "mode": mode})
                    answer = response.raise_for_status().json()
                except httpx2.HTTPError as error:
                    problems.append(repr(error))
                    continue
                seen.add(answer["index"]["snapshot"])
                problems += filter(None, [problem_of(answer, two)])
    return seen, problems


def test_swaps_under_load(two: TwoSnapshots) -> None:
    with serve_process(two.index) as running, ThreadPoolExecutor(CLIENTS) as pool:
        stop = threading.Event()
        clients = [pool.submit(ask_until, stop, running.url, two) for _ in range(CLIENTS)]
        try:
            for number in range(1, SWAPS + 1):
                two.publish(number % 2)
                response = httpx2.post(f"{running.url}/admin/reload", timeout=PATIENCE)
                # The service looks by itself every second, too, and may have been quicker.
                assert response.json()["status"] in ("loaded", "unchanged")
                assert response.json()["index"]["snapshot"] == two.names[number % 2]
                time.sleep(0.1)
        finally:
            stop.set()
        results = [client.result(PATIENCE) for client in clients]
        metrics = httpx2.get(f"{running.url}/metrics").text
    assert [problem for _, problems in results for problem in problems] == []
    assert all(seen == set(two.names) for seen, _ in results)
    assert f'zhaiwen_reloads_total{{outcome="loaded"}} {SWAPS}.0' in metrics
    assert 'zhaiwen_reloads_total{outcome="refused"} 0.0' in metrics
    assert "zhaiwen_old_indexes_open 0.0" in metrics


def served(url: str) -> str:
    return str(httpx2.get(f"{url}/readyz", timeout=PATIENCE).json()["index"]["snapshot"])


def becomes(url: str, snapshot: str) -> bool:
    """Return whether a snapshot is served in time."""
    until = time.monotonic() + PATIENCE
    while served(url) != snapshot and time.monotonic() < until:
        time.sleep(0.05)
    return served(url) == snapshot


def test_a_new_current_is_noticed_and_a_bad_one_refused(two: TwoSnapshots, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHAIWEN_RELOAD_SECONDS", "0.05")
    whole = two.damage(1)
    with serve_process(two.index) as running:
        two.publish(1)
        response = httpx2.post(f"{running.url}/admin/reload", timeout=PATIENCE)
        assert (response.status_code, response.json()["error"]["code"]) == (409, "bad_snapshot")
        assert "passages.sqlite is damaged" in response.json()["error"]["message"]
        assert served(running.url) == two.names[0]
        two.publish(0)
        # So that it has been seen: what was refused is tried again after another change only.
        response = httpx2.post(f"{running.url}/admin/reload", timeout=PATIENCE)
        assert response.json()["status"] == "unchanged"
        two.snapshot(1).passages.write_bytes(whole)
        two.publish(1)
        assert becomes(running.url, two.names[1])
        running.process.terminate()
        _, errors = running.process.communicate(timeout=PATIENCE)
    lines = errors.splitlines()
    assert lines[0].startswith(f"zhaiwen: the current snapshot is refused, {two.names[0]} stays: ")
    assert lines[-1].startswith(f"zhaiwen: serving snapshot {two.names[1]}, 5 passages, loaded in ")


def test_sighup_reloads(two: TwoSnapshots, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHAIWEN_RELOAD_SECONDS", "0")
    with serve_process(two.index) as running:
        two.publish(1)
        time.sleep(0.3)
        assert served(running.url) == two.names[0]
        running.process.send_signal(signal.SIGHUP)
        assert becomes(running.url, two.names[1])


IN_A_TERMINAL = """
import os, signal, sys
terminal, ignoring = sys.argv[1:3]
os.open(terminal, os.O_RDWR)  # becomes the one that controls this new session
# Whatever these tests are run under.
signal.signal(signal.SIGHUP, signal.SIG_IGN if ignoring == "nohup" else signal.SIG_DFL)
from scripts.options import run_command
from scripts.serve import COMMAND
sys.exit(run_command(COMMAND, sys.argv[3:], os.environ))
"""


@contextmanager
def serving_in_a_terminal(two: TwoSnapshots, how: str) -> Iterator[tuple[str, subprocess.Popen[str], int]]:
    """Give the address, the process, and the end of the terminal whose closing closes it."""
    end, terminal = pty.openpty()
    command = [sys.executable, "-c", IN_A_TERMINAL, os.ttyname(terminal), how]
    with subprocess.Popen(
        [*command, "--index", str(two.index), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "ZHAIWEN_RELOAD_SECONDS": "0"},
    ) as process:
        os.close(terminal)
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split("open ")[1].split("/  ")[0], process, end
        finally:
            process.kill()


def test_who_closes_the_terminal_stops_the_service(two: TwoSnapshots) -> None:
    with serving_in_a_terminal(two, "plain") as (url, process, end):
        two.publish(1)
        process.send_signal(signal.SIGHUP)
        assert becomes(url, two.names[1])
        os.close(end)
        assert process.wait(PATIENCE) == 0


def test_under_nohup_the_service_outlives_the_terminal(two: TwoSnapshots) -> None:
    with serving_in_a_terminal(two, "nohup") as (url, process, end):
        os.close(end)
        time.sleep(0.3)
        two.publish(1)
        process.send_signal(signal.SIGHUP)
        assert becomes(url, two.names[1])
