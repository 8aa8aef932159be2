"""What spans are made of requests that seldom come."""

import time
from dataclasses import replace

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import StatusCode

from service.opentelemetry_traces import OpenTelemetryTraces
from service.records import SeenRequest, Stage

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SEEN = SeenRequest("GET", "/search", 200, "r1", "", 0.0, ())


def traced(seen: SeenRequest, provider: TracerProvider | None = None) -> list[ReadableSpan]:
    provider, exporter = provider or TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    OpenTelemetryTraces(provider).request(seen)
    return list(exporter.get_finished_spans())


@pytest.mark.parametrize(
    "traceparent",
    [
        "",
        "x",
        f"00-{TRACE}-{PARENT}",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01-more",
        f"01-{TRACE}-{PARENT}-01-{'x' * 1000}",
        "上门",
    ],
)
def test_what_is_no_parent(traceparent: str, caplog: pytest.LogCaptureFixture) -> None:
    (span,) = traced(replace(SEEN, traceparent=traceparent))
    assert span.parent is None
    # A client could fill a log with such.
    assert caplog.records == []


def test_what_is_one() -> None:
    (span,) = traced(replace(SEEN, traceparent=f"00-{TRACE}-{PARENT}-01"))
    assert span.parent is not None
    assert (f"{span.parent.trace_id:032x}", f"{span.parent.span_id:016x}") == (TRACE, PARENT)


@pytest.mark.parametrize("status", [500, 503])
def test_a_failure_of_the_service(status: int) -> None:
    (span,) = traced(replace(SEEN, status=status))
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes is not None
    assert (span.attributes["error.type"], span.attributes["http.response.status_code"]) == (str(status), status)


def test_stages_reach_from_the_first_to_the_last() -> None:
    now = time.perf_counter()
    stages = (
        Stage("wait", now - 9, 1),
        Stage("encode", now - 8, 2),
        Stage("encode", now - 5, 1),
        Stage("wait", now - 9, 4),
    )
    before = time.time_ns()
    wait, encode, request = traced(replace(SEEN, started=now - 10, stages=stages))
    lengths = [span.end_time - span.start_time for span in (wait, encode) if span.end_time and span.start_time]
    assert (wait.name, encode.name, request.name) == ("wait", "encode", "GET /search")
    # From -9 to -5, and from -8 to -4.
    assert lengths == [pytest.approx(4e9, abs=1e3), pytest.approx(4e9, abs=1e3)]
    assert request.end_time is not None
    assert request.start_time is not None
    assert before <= request.end_time <= time.time_ns()
    assert request.end_time - request.start_time == pytest.approx(10e9, abs=1e9)


def test_what_is_not_sampled_makes_no_span() -> None:
    stage = Stage("wait", time.perf_counter(), 0.001)
    assert traced(replace(SEEN, stages=(stage,)), TracerProvider(sampler=ALWAYS_OFF)) == []
