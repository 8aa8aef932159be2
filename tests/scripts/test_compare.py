"""`zhaiwen compare` as an operator runs it."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT, write_lines, zhaiwen_here

DEV = ROOT / "corpus" / "questions" / "dev.jsonl"


@pytest.fixture(scope="module")
def written(shipped_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Evaluate dense and lexical search on some of the dev questions; lay results and runs down."""
    folder = tmp_path_factory.mktemp("written")
    questions = folder / "q.jsonl"
    questions.write_text("\n".join(DEV.read_text(encoding="utf-8").splitlines()[::8]), encoding="utf-8")
    for mode in ("dense", "lexical"):
        files = ("--json", folder / f"{mode}.json", "--run", folder / f"{mode}.run")
        finished = zhaiwen_here("evaluate", questions, "--index", shipped_index, "--mode", mode, *files)
        assert finished.returncode == 0, finished.stderr
    return folder


def test_two_results(written: Path, shipped_index: Path) -> None:
    finished = zhaiwen_here("compare", written / "dense.json", written / "lexical.json", "--worst", 1)
    assert finished.returncode == 0, finished.stderr
    lines = finished.stdout.splitlines()
    assert lines[0].startswith(f"first   {shipped_index}, dense, snapshot ")
    assert lines[1].startswith(f"second  {shipped_index}, lexical, snapshot ")
    assert lines[2] == "40 questions in common"
    assert re.search(
        r"^nDCG@10 +0\.\d{3}  0\.\d{3}   [+-]0\.\d{3} \[[+-]0\.\d{3}, [+-]0\.\d{3}\]  [01]\.\d{4}$",
        finished.stdout,
        re.M,
    )
    assert re.search(r"^english \(\d\) +0\.\d{3}  0\.\d{3}   -0\.\d{3}", finished.stdout, re.MULTILINE)
    assert "nDCG@10 by kind" in finished.stdout
    assert "lost, by nDCG@10" in finished.stdout
    assert "won, by nDCG@10" in finished.stdout
    won, lost = map(int, re.findall(r"the second answers (\d+) questions better, (\d+) worse", finished.stdout)[0])
    assert 0 < won + lost <= 40


def test_an_index_results_and_a_run_of_one_system_do_not_differ(written: Path, shipped_index: Path) -> None:
    options = ("--questions", written / "q.jsonl", "--mode", "dense", "--fail-if-worse")
    for first, second in (
        (written / "dense.json", written / "dense.run"),
        (shipped_index, written / "dense.json"),
        (written / "dense.run", shipped_index),
    ):
        finished = zhaiwen_here("compare", first, second, *options)
        assert finished.returncode == 0, finished.stderr
        assert "by nDCG@10 the second answers 0 questions better, 0 worse" in finished.stdout
        assert re.search(r"^nDCG@10 .* \+0\.000 +1\.0000$", finished.stdout, re.MULTILINE)


def test_being_worse_sets_the_exit_code(written: Path, tmp_path: Path) -> None:
    lines = (written / "dense.run").read_text(encoding="utf-8").splitlines()
    # What was found first is put last.
    turned = tmp_path / "turned.run"
    turned.write_text(
        "".join(f"{' '.join([*line.split()[:4], str(-float(line.split()[4])), 'turned'])}\n" for line in lines),
        encoding="utf-8",
    )
    options = ("--questions", written / "q.jsonl", "--worst", 0)
    worse = zhaiwen_here("compare", written / "dense.run", turned, *options, "--fail-if-worse")
    assert worse.returncode == 1
    assert re.search(r"failed, for nDCG@10 0\.\d{4} against 0\.\d{4} on 40 of 40 questions", worse.stderr)
    assert zhaiwen_here("compare", written / "dense.run", turned, *options).returncode == 0
    assert zhaiwen_here("compare", turned, written / "dense.run", *options, "--fail-if-worse").returncode == 0


def test_another_measure(written: Path) -> None:
    results = (written / "dense.json", written / "lexical.json")
    finished = zhaiwen_here("compare", *results, "--measure", "Success@5 by answer", "--worst", 0)
    assert "Success@5 by answer by kind" in finished.stdout
    assert "by Success@5 by answer the second answers" in finished.stdout
    unknown = zhaiwen_here("compare", *results, "--measure", "MAP")
    assert unknown.returncode == 2
    assert "not both were measured by MAP; there are: nDCG@10, RR@10" in unknown.stderr


def test_mistakes_are_told_in_a_sentence(written: Path, shipped_index: Path, tmp_path: Path) -> None:
    other = write_lines(
        tmp_path / "o.jsonl", {"id": "x1", "question": "上门", "judgements": [{"article": "home-visits", "grade": 2}]}
    )
    (tmp_path / "half.json").write_text('{"version": 1', encoding="utf-8")
    for arguments, message in (
        (
            (written / "gone", written / "dense.json"),
            "there is no such file or folder; name results, a run or an index",
        ),
        ((written / "dense.run", written / "dense.json"), "name the questions, too, with --questions or --beir"),
        ((shipped_index, written / "dense.json"), "name the questions, too, with --questions or --beir"),
        ((written / "dense.run", written / "dense.json", "--questions", other), "answers none of these questions"),
        ((tmp_path, written / "dense.json", "--questions", other), "holds no index"),
        ((tmp_path / "half.json", written / "dense.json"), "half.json holds no results"),
        ((written / "dense.json", shipped_index, "--questions", other), "both have no question in common"),
    ):
        finished = zhaiwen_here("compare", *arguments)
        assert finished.returncode == 2, finished.stderr
        assert message in finished.stderr
        assert "Traceback" not in finished.stderr
