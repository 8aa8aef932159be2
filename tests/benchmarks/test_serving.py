"""What the benchmark makes of what was measured; how vectors are judged; services that do not start."""

import json
import math
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.serving import plots, report
from benchmarks.serving.bare_encoder import shortened
from benchmarks.serving.material import Material, Paths, Searched, ToEncode, gather, write
from benchmarks.serving.memory import memory_of
from benchmarks.serving.processes import PORT, Command, child, running
from benchmarks.serving.quality import of_vectors
from benchmarks.serving.records import (
    BareEncoder,
    Batch,
    Benchmark,
    Circumstances,
    Load,
    Memory,
    Part,
    Ranking,
    Reference,
    Service,
)
from benchmarks.serving.targets import targets
from embeddings.encoders.onnx_encoder import OnnxEncoder
from embeddings.errors import AnsweringError
from embeddings.evaluation.records import Judgement, Question, Section
from embeddings.records import Prompts
from tests.conftest import write_lines


def load(clients: int, p50: float, p95: float, rate: float, errors: dict[str, int] | None = None) -> Load:
    return Load(clients, 15.0, round(15 * rate), errors or {}, p50, p95, 2 * p95, rate, 0.1)


PLAIN = Service(
    "plain",
    (8.0, 9.0, 7.0),
    Memory(900, 700, 200),
    Memory(1000, 800, 200),
    (load(1, 20, 30, 40), load(32, 900, 1000, 30)),
    0.97,
)
OURS = Service(
    "ours",
    (2.5, 1.5, 1.9),
    Memory(400, 300, 100),
    Memory(440, 330, 110),
    (load(1, 4, 6, 240), load(32, 90, 100, 300)),
    0.99,
)
FOUND = Benchmark(
    Circumstances("2026-11-22T00:00:00+00:00", "a processor", 2, (0.1, 1.9), "a model", 3219, 848, 2906, 256),
    PLAIN,
    OURS,
    replace(OURS, name="ours, cached", loads=(load(1, 2, 3, 480), load(32, 40, 50, 700)), ndcg=None),
    (Part("Python", Memory(10, 5, 5)), Part("imports", Memory(60, 40, 20)), Part("index", Memory(100, 50, 50))),
    BareEncoder(3.2, 5.0, (Batch(8, 450.0), Batch(32, 500.0)), 60.0),
    Reference(20.0),
    Ranking(0.970, 0.972),
)


def test_every_target_is_reached_at_its_bound() -> None:
    measured = [target.measured for target in targets(FOUND)]
    assert measured == pytest.approx([4 / 3.2, 4 / 20, 300 / 30, 100 / 1000, 1.9, 440, 60 / 20, 0.002, -0.02, 0])
    assert all(target.reached for target in targets(FOUND))


@pytest.mark.parametrize(
    ("worse", "missed"),
    [
        (replace(FOUND, encoder=replace(FOUND.encoder, alone_p50_ms=3.0)), "bare encoder's p50"),
        (replace(FOUND, ours=replace(OURS, loads=(load(1, 4.1, 6, 240), OURS.loads[1]))), "client / plain service's"),
        (replace(FOUND, ours=replace(OURS, loads=(OURS.loads[0], load(32, 90, 100, 299)))), "questions/s with 32"),
        (replace(FOUND, ours=replace(OURS, loads=(OURS.loads[0], load(32, 90, 101, 300)))), "p95 with 32 clients"),
        (replace(FOUND, ours=replace(OURS, first_answer_s=(1.0, 2.1, 2.2))), "first answer"),
        (replace(FOUND, ours=replace(OURS, after=Memory(451, 1, 450))), "resident memory"),
        (replace(FOUND, reference=Reference(20.1)), "bulk encoding"),
        (replace(FOUND, ranking=Ranking(0.9689, 0.972)), "loses to fp32"),
        (replace(FOUND, ours=replace(OURS, ndcg=0.96)), "plain service less ours"),
        (replace(FOUND, cached=replace(OURS, loads=(load(1, 4, 6, 240, {"status 503": 1}),))), "that failed"),
    ],
)
def test_each_target_can_be_missed(worse: Benchmark, missed: str) -> None:
    names = [target.name for target in targets(worse) if not target.reached]
    assert len(names) == 1
    assert missed in names[0]


def test_a_plain_service_that_answered_nothing_proves_nothing() -> None:
    dead = replace(PLAIN, loads=(load(1, 0, 0, 0), load(32, 0, 0, 0)))
    missed = {target.name: target.measured for target in targets(replace(FOUND, plain=dead)) if not target.reached}
    assert missed["p95 with 32 clients / plain service's"] == math.inf


def test_tables_tell_what_was_measured() -> None:
    slow = replace(OURS, loads=(OURS.loads[0], load(32, 90, 101, 300, {"status 503": 2})))
    text = report.to_markdown(replace(FOUND, ours=slow))
    assert "| p95 with 32 clients / plain service's | 0.101 | ≤ 0.1 | **missed** |" in text
    assert "| first answer, s after the start (median) | 1.9 | ≤ 2 | reached |" in text
    assert "| ours | 32 | 4,500 | 2 × status 503 | 300.0 | 90.0 | 101.0 | 202.0 | 0.10 |" in text
    assert "| plain | 8.00 (8.00, 9.00, 7.00) | 900 (700) | 1000 (800) | 0.9700 |" in text
    # What each part adds to the one before.
    assert "| imports | +50 | +35 | +15 | 60 |" in text
    assert "load average 0.1 before and 1.9 at the end" in text


def test_json_has_every_figure() -> None:
    told = json.loads(report.to_json(FOUND))
    assert [target["reached"] for target in told["targets"]] == [True] * 10
    assert told["ours"]["loads"][1]["per_second"] == 300
    assert told["parts"][1] == ["imports", {"resident": 60, "own": 40, "of_files": 20}]


def test_plots_are_the_same_for_the_same_figures(tmp_path: Path) -> None:
    drawn = [path.read_bytes() for path in plots.draw(FOUND, tmp_path)]
    assert [path.read_bytes() for path in plots.draw(FOUND, tmp_path)] == drawn
    assert all(one.startswith(b"<?xml") for one in drawn)
    assert b"bare encoder, batches of 32" in drawn[0]


def material(*questions: Question) -> Material:
    texts = tuple(Searched(name, f"text {name}", Section(name, ())) for name in "abc")
    return Material(questions, texts, ("a passage",), 3)


def test_vectors_are_judged_by_their_order() -> None:
    first = Question("q1", "one", (Judgement(Section("a", None), 1),))
    second = Question("q2", "two", (Judgement(Section("b", None), 1),))
    texts = np.eye(3, dtype=np.float32)
    # The first finds its text at once, the second has it in the second place.
    questions = np.array([[1, 0, 0], [0, 0.6, 0.8]], dtype=np.float32)
    assert of_vectors(material(first, second), questions, texts) == pytest.approx((1 + 1 / math.log2(3)) / 2)


def test_what_processes_share(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    question = Question("q1", "上门", (Judgement(Section("a", None), 1),))
    write(material(question), Prompts("query: ", "passage: "), paths)
    assert ToEncode.read(paths.to_encode) == ToEncode(
        Prompts("query: ", "passage: "), ("上门",), ("text a", "text b", "text c"), ("a passage",)
    )
    assert [json.loads(line)["_id"] for line in paths.texts.read_text("utf-8").splitlines()] == ["a", "b", "c"]


def test_texts_are_those_of_the_index_or_of_the_corpus(tiny_index: Path, tmp_path: Path) -> None:
    found = gather(tiny_index, None, ())
    assert [one.section for one in found.texts] == [Section(id_, ()) for id_ in ("visits", "calls", "records")]
    assert found.passages == len(found.encoded) == 3
    write_lines(tmp_path / "corpus.jsonl", {"_id": "d1", "title": "上门", "text": "上门要带证件。"})
    assert gather(tiny_index, tmp_path, ()).texts == (Searched("d1", "上门要带证件。", Section("d1", ())),)


def test_long_texts_are_cut_to_what_is_read(encoder: OnnxEncoder) -> None:
    short, long = shortened(["上门要带证件。", "催收，" * 600], encoder)
    assert short == "上门要带证件。"
    assert 490 < encoder.count_tokens([long])[0] <= 512


def test_memory_is_read_of_any_process() -> None:
    own = memory_of()
    assert own.resident == pytest.approx(own.own + own.of_files, rel=0.05)
    assert memory_of(os.getpid()).resident == pytest.approx(own.resident, rel=0.05)
    with pytest.raises(AnsweringError, match="memory is read from /proc/0/status"):
        memory_of(0)


def test_a_service_that_ends_is_told() -> None:
    command = Command(("-c", "import sys; sys.exit('no such model')"), {})
    with (
        pytest.raises(AnsweringError, match=r"ended with 1 before it answered: no such model"),
        running(command, "上门"),
    ):
        pass


def test_a_service_is_waited_for_and_stopped() -> None:
    script = (
        "import sys, time; from http.server import *; time.sleep(0.5); H = type('H', (BaseHTTPRequestHandler,), "
        "{'do_GET': lambda self: (self.send_response(200), self.end_headers())}); "
        "HTTPServer(('127.0.0.1', int(sys.argv[1])), H).serve_forever()"
    )
    with running(Command(("-c", script, PORT), {}), "上门") as started:
        assert started.first_answer_s > 0.5
        process = started.process
        assert memory_of(process).resident > 1
    with pytest.raises(AnsweringError, match=f"/proc/{process}/status"):
        memory_of(process)


def test_a_process_that_measures_and_fails_is_told() -> None:
    with pytest.raises(AnsweringError, match=r"benchmarks.serving.reference ended with 1: .*no-such-model"):
        child("benchmarks.serving.reference", "./no-such-model", ".")
