"""The soak, in short."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.serving.load import Address
from benchmarks.soak import Look, Requests, growth
from tests.conftest import ROOT, write_lines
from tests.service.conftest import TwoSnapshots


def test_growth_is_of_what_stays() -> None:
    # The first sixth warms up; a reload that holds two indexes for a moment is no growth.
    looks = [Look(float(second), 100.0 if second < 100 else 200.0) for second in range(600)]
    assert growth(looks, 600) == 0
    assert growth([*looks, *(Look(600.0, 900.0) for _ in range(50))], 600) == 0
    rising = [Look(float(second), 100.0 + second) for second in range(600)]
    # Thirds of what is counted, 100 to 600: medians at 183 and 516.
    assert growth(rising, 600) == pytest.approx(616 / 283 - 1, abs=0.01)


def test_every_second_request_is_new() -> None:
    requests = Requests(Address("127.0.0.1", 80), ["a", "b", "c"], 1_000)
    assert requests[0] == requests[6]
    assert len({requests[place] for place in range(1, 1_000, 2)}) == 500
    assert [one for one in requests[2:4]] == [requests[2], requests[3]]
    assert len(requests) == 1_000


def test_a_short_soak(built_snapshots: TwoSnapshots, tmp_path: Path) -> None:
    judged = [{"article": "first-0", "headings": [], "grade": 2, "answer": "证件"}]
    questions = ("上门要带什么", "一天几次电话", "征信保存几年")
    records = ({"id": f"q{n}", "question": text, "judgements": judged} for n, text in enumerate(questions))
    asked = write_lines(tmp_path / "questions.jsonl", *records)
    # Whether memory is flat shows only after many reloads.
    options = ["--minutes", "0.15", "--reload-seconds", "3", "--most-growth", "1", "--questions", str(asked)]
    finished = subprocess.run(
        [sys.executable, "-m", "benchmarks.soak", str(built_snapshots.index), *options],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert ", failed 0" in finished.stdout
    assert "reloads 2, median" in finished.stdout
