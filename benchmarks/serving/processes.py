"""Start a service as a process of its own, and wait for its first answer."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO
from urllib.parse import quote

from benchmarks.serving.load import Address
from embeddings.errors import AnsweringError

ROOT = Path(__file__).parents[2]
_HOST = "127.0.0.1"
# How often a service is asked whether it is there; it takes a thousandth of a processor.
_LOOK_SECONDS = 0.02
_START_SECONDS = 300.0
_STOP_SECONDS = 30.0
_TOLD_CHARACTERS = 500
_OK = 200


@dataclass(frozen=True, slots=True)
class Command:
    """Say how a service is started: its arguments, with the port put in for `PORT`, and what its environment has."""

    arguments: Sequence[str]
    environment: Mapping[str, str]


PORT = "PORT"


@dataclass(frozen=True, slots=True)
class Running:
    """Hold a service that has answered; `first_answer_s` counts from the start of its process."""

    address: Address
    process: int
    first_answer_s: float


@contextmanager
def running(command: Command, question: str) -> Iterator[Running]:
    """Run a service until the body ends; it has answered a question when the body begins.

    Raises:
        AnsweringError: it ends before it answers, or does not answer in time.
    """
    port = free_port()
    arguments = [str(port) if argument == PORT else argument for argument in command.arguments]
    with (
        TemporaryFile() as errors,
        subprocess.Popen(
            [sys.executable, *arguments],
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd=ROOT,
            env=here(command.environment),
        ) as process,
    ):
        started = time.perf_counter()
        try:
            _wait(process, port, question, errors)
            yield Running(Address(_HOST, port), process.pid, time.perf_counter() - started)
        finally:
            _stop(process)


def here(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a process that imports from this folder."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "TQDM_DISABLE": "1", **environment}


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with closing(socket.socket()) as found:
        found.bind((_HOST, 0))
        return int(found.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int, question: str, errors: IO[bytes]) -> None:
    deadline = time.perf_counter() + _START_SECONDS
    while time.perf_counter() < deadline:
        if process.poll() is not None:
            errors.seek(0)
            told = _end(errors.read().decode("utf-8", "replace"))
            raise AnsweringError(f"{process.args!r} ended with {process.returncode} before it answered: {told}")
        if _answers(port, question, deadline):
            return
        time.sleep(_LOOK_SECONDS)
    raise AnsweringError(f"{process.args!r} gave no answer within {_START_SECONDS:.0f} s")


def _answers(port: int, question: str, deadline: float) -> bool:
    with closing(http.client.HTTPConnection(_HOST, port, timeout=max(deadline - time.perf_counter(), 1.0))) as client:
        try:
            client.request("GET", f"/search?q={quote(question)}&k=5")
            response = client.getresponse()
            response.read()
        except OSError:
            return False
        return response.status == _OK


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def child(module: str, *arguments: object) -> str:
    """Run a module in a process of its own, and return what it printed.

    Raises:
        AnsweringError: it failed.
    """
    finished = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=here({}),
    )
    if finished.returncode:
        raise AnsweringError(f"{module} ended with {finished.returncode}: {_end(finished.stderr)}")
    return finished.stdout


def _end(told: str) -> str:
    """Return the end of what a process told, on one line: of a stack of calls the error."""
    return " ".join(told.split())[-_TOLD_CHARACTERS:]
