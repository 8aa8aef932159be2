"""The README is true: its examples run, and its tables are complete."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.cli import COMMANDS
from scripts.options import shown
from service.settings import settings_table
from tests.conftest import ROOT, Served, serve_process, write_lines, zhaiwen_here

README = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
CORPUS = (ROOT / "corpus" / "README.md").read_text(encoding="utf-8")
EXAMPLES = [
    line.partition("  #")[0].strip()
    for text in (README, CHINESE, CORPUS)
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def of(program: str) -> list[str]:
    return sorted({example for example in EXAMPLES if example.split()[0] == program})


def is_serving(example: str) -> bool:
    return example.split()[1] == "serve" and "--check" not in example


def test_every_example_is_run_by_a_test_here() -> None:
    assert {example.split()[0] for example in EXAMPLES} == {"make", "curl", "zhaiwen"}
    assert len(EXAMPLES) >= 8


@pytest.fixture(scope="module")
def measured(shipped_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Evaluate the questions that the README shows."""
    folder = tmp_path_factory.mktemp("measured")
    (table,) = re.findall(r"```csv\n(.*?)```", README, re.DOTALL)
    (folder / "my-questions.csv").write_text(table, encoding="utf-8")
    written = folder / "results.json"
    finished = zhaiwen_here("evaluate", folder / "my-questions.csv", "--index", shipped_index, "--json", written)
    assert finished.returncode == 0, finished.stderr
    return written


@pytest.fixture
def folder(tmp_path: Path, shipped_index: Path, tiny_model_folder: Path, measured: Path) -> Path:
    """Lay out the folder that the examples are run in."""
    shutil.copytree(ROOT / "corpus" / "articles", tmp_path / "my-articles")
    (tmp_path / "corpus").symlink_to(ROOT / "corpus")
    (tmp_path / "index").symlink_to(shipped_index)
    (tmp_path / "my-index").symlink_to(shipped_index)
    (tmp_path / "my-model").symlink_to(tiny_model_folder)
    beir = tmp_path / "my-beir"
    (beir / "qrels").mkdir(parents=True)
    write_lines(beir / "corpus.jsonl", {"_id": "d1", "title": "上门", "text": "上门要带证件。"})
    write_lines(beir / "queries.jsonl", {"_id": "q1", "text": "上门带什么"})
    (beir / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\n", encoding="utf-8")
    (table,) = re.findall(r"```csv\n(.*?)```", README, re.DOTALL)
    (tmp_path / "my-questions.csv").write_text(table, encoding="utf-8")
    for name in ("before", "after"):
        shutil.copy(measured, tmp_path / f"{name}.json")
    shutil.copy(ROOT / "embeddings" / "tuned.json", tmp_path / "my-tuning.json")
    write_lines(tmp_path / "my-judged.jsonl", *about_kept_articles())
    shutil.copy(ROOT / "corpus" / "questions" / "unanswerable-dev.jsonl", tmp_path / "my-unanswerable.jsonl")
    return tmp_path


# Encoding all articles, as `shipped_index` does, takes a minute.
KEPT = {"rebuild": "[!h]*.md", "tune": "[!chw]*.md"}


def about_kept_articles() -> list[dict[str, object]]:
    """Return the dev questions with what was judged in the articles that examples of `rebuild` read."""
    lines = (ROOT / "corpus" / "questions" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line) for line in lines]
    for question in questions:
        question["judgements"] = [one for one in question["judgements"] if one["article"].startswith("h")]
    return [question for question in questions if question["judgements"]]


@pytest.mark.parametrize("example", [line for line in of("zhaiwen") if not is_serving(line)])
def test_command(example: str, folder: Path, cache: Path, served: Served) -> None:
    command = shlex.split(example)[1]
    if command in {"rebuild", "rollback"}:
        (folder / "my-index").unlink()
    if command == "rollback":
        # It needs an earlier snapshot.
        for name in ("a", "b"):
            (folder / "few").mkdir(exist_ok=True)
            (folder / "few" / f"{name}.txt").write_text("上门要带证件。", encoding="utf-8")
            options = ("--index", folder / "my-index", "--model", folder / "my-model", "--cache", cache)
            assert zhaiwen_here("rebuild", folder / "few", *options).returncode == 0
    for path in (folder / "my-articles").glob(KEPT.get(command, "")) if command in KEPT else ():
        path.unlink()
    example = example.replace("http://127.0.0.1:8000", served.url)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ZHAIWEN_")}
    finished = subprocess.run(
        [sys.executable, "-m", "scripts.cli", *shlex.split(example)[1:]],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**inherited, "PYTHONPATH": str(ROOT), "ZHAIWEN_CACHE": str(cache)},
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout


@pytest.mark.parametrize("example", [line for line in of("zhaiwen") if is_serving(line)])
def test_serve(example: str, folder: Path) -> None:
    options = shlex.split(example)[2:]
    assert options[::2] == ["--index", "--port"]
    with serve_process(folder / options[1]) as running:
        assert running.url


@needs_curl
@pytest.mark.parametrize("example", [line for line in of("curl") if "/search" in line and "/batch" not in line])
def test_curl(example: str, served: Served) -> None:
    command = shlex.split(example.replace("http://127.0.0.1:8000", served.url))
    finished = subprocess.run(command, check=True, capture_output=True, text=True)
    answer = json.loads(finished.stdout)
    asked = re.search(r"k=([0-9]+)|\"k\": ([0-9]+)", example)
    assert asked is not None
    assert len(answer["results"]) == int(asked[1] or asked[2])
    assert ("崔收" in example) == (answer["corrected"] == "催收上门")


@needs_curl
@pytest.mark.parametrize("example", [line for line in of("curl") if "/articles/" in line])
def test_the_original_example(example: str, served: Served) -> None:
    command = shlex.split(example.replace("http://127.0.0.1:8000", served.url))
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert answer["original"].startswith("---\nid: home-visits\n")


@needs_curl
@pytest.mark.parametrize("example", [line for line in of("curl") if "/batch" in line or line.endswith("/articles")])
def test_the_examples_of_many(example: str, served: Served) -> None:
    command = shlex.split(example.replace("http://127.0.0.1:8000", served.url))
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    if "queries" in example:
        assert [len(one["results"]) for one in answer["answers"]] == [2, 2]
    else:
        assert answer["total"] == len(answer["articles"]) > 0


@needs_curl
@pytest.mark.parametrize("example", [line for line in of("curl") if "/admin/" in line])
def test_the_reload_example(example: str, served: Served) -> None:
    command = shlex.split(example.replace("http://127.0.0.1:8000", served.url))
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert answer["status"] == "unchanged"


@needs_curl
def test_the_visits_example_is_answered_with_visits(served: Served) -> None:
    (example,) = [line for line in of("curl") if "微粒贷逾期会上门吗" in line]
    command = shlex.split(example.replace("http://127.0.0.1:8000", served.url))
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert any("上门" in result["text"] for result in answer["results"])
    shown = json.loads(re.findall(r"```json\n(.*?)```", README, re.DOTALL)[0])
    assert shown.keys() == answer.keys()
    assert shown["results"][0].keys() == answer["results"][0].keys()
    assert shown["index"].keys() == answer["index"].keys()


def test_make_targets() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for example in of("make"):
        assert re.search(rf"^{example.split()[1]}:", makefile, re.MULTILINE), example
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_setting_is_in_the_table() -> None:
    sources = [*(ROOT / "scripts").glob("*.py"), *(ROOT / "service").glob("*.py")]
    wanted = re.compile(r"""get\("(ZHAIWEN_[A-Z_]+)"\)""")
    used = {name for path in sources for name in wanted.findall(path.read_text(encoding="utf-8"))}
    used |= {setting.variable for setting in settings_table()}
    assert len(used) >= 15
    listed = dict(re.findall(r"^\| `(ZHAIWEN_[A-Z_]+)` \| (.*?) \|", README, re.MULTILINE))
    assert used == set(listed)
    for setting in settings_table():
        default = shown(setting.default)
        assert default == "none" or listed[setting.variable] == f"`{default}`", setting.variable


def test_every_command_is_in_the_table() -> None:
    assert set(re.findall(r"^\| `zhaiwen ([\w-]+)", README, re.MULTILINE)) == set(COMMANDS)


def test_every_dependency_is_in_the_table() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.findall(r'^    "([A-Za-z0-9-]+)[>=]', project.split("dev = [")[0], re.MULTILINE)
    assert len(listed) > 15
    table = README[README.index("| library |") :]
    assert [name for name in listed if name not in table] == []


def test_links_lead_somewhere() -> None:
    for text in (README, CHINESE, re.sub(r"```markdown\n.*?```", "", CORPUS, flags=re.DOTALL)):
        for target in re.findall(r"\]\(([^)…]+)\)", text):
            assert (ROOT / target.partition("#")[0]).exists(), target
