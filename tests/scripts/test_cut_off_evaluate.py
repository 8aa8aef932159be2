"""`zhaiwen evaluate` that is interrupted, or whose output nobody reads, loses nothing."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT, write_lines, zhaiwen_here

SECTION = {"article": "home-visits", "headings": ["要看哪些证件？"], "grade": 2}
QUESTION = {"id": "q1", "question": "上门催收要看哪些证件", "kind": "plain", "judgements": [SECTION]}
DEV = ROOT / "corpus" / "questions" / "dev.jsonl"


@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_run_tells_how_to_go_on(shipped_index: Path, tmp_path: Path) -> None:
    written = tmp_path / "results.json"
    partial = tmp_path / "results.json.partial"
    # So many that most are still to be asked when the first batch is answered.
    asked = [json.loads(line) for line in DEV.read_text(encoding="utf-8").splitlines()]
    many = ({**question, "id": f"{question['id']}-{times}"} for times in range(4) for question in asked)
    questions = write_lines(tmp_path / "q.jsonl", *many)
    command = [sys.executable, "-m", "scripts.cli", "evaluate", questions, "--index", shipped_index, "--json", written]
    with subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ
    ) as process:
        while process.poll() is None and not (partial.exists() and partial.read_bytes().count(b"\n") > 1):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "cut off; --resume finishes it" in errors
    kept = partial.read_bytes()
    forgotten = zhaiwen_here("evaluate", questions, "--index", shipped_index, "--json", written)
    assert forgotten.returncode == 2
    assert re.search(r"holds \d+ answers of a run that was cut off; --resume goes on with them", forgotten.stderr)
    assert partial.read_bytes() == kept
    assert zhaiwen_here("evaluate", questions, "--index", shipped_index, "--json", written, "--resume").returncode == 0
    assert {path.name for path in tmp_path.iterdir()} == {"q.jsonl", "results.json"}


def test_files_are_written_though_nobody_reads_what_is_printed(shipped_index: Path, tmp_path: Path) -> None:
    questions = write_lines(tmp_path / "q.jsonl", QUESTION)
    page = tmp_path / "page.html"
    evaluate = [sys.executable, "-m", "scripts.cli", "evaluate", questions, "--index", shipped_index, "--report", page]
    with subprocess.Popen(
        list(map(str, evaluate)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        errors = process.stderr.read()
    assert process.returncode == 141
    assert "Traceback" not in errors
    assert "BrokenPipe" not in errors
    assert page.read_text(encoding="utf-8").rstrip().endswith("</html>")
