"""Serving in public: checks, keys, proxies, replicas, and stopping. With real processes."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from scripts.serve_check import is_this_machine_only
from tests.conftest import ROOT, Served, serve_process, zhaiwen, zhaiwen_here

PATIENCE = 30.0
BODY = json.dumps({"query": "上门要带证件吗"}).encode()


def make_keys(folder: Path, *options: str) -> tuple[str, Path]:
    """Make a key with the command, and the file that it goes into."""
    finished = zhaiwen_here("key", "web", *options)
    assert finished.returncode == 0
    key, line = (text.split(": ")[1] for text in finished.stdout.splitlines())
    path = folder / "keys"
    path.write_text(line, encoding="utf-8")
    return key, path


def test_check_says_what_would_be_served(tiny_index: Path, tmp_path: Path) -> None:
    _, path = make_keys(tmp_path, "--rate", "60/minute")
    environment = {"ZHAIWEN_KEYS_FILE": str(path), "ZHAIWEN_ADMIN_TOKEN": "0123456789abcdef"}
    finished = zhaiwen("serve", "--check", "--index", tiny_index, "--stop-seconds", 3, environment=environment)
    assert (finished.returncode, finished.stderr) == (0, "")
    lines = finished.stdout.splitlines()
    assert lines[0] == f"index: {tiny_index}, 3 articles, 3 passages, not calibrated"
    assert "key: web, 60/minute" in lines
    assert "ZHAIWEN_STOP_SECONDS=3  (not the default)" in lines
    assert "ZHAIWEN_ADMIN_TOKEN=set  (not the default)" in lines
    assert "0123456789abcdef" not in finished.stdout


def test_check_fails_where_serving_would(tiny_index: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    for options, message in (
        (["--index", nowhere], "holds no index"),
        (["--index", tiny_index, "--keys-file", nowhere], "the keys cannot be read from"),
        (["--index", tiny_index, "--question-log", nowhere / "q.log"], "questions cannot be written to"),
    ):
        finished = zhaiwen_here("serve", "--check", *options)
        assert finished.returncode == 1
        assert message in finished.stderr
    (damaged,) = (tiny_index / "snapshots").glob("*/vectors.*")
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    finished = zhaiwen_here("serve", "--check", "--index", tiny_index)
    assert finished.returncode == 1
    assert damaged.name in finished.stderr


@pytest.mark.parametrize(
    ("host", "is_private"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False), ("a.example", False)],  # noqa: S104
)
def test_who_can_reach_an_address(host: str, is_private: bool) -> None:
    assert is_this_machine_only(host) == is_private


def test_a_public_address_without_a_key_is_warned_of(tiny_index: Path, tmp_path: Path) -> None:
    everywhere = ["--check", "--index", tiny_index, "--host", "0.0.0.0"]  # noqa: S104
    assert "WARNING: 0.0.0.0 can be reached from other machines" in zhaiwen_here("serve", *everywhere).stderr
    _, path = make_keys(tmp_path)
    assert zhaiwen_here("serve", *everywhere, "--keys-file", path).stderr == ""


@contextmanager
def half_sent(served: Served) -> Iterator[socket.socket]:
    """Give a connection on which a request has been accepted, and its body has not all come."""
    address = urlsplit(served.url)
    with socket.create_connection((address.hostname, address.port), timeout=PATIENCE) as connection:
        head = (
            f"POST /search HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
        )
        connection.sendall(head.encode() + BODY[:10])
        # The service answers others meanwhile, so it has seen this one.
        assert httpx2.get(f"{served.url}/healthz", timeout=PATIENCE).status_code == 200
        yield connection


def refuses(url: str) -> bool:
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname, address.port), timeout=1).close()
    except OSError:
        return True
    return False


def wait_until_refused(url: str) -> None:
    end = time.monotonic() + PATIENCE
    while not refuses(url):
        assert time.monotonic() < end
        time.sleep(0.02)


def test_what_was_accepted_is_finished(tiny_index: Path) -> None:
    with serve_process(tiny_index) as running, half_sent(running) as connection:
        running.process.send_signal(signal.SIGTERM)
        wait_until_refused(running.url)
        assert running.process.poll() is None
        connection.sendall(BODY[10:])
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200 OK")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["results"]
        assert running.process.wait(PATIENCE) == 0


def test_what_does_not_end_is_given_up(tiny_index: Path) -> None:
    with serve_process(tiny_index, options=("--stop-seconds", "1")) as running, half_sent(running):
        started = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(PATIENCE) == 0
        assert time.monotonic() - started > 0.9


def test_told_to_stop_before_it_listens(shipped_index: Path) -> None:
    program = "import os, signal, sys, scripts.serve as s; from scripts.options import run_command;" + (
        "load = s.IndexFolder.load; s.IndexFolder.load = lambda *a: os.kill(os.getpid(), signal.SIGTERM) or load(*a);"
        "sys.exit(run_command(s.COMMAND, sys.argv[1:], {}))"
    )
    command = [sys.executable, "-c", program, "--index", str(shipped_index), "--port", "0"]
    finished = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE)
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "")


def reload(url: str, **headers: str) -> int:
    return httpx2.post(f"{url}/admin/reload", headers=headers, timeout=PATIENCE).status_code


@pytest.mark.parametrize("believed", [(), ("--forwarded-allow-ips", "127.0.0.1")])
def test_no_forwarded_header_opens_the_gate(tiny_index: Path, believed: tuple[str, ...]) -> None:
    with serve_process(tiny_index, options=believed) as running:
        assert reload(running.url) == 200
        for headers in (
            {"X-Forwarded-For": "127.0.0.1"},
            {"X-Forwarded-For": "::1, 127.0.0.1", "X-Forwarded-Proto": "https"},
            {"Forwarded": "for=127.0.0.1"},
            {"X-Forwarded-For": ""},
        ):
            assert reload(running.url, **headers) == 403


def asked(url: str, forwarded: str) -> int:
    return httpx2.get(f"{url}/metrics", headers={"X-Forwarded-For": forwarded}, timeout=PATIENCE).status_code


def test_only_a_believed_proxy_says_who_asks(tiny_index: Path) -> None:
    rate = ("--address-rate", "1/hour")
    with serve_process(tiny_index, options=rate) as running:
        assert [asked(running.url, f"192.0.2.{n}") for n in (1, 2)] == [200, 429]
    with serve_process(tiny_index, options=(*rate, "--forwarded-allow-ips", "127.0.0.0/8")) as running:
        assert [asked(running.url, f"192.0.2.{n}") for n in (1, 2, 1)] == [200, 200, 429]
        # What a client itself wrote in front of what the proxy adds is not believed.
        assert asked(running.url, "198.51.100.9, 192.0.2.2") == 429


def test_behind_a_proxy_that_cuts_off_a_path(tiny_index: Path, tmp_path: Path) -> None:
    _, keys = make_keys(tmp_path)
    with serve_process(tiny_index, options=("--root-path", "/tools", "--keys-file", str(keys))) as running:
        for open_ in ("/", "/healthz", "/web/app.js", "/static-offline-docs/swagger-ui.css"):
            assert httpx2.get(running.url + open_, timeout=PATIENCE).status_code == 200
        assert httpx2.get(f"{running.url}/metrics", timeout=PATIENCE).status_code == 401
        assert "url: '/tools/openapi.json'" in httpx2.get(f"{running.url}/docs", timeout=PATIENCE).text


def files_of(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.rglob("*")}


def unprivileged() -> list[str]:
    """Return what to put before a command so that read-only files are that for root, too."""
    return ["setpriv", "--bounding-set", "-dac_override"] if os.geteuid() == 0 else []


@pytest.mark.skipif(os.geteuid() == 0 and shutil.which("setpriv") is None, reason="root may write anywhere")
def test_replicas_share_an_index_that_none_can_write(tiny_index: Path) -> None:
    before = files_of(tiny_index)
    for path in (tiny_index, *tiny_index.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    probe = [*unprivileged(), "touch", str(tiny_index / "probe")]
    assert subprocess.run(probe, check=False, capture_output=True).returncode != 0
    with (
        serve_process(tiny_index, before=unprivileged()) as one,
        serve_process(tiny_index, before=unprivileged()) as other,
    ):
        answers = [
            httpx2.post(f"{running.url}/search", content=BODY, headers={"Content-Type": "application/json"}).json()
            for running in (one, other)
        ]
    assert answers[0]["results"] == answers[1]["results"] != []
    assert files_of(tiny_index) == before
    for path in (tiny_index, *tiny_index.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def test_a_key_is_needed_where_a_file_names_one(tiny_index: Path, tmp_path: Path) -> None:
    key, path = make_keys(tmp_path, "--rate", "2/hour", "--admin")
    options = ("--keys-file", str(path), "--log-requests", "yes", "--log-format", "json")
    with serve_process(tiny_index, options=options) as running:
        ask = f"{running.url}/search?q=秘密"
        bearer = {"Authorization": f"Bearer {key}"}
        assert httpx2.get(ask, timeout=PATIENCE).status_code == 401
        statuses = [httpx2.get(ask, headers=bearer, timeout=PATIENCE).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]
        assert (reload(running.url), reload(running.url, **bearer)) == (401, 200)
        running.process.terminate()
        _, errors = running.process.communicate(timeout=PATIENCE)
    told = [json.loads(line) for line in errors.splitlines()]
    assert [line["status"] for line in told] == [401, 200, 200, 429, 401, 200]
    assert "秘密" not in errors
    assert key not in errors


def test_a_key_that_cannot_be_made() -> None:
    finished = zhaiwen_here("key", "a b")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert "'a b' is no name" in finished.stderr
    assert "a rate such as 60/minute was wanted" in zhaiwen_here("key", "web", "--rate", "60").stderr
