"""Give tests the real default model, a real index of the shipped articles, and a real server."""

import importlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from hypothesis import settings

from corpus.reading import ArticleFolder, ArticleList, shipped_articles
from corpus.records import About, Article, Markup
from embeddings.encoders.model_folder import ModelFolder, ModelRequest, find_model
from embeddings.encoders.onnx_encoder import OnnxEncoder
from embeddings.evaluation.calibrating import QuestionCalibrator
from embeddings.evaluation.evaluating import Asked
from embeddings.evaluation.question_sets import read_questions
from embeddings.protocols import Progress
from embeddings.searcher import Searcher
from embeddings.store.builder import build
from embeddings.store.layout import IndexLayout
from embeddings.store.loading import open_searcher
from embeddings.store.manifest import read_current
from embeddings.store.request import BuildRequest
from embeddings.tuning import SHIPPED, read_tuning
from scripts.cli import COMMANDS
from scripts.options import Command, run_command

ROOT = Path(__file__).parent.parent
# Machines are shared: how long one example takes says nothing about the code. A gate tries the
# same examples every time; a person who runs the tests tries new ones.
settings.register_profile("shared-machine", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("shared-machine")


class SilentReporter:
    """Take a build's reports and say nothing."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.finished = 0

    def say(self, text: str) -> None:
        self.said.append(text)

    @contextmanager
    def bar(self, title: str, total: int) -> Iterator[Progress]:
        self.said.append(f"{title}: {total}")

        def advance(finished: int) -> None:
            self.finished += finished

        yield advance


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def default_model(cache: Path) -> ModelFolder:
    return find_model(ModelRequest(), cache)


def shipped_calibrator() -> QuestionCalibrator:
    """Return what calibrates an index of the shipped articles."""
    questions = ROOT / "corpus" / "questions"
    asked = read_questions(questions / "dev.jsonl")
    unanswerable = read_questions(questions / "unanswerable-dev.jsonl", judged=False)
    return QuestionCalibrator(Asked(asked, unanswerable))


@pytest.fixture(scope="session")
def shipped_index(default_model: ModelFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build as `zhaiwen rebuild` does of the shipped articles: as tuned, and calibrated on the dev questions."""
    index = tmp_path_factory.mktemp("shipped") / "index"
    # For whoever runs single tests over and over: an index of these articles, which then need not be encoded again.
    if start := os.environ.get("ZHAIWEN_TEST_INDEX"):
        shutil.copytree(start, index)
    request = BuildRequest(
        ArticleFolder(shipped_articles()),
        default_model,
        index,
        tuning=read_tuning(SHIPPED).tuning,
        calibrator=shipped_calibrator(),
    )
    build(request, SilentReporter())
    return index


@pytest.fixture(scope="session")
def searcher(shipped_index: Path) -> Searcher:
    return open_searcher(shipped_index)


@pytest.fixture(scope="session")
def encoder(shipped_index: Path) -> OnnxEncoder:
    layout = IndexLayout(shipped_index)
    return OnnxEncoder.load(layout.encoder(read_current(layout).encoder.fingerprint))


@pytest.fixture(scope="session")
def tiny_model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a real sentence-transformers folder of a model too small to know anything."""
    from tests.tiny_model import make_tiny_model  # noqa: PLC0415 -- torch takes seconds to import

    characters = {
        character
        for item in ArticleFolder(shipped_articles()).articles()
        if isinstance(item, Article)
        for character in item.original
    }
    return make_tiny_model(tmp_path_factory.mktemp("tiny") / "tiny-e5", characters)


@pytest.fixture(scope="session")
def tiny_model(tiny_model_folder: Path, cache: Path) -> ModelFolder:
    return find_model(ModelRequest(str(tiny_model_folder)), cache)


def article(id_: str, text: str, title: str | None = None, markup: Markup = Markup.PLAIN) -> Article:
    """Return an article as reading would give it."""
    return Article(id=id_, path=f"{id_}.txt", original=text, markup=markup, about=About(title=title))


@pytest.fixture
def tiny_index(tiny_model: ModelFolder, tmp_path: Path) -> Path:
    """Build an index of three articles with the tiny model."""
    index = tmp_path / "tiny-index"
    articles = (
        article("visits", "上门要带证件。\n催收人员应当出示委托书。", "上门"),
        article("calls", "催收电话一天不超过三次。", "电话"),
        article("records", "征信记录保存五年。", "征信"),
    )
    build(BuildRequest(ArticleList(articles), tiny_model, index), SilentReporter())
    return index


@dataclass(frozen=True, slots=True)
class Served:
    """Hold the address of a running service."""

    url: str
    process: subprocess.Popen[str]


@contextmanager
def serve_process(
    index: Path, port: int = 0, options: Sequence[str] = (), before: Sequence[str] = ()
) -> Iterator[Served]:
    """Run `zhaiwen serve` until the body ends, on a free port where none is named, `before` in front of the command."""
    with subprocess.Popen(
        [*before, sys.executable, "-m", "scripts.serve", "--index", str(index), "--port", str(port), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            match = re.search(r"http://127\.0\.0\.1:\d+", line)
            assert match is not None, (line, process.stderr.read() if process.stderr else "")
            yield Served(match[0], process)
        finally:
            process.terminate()
            process.communicate(timeout=20)


@pytest.fixture(scope="session")
def served(shipped_index: Path) -> Iterator[Served]:
    with serve_process(shipped_index) as running:
        yield running


@pytest.fixture(scope="session")
def client(served: Served) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=served.url, timeout=30) as opened:
        yield opened


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let what is started be interrupted, though this process may be deaf to it: in the background of a script."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def write_lines(path: Path, *records: object) -> Path:
    """Write a JSONL file."""
    path.write_text("\n".join(json.dumps(record, ensure_ascii=False) for record in records), encoding="utf-8")
    return path


def zhaiwen(
    *arguments: object, cwd: Path = ROOT, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, with these settings only."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ZHAIWEN_")}
    return subprocess.run(
        [sys.executable, "-m", "scripts.cli", *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=300,
        env={**inherited, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", **(environment or {})},
    )


def zhaiwen_here(
    name: str, *arguments: object, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in this process, with these settings only: for many runs, each new process imports for seconds."""
    command: Command = importlib.import_module(COMMANDS[name][0]).COMMAND
    out, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(errors):
        try:
            code = run_command(command, list(map(str, arguments)), environment or {})
        except SystemExit as stopped:  # argparse tells mistakes so
            code = int(str(stopped.code))
    return subprocess.CompletedProcess([name, *map(str, arguments)], code, out.getvalue(), errors.getvalue())
