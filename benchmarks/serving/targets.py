"""Compare what was measured with what is wanted."""

import math
from collections.abc import Callable
from statistics import median

from benchmarks.serving.records import Benchmark, Load, Service, Target

# The fewest clients are taken for one alone, the most for a crowd: 1 and 32, where no others are asked for.
ALONE_TO_ENCODER = 1.3
ALONE_TO_PLAIN = 1 / 5
RATE_TO_PLAIN = 10.0
P95_TO_PLAIN = 1 / 10
FIRST_ANSWER_SECONDS = 2.0
RESIDENT_MEGABYTES = 450.0
BULK_TO_REFERENCE = 3.0
NDCG_LOST = 0.003


def targets(found: Benchmark) -> tuple[Target, ...]:
    """Return each thing that is wanted with what was measured of it."""
    ours, plain = found.ours, found.plain
    alone, crowd = f"{_alone(ours).clients}", f"{_crowd(ours).clients}"
    lost = found.ranking.fp32 - found.ranking.ours
    return (
        Target(
            f"p50 with {alone} client / bare encoder's p50",
            _alone(ours).p50_ms / found.encoder.alone_p50_ms,
            ALONE_TO_ENCODER,
        ),
        Target(f"p50 with {alone} client / plain service's", _ratio("p50_ms", _alone, found), ALONE_TO_PLAIN),
        Target(
            f"questions/s with {crowd} clients / plain service's",
            _ratio("per_second", _crowd, found),
            RATE_TO_PLAIN,
            at_most=False,
        ),
        Target(f"p95 with {crowd} clients / plain service's", _ratio("p95_ms", _crowd, found), P95_TO_PLAIN),
        Target("first answer, s after the start (median)", median(ours.first_answer_s), FIRST_ANSWER_SECONDS),
        Target("resident memory after all load, MB", ours.after.resident, RESIDENT_MEGABYTES),
        Target(
            "passages/s of bulk encoding / sentence-transformers'",
            found.encoder.passages_per_second / found.reference.passages_per_second,
            BULK_TO_REFERENCE,
            at_most=False,
        ),
        Target("nDCG@10 that the encoder loses to fp32, by cosines alone", lost, NDCG_LOST),
        Target("nDCG@10 of the plain service less ours", (plain.ndcg or 0.0) - (ours.ndcg or 0.0), NDCG_LOST),
        Target("requests that failed", sum(one.failed for one in (*ours.loads, *found.cached.loads)), 0),
    )


def _ratio(name: str, chosen: Callable[[Service], Load], found: Benchmark) -> float:
    """Return ours by the plain service's; infinite where the plain one did nothing."""
    ours, plain = (float(getattr(chosen(service), name)) for service in (found.ours, found.plain))
    return ours / plain if plain else math.inf


def _alone(service: Service) -> Load:
    return min(service.loads, key=lambda load: load.clients)


def _crowd(service: Service) -> Load:
    return max(service.loads, key=lambda load: load.clients)
