"""Write what was measured: as tables for people, in Markdown, and as JSON for programs."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import pairwise
from statistics import median

from benchmarks.serving.records import Benchmark, Load, Memory, Part, Service
from benchmarks.serving.targets import targets

_NOTES = """\
Both services answer the same `GET /search?q=…&k=5` over kept connections, the same questions in the same order, each
client asking again as soon as it has its answer; a question comes a second time only where the set is through. The one
who asks shares the cores with the one who answers, at the cost told in the last column. The plain service searches
whole documents (of a set without documents, the passages of our index) whose vectors were saved before, so its first
answer waits for no encoding of texts. Ours is started with ZHAIWEN_QUERY_CACHE=0; “ours, cached” without that, and
asked a few questions again and again. The bare encoder encodes the questions in a process that does nothing else.
"""


def to_json(found: Benchmark) -> str:
    """Return all figures, and which targets are reached."""
    told = [{**asdict(target), "reached": target.reached} for target in targets(found)]
    return json.dumps({"targets": told, **asdict(found)}, ensure_ascii=False, indent=1) + "\n"


def to_markdown(found: Benchmark) -> str:
    """Return the tables."""
    services = (found.plain, found.ours, found.cached)
    parts = [
        "# Our service beside the plain one\n",
        _circumstances(found),
        _target_table(found),
        _load_table(services),
        _service_table(services),
        _memory_table(found.parts),
        _encoder_table(found),
        _NOTES,
    ]
    return "\n".join(parts)


def _circumstances(found: Benchmark) -> str:
    at = found.circumstances
    return (
        f"{at.when}, {at.cores} cores of {at.processor}, load average {at.load[0]:.1f} before and {at.load[1]:.1f} at "
        f"the end; {at.model}, {at.questions:,} questions, {at.texts:,} texts of the plain service, {at.passages:,} "
        "passages of ours.\n"
    )


def _target_table(found: Benchmark) -> str:
    rows = [
        (one.name, f"{one.measured:.4g}", f"{'≤' if one.at_most else '≥'} {one.bound:g}", _word(one.reached))
        for one in targets(found)
    ]
    return _table(("what", "measured", "wanted", ""), rows)


def _word(reached: bool) -> str:
    return "reached" if reached else "**missed**"


def _load_table(services: Iterable[Service]) -> str:
    rows = [(service.name, *_load_row(load)) for service in services for load in service.loads]
    names = ("service", "clients", "answered", "failed", "questions/s", "p50, ms", "p95, ms", "p99, ms", "asking, ms")
    return _table(names, rows)


def _load_row(load: Load) -> tuple[str, ...]:
    failed = ", ".join(f"{count} × {error}" for error, count in load.errors.items()) or "0"
    times = (f"{value:.1f}" for value in (load.p50_ms, load.p95_ms, load.p99_ms))
    return f"{load.clients}", f"{load.answered:,}", failed, f"{load.per_second:.1f}", *times, f"{load.client_ms:.2f}"


def _service_table(services: Iterable[Service]) -> str:
    rows = [
        (
            service.name,
            f"{median(service.first_answer_s):.2f} ({', '.join(f'{one:.2f}' for one in service.first_answer_s)})",
            _memory(service.loaded),
            _memory(service.after),
            "–" if service.ndcg is None else f"{service.ndcg:.4f}",
        )
        for service in services
    ]
    first = "first answer, s: median (each start)"
    return _table(("service", first, "MB resident after it (no file's)", "MB after all load", "nDCG@10"), rows)


def _memory(memory: Memory) -> str:
    return f"{memory.resident:.0f} ({memory.own:.0f})"


def _memory_table(parts: Sequence[Part]) -> str:
    empty = Part("", Memory(0.0, 0.0, 0.0))
    rows = []
    for before, part in pairwise((empty, *parts)):
        added = [
            f"{after - earlier:+.0f}"
            for earlier, after in zip(asdict(before.after).values(), asdict(part.after).values(), strict=True)
        ]
        rows.append((part.name, *added, f"{part.after.resident:.0f}"))
    return _table(("part of ours, loaded in this order", "MB", "no file's", "of files", "MB in all"), rows)


def _encoder_table(found: Benchmark) -> str:
    ours, reference = found.encoder, found.reference
    rows = [
        ("one question, ms: p50, p95", f"{ours.alone_p50_ms:.2f}, {ours.alone_p95_ms:.2f}"),
        *((f"questions/s in batches of {batch.size}", f"{batch.per_second:.0f}") for batch in ours.batches),
        (
            "passages/s, of sentence-transformers",
            f"{ours.passages_per_second:.1f}, {reference.passages_per_second:.1f}",
        ),
        ("nDCG@10 by cosines alone, in fp32", f"{found.ranking.ours:.4f}, {found.ranking.fp32:.4f}"),
    ]
    return _table(("bare encoder", ""), rows)


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
