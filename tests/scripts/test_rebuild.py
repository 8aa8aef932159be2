"""What an operator does with an index: plan, rebuild, be refused, force, list, verify, roll back, prune, watch."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from watchfiles import Change

from scripts.watching import _of_articles
from tests.conftest import ROOT, write_lines, zhaiwen_here

TEXTS = ("上门要带证件。", "催收电话一天不超过三次。", "征信记录保存五年。", "可以向监管部门投诉。")


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    for number, text in enumerate(TEXTS):
        (folder / f"a{number}.txt").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def options(articles: Path, tiny_model_folder: Path, tmp_path: Path) -> tuple[object, ...]:
    return (articles, "--index", tmp_path / "index", "--model", tiny_model_folder)


def done(*arguments: object) -> dict[str, object]:
    """Rebuild, and return what was written as JSON."""
    path = Path(str(arguments[2])).parent / "done.json"
    finished = zhaiwen_here("rebuild", *arguments, "--json", path)
    assert finished.returncode in {0, 1}, finished.stderr
    found: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    assert (found["status"] == "refused") == (finished.returncode == 1)
    return found


def test_a_plan_writes_nothing(articles: Path, options: tuple[object, ...], tmp_path: Path) -> None:
    planned = zhaiwen_here("rebuild", *options, "--dry-run")
    assert (planned.returncode, planned.stdout.splitlines()[0]) == (0, "4 new")
    assert "every passage would be encoded: there is no whole index of this model to build upon" in planned.stdout
    assert not (tmp_path / "index").exists()
    zhaiwen_here("rebuild", *options)
    before = sorted((tmp_path / "index").rglob("*"))
    (articles / "a0.txt").unlink()
    (articles / "a1.txt").write_text("电话不能太多。", encoding="utf-8")
    (articles / "new.txt").write_text("利息太高。", encoding="utf-8")
    (articles / "bad.txt").write_bytes(b"")
    planned = zhaiwen_here("rebuild", *options, "--dry-run", "--json", tmp_path / "plan.json")
    assert planned.returncode == 3
    assert planned.stdout.startswith(
        "1 new\n  new.txt\n1 changed\n  a1.txt\n1 removed\n  a0.txt\n2 unchanged\nleft out bad.txt"
    )
    assert planned.stdout.endswith("\nnothing was written\n")
    plan = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    assert (plan["status"], plan["added"], plan["changed"], plan["removed"]) == (
        "planned",
        ["new.txt"],
        ["a1.txt"],
        ["a0.txt"],
    )
    assert sorted((tmp_path / "index").rglob("*")) == before
    assert "every article would be cut anew" not in planned.stdout


def test_what_was_done_is_written(articles: Path, options: tuple[object, ...]) -> None:
    first = done(*options)
    assert (first["status"], first["articles"], first["encoded"]) == ("published", 4, 4)
    assert (first["added"], first["refusals"]) == (["a0.txt", "a1.txt", "a2.txt", "a3.txt"], [])
    assert done(*options)["status"] == "up to date"
    (articles / "a4.txt").write_text("利息太高。", encoding="utf-8")
    assert (done(*options)["encoded"], done(*options, "--full")["encoded"]) == (1, 5)


def test_a_refusal_and_its_reason(articles: Path, options: tuple[object, ...], tmp_path: Path) -> None:
    questions = [
        {"id": f"q{n}", "question": text, "must_find": True, "judgements": [{"article": f"a{n}.txt", "grade": 2}]}
        for n, text in enumerate(TEXTS)
    ]
    judged = write_lines(tmp_path / "judged.jsonl", *questions)
    assert "nDCG@10 1.000 on 4 questions" in zhaiwen_here("rebuild", *options, "--questions", judged).stdout
    served = (tmp_path / "index" / "CURRENT").read_bytes()
    for number in range(4):
        (articles / f"a{number}.txt").write_text(f"门卫{number}。", encoding="utf-8")
    for number in range(20):
        (articles / f"b{number}.txt").write_text(f"{TEXTS[number % 4]}\n还有第{number}句话。", encoding="utf-8")
    # The questions are known from before.
    refused = zhaiwen_here("rebuild", *options)
    assert refused.returncode == 1
    assert "questions that must find their answer have lost it:" in refused.stderr
    assert 'publish it all the same with --force --reason "…"' in refused.stderr
    assert (tmp_path / "index" / "CURRENT").read_bytes() == served
    for half in (["--force"], ["--reason", "x"], ["--force", "--reason", " "]):
        wrong = zhaiwen_here("rebuild", *options, *half)
        assert (wrong.returncode, "--force and --reason" in wrong.stderr) == (2, True)
    forced = zhaiwen_here("rebuild", *options, "--force", "--reason", "新的文章")
    assert forced.returncode == 0
    assert "published all the same (新的文章): " in forced.stdout
    listed = zhaiwen_here("list", "--index", tmp_path / "index").stdout.splitlines()
    assert [line[0] for line in listed] == ["*", " "]
    assert "24 articles, 24 passages, tiny-e5  nDCG@10 " in listed[0]
    assert listed[0].endswith("  forced: 新的文章")


def test_list_verify_rollback_prune(articles: Path, options: tuple[object, ...], tmp_path: Path) -> None:
    index = ("--index", tmp_path / "index")
    zhaiwen_here("rebuild", *options)
    (articles / "a4.txt").write_text("利息太高。", encoding="utf-8")
    zhaiwen_here("rebuild", *options)
    assert [line[0] for line in zhaiwen_here("list", *index).stdout.splitlines()] == ["*", " "]
    whole = zhaiwen_here("verify", *index, "--all")
    assert (whole.returncode, whole.stdout.count("files are whole")) == (0, 2)
    back = zhaiwen_here("rollback", *index)
    assert (back.returncode, "now serves 4 articles, 4 passages, snapshot " in back.stdout) == (0, True)
    again = zhaiwen_here("rollback", *index)
    assert (again.returncode, "holds no snapshot older than" in again.stderr) == (2, True)
    pruned = zhaiwen_here("prune", *index, "--keep", 1)
    assert pruned.stdout.splitlines()[-1] == f"1 snapshots removed from {tmp_path / 'index'}"
    (snapshot,) = (tmp_path / "index" / "snapshots").iterdir()
    (snapshot / "space.npz").unlink()
    damaged = zhaiwen_here("verify", *index)
    assert (damaged.returncode, "space.npz is missing" in damaged.stdout) == (1, True)


@pytest.fixture
def watching(options: tuple[object, ...]) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-m", "scripts.cli", "rebuild", *map(str, options), "--watch"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        yield process
        process.kill()


def test_only_articles_are_watched(tmp_path: Path) -> None:
    is_article = _of_articles(tmp_path, tmp_path / "index")
    read = ((Change.added, str(tmp_path / "sub" / "a.MD")), (Change.deleted, str(tmp_path / "moved")))
    not_read = [
        str(tmp_path / "index" / "CURRENT"),
        str(tmp_path / "index" / ".writer"),
        str(tmp_path / ".git" / "a.md"),
        str(tmp_path / "done.json"),
    ]
    assert all(is_article(change, name) for change, name in read)
    assert not any(is_article(Change.modified, name) for name in not_read)
    lines = _of_articles(tmp_path / "a.jsonl", tmp_path / "index")
    assert lines(Change.added, str(tmp_path / "a.jsonl"))
    assert not lines(Change.added, str(tmp_path / "b.jsonl"))


@pytest.mark.usefixtures("interruptible")
def test_watching(articles: Path, watching: "subprocess.Popen[str]") -> None:
    assert watching.stdout is not None

    def published() -> str:
        assert watching.stdout is not None
        return next(line for line in watching.stdout if "now serves" in line)

    assert "now serves 4 articles" in published()
    (articles / "a4.txt").write_text("利息太高。", encoding="utf-8")
    assert "now serves 5 articles" in published()
    # What is refused does not end it.
    for number in range(4):
        (articles / f"a{number}.txt").unlink()
    assert watching.stderr is not None
    assert "4 of 5 articles are gone (80.0%)" in next(line for line in watching.stderr if "are gone" in line)
    for number, text in enumerate(TEXTS):
        (articles / f"a{number}.txt").write_text(text, encoding="utf-8")
    (articles / "a5.txt").write_text("还款计划。", encoding="utf-8")
    assert "now serves 6 articles" in published()
    watching.send_signal(signal.SIGINT)
    watching.communicate(timeout=30)
    assert watching.returncode == 130
