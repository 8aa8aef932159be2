"""Measure both services, one after the other, in one run."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from benchmarks.serving import quality
from benchmarks.serving.load import Plan, load_average, measure_load, search_request
from benchmarks.serving.material import Material, Paths, write
from benchmarks.serving.memory import memory_of
from benchmarks.serving.processes import PORT, Command, Running, child, running
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
from embeddings.encoders.model_folder import ModelFolder
from embeddings.protocols import Reporter

# As many results as the services return where nothing else is asked for.
RESULTS = 5
# What is asked before the clock runs, and nowhere else where the set is large enough: the last questions.
WARMING = 32
# Questions that are asked again and again, to see what keeping their vectors is worth.
REPEATED = 50
_MEMORY_QUESTIONS = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """Say what to measure: on which index and model, with how many clients for how long each, after how many starts."""

    index: Path
    model: ModelFolder
    material: Material
    clients: tuple[int, ...]
    seconds: float
    starts: int


class _Asked(NamedTuple):
    """Say how one service is measured: how it is started, with which questions, and whether its ranking counts."""

    name: str
    command: Command
    questions: Sequence[str]
    starts: int
    rank: quality.Rank | None


def measure(wanted: Wanted, reporter: Reporter) -> Benchmark:
    """Return what was measured.

    Raises:
        AnsweringError: a service or a process that measures failed.
    """
    before = load_average()
    with TemporaryDirectory(prefix="zhaiwen-benchmark-") as folder:
        paths = Paths(Path(folder))
        write(wanted.material, wanted.model.prompts, paths)
        reporter.say("encoding with sentence-transformers, fp32")
        reference = Reference(**json.loads(child("benchmarks.serving.reference", wanted.model.path, folder)))
        reporter.say("loading our service's parts")
        parts = _parts(child("benchmarks.serving.memory_parts", wanted.index, *_texts(wanted)[:_MEMORY_QUESTIONS]))
        to_measure = _services(wanted, paths)
        plain = _service(to_measure[0], wanted, reporter)
        # Right before the service that it is compared with: the machine may be another one a minute later.
        reporter.say("encoding with our encoder")
        encoder = _encoder(child("benchmarks.serving.bare_encoder", wanted.index, folder))
        ours, cached = (_service(one, wanted, reporter) for one in to_measure[1:])
        ranking = _ranking(wanted.material, paths)
    return Benchmark(_circumstances(wanted, before), plain, ours, cached, parts, encoder, reference, ranking)


def _services(wanted: Wanted, paths: Paths) -> tuple[_Asked, _Asked, _Asked]:
    """Return the services in the order in which they are measured."""
    questions = _texts(wanted)
    plain = Command(
        ("-m", "uvicorn", "benchmarks.plain_service:app", "--port", PORT, "--log-level", "warning", "--no-access-log"),
        {
            "PLAIN_MODEL": str(wanted.model.path),
            "PLAIN_TEXTS": str(paths.texts),
            "PLAIN_VECTORS": str(paths.vectors("fp32", "texts")),
            "PLAIN_QUERY_PROMPT": wanted.model.prompts.query,
            "PLAIN_PASSAGE_PROMPT": wanted.model.prompts.passage,
        },
    )
    serve = ("-m", "scripts.serve", "--index", str(wanted.index.resolve()), "--port", PORT)
    return (
        _Asked("plain", plain, questions, wanted.starts, quality.of_plain_service),
        _Asked("ours", Command(serve, {"ZHAIWEN_QUERY_CACHE": "0"}), questions, wanted.starts, quality.of_our_service),
        _Asked("ours, cached", Command(serve, {}), questions[:REPEATED], 1, None),
    )


def _texts(wanted: Wanted) -> list[str]:
    return [question.text for question in wanted.material.questions]


def _service(asked: _Asked, wanted: Wanted, reporter: Reporter) -> Service:
    firsts = []
    for _ in range(asked.starts - 1):
        with running(asked.command, asked.questions[0]) as started:
            firsts.append(started.first_answer_s)
    with running(asked.command, asked.questions[0]) as started:
        firsts.append(started.first_answer_s)
        loaded = memory_of(started.process)
        loads = _loads(started, asked, wanted, reporter)
        after = memory_of(started.process)
        ndcg = None
        if asked.rank is not None:
            total = len(wanted.material.questions)
            with reporter.bar(f"{asked.name}: how well it ranks", total) as progress:
                ndcg = asked.rank(started.address, wanted.material, progress)
    return Service(asked.name, tuple(firsts), loaded, after, loads, ndcg)


def _loads(started: Running, asked: _Asked, wanted: Wanted, reporter: Reporter) -> tuple[Load, ...]:
    """Ask as so many clients each; the set is gone through, and begun anew only at its end."""
    requests = [search_request(started.address, question, RESULTS) for question in asked.questions]
    measure_load(started.address, Plan(requests[-WARMING:], 1, wanted.seconds / 5))
    loads: list[Load] = []
    for clients in wanted.clients:
        reporter.say(f"{asked.name}: {clients} clients for {wanted.seconds:g} s")
        first = sum(load.answered + load.failed for load in loads) % len(requests)
        plan = Plan([*requests[first:], *requests[:first]], clients, wanted.seconds)
        loads.append(measure_load(started.address, plan))
    return tuple(loads)


def _encoder(told: str) -> BareEncoder:
    fields = json.loads(told)
    return BareEncoder(**{**fields, "batches": tuple(Batch(*batch) for batch in fields["batches"])})


def _parts(told: str) -> tuple[Part, ...]:
    return tuple(Part(name, Memory(**memory)) for name, memory in json.loads(told))


def _ranking(material: Material, paths: Paths) -> Ranking:
    values = (
        quality.of_vectors(material, *(np.load(paths.vectors(whose, of)) for of in ("questions", "texts")))
        for whose in ("ours", "fp32")
    )
    return Ranking(*values)


def _circumstances(wanted: Wanted, before: float) -> Circumstances:
    return Circumstances(
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        load=(before, load_average()),
        model=wanted.model.name,
        questions=len(wanted.material.questions),
        texts=len(wanted.material.texts),
        passages=wanted.material.passages,
        encoded=len(wanted.material.encoded),
    )


def _processor() -> str:
    names = [
        line.partition(":")[2] for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines() if "model name" in line
    ]
    return names[0].strip() if names else platform.machine()
