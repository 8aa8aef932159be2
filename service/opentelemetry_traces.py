"""Send traces of requests by OpenTelemetry. No span ever holds a question, an address, a key, or who asked."""

import threading
import time
from importlib.metadata import version

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from service.noting import NO_ROUTE
from service.records import SeenRequest, Stage

_NAME = "zhaiwen"
_FAILED = 500
_NANOSECONDS = 1_000_000_000
# As the conventions for HTTP have it for a method that is none of HTTP's: what a client makes up is no name.
_OTHER_METHOD, _OTHER_METHOD_IN_NAMES = "_OTHER", "HTTP"
# That of today's version has 55 characters, later ones may have some more.
_LONGEST_PARENT = 128


class OpenTelemetryTraces:
    """Make a span of each request, and one below it of each stage of its search.

    They are made when all is over, since then it is known which route answered. What they are given
    names the request by the conventions for HTTP servers; the ready-made instrumentation of the
    framework is not used, as it tells the query string and who asked.

    Args:
        provider: of OpenTelemetry; sends spans in a thread of its own, and drops what it cannot send.
    """

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer(_NAME)
        self._parents = TraceContextTextMapPropagator()

    @classmethod
    def start(cls) -> "OpenTelemetryTraces":
        """Send spans by OTLP over HTTP, as the variables of OpenTelemetry say.

        Raises:
            ValueError: one of these cannot be used.
        """
        ours = Resource.create({"service.name": _NAME, "service.version": version(_NAME)})
        # At the end of the process it would wait for longer than it may.
        provider = TracerProvider(resource=ours.merge(OTELResourceDetector().detect()), shutdown_on_exit=False)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        return cls(provider)

    def request(self, seen: SeenRequest) -> None:
        """Trace a request that ends now."""
        clock = _Clock()
        span = self._tracer.start_span(
            _name_of(seen),
            context=self._parent(seen.traceparent),
            kind=SpanKind.SERVER,
            attributes=_attributes_of(seen),
            start_time=clock.at(seen.started),
        )
        if seen.status >= _FAILED:
            span.set_status(Status(StatusCode.ERROR))
        if span.is_recording():
            below = set_span_in_context(span, Context())
            for name, (started, ended) in _extents(seen.stages).items():
                child = self._tracer.start_span(name, context=below, start_time=clock.at(started))
                child.end(clock.at(ended))
        span.end(clock.now)

    def _parent(self, traceparent: str) -> Context:
        # Without `tracestate` and `baggage`, which may hold anything.
        given = {"traceparent": traceparent} if len(traceparent) <= _LONGEST_PARENT else {}
        return self._parents.extract(given, Context())

    def stop(self, seconds: float) -> None:
        """Send what has not been sent, for at most so many seconds: a collector may not answer."""
        stopping = threading.Thread(target=self._provider.shutdown, name="traces-stop", daemon=True)
        stopping.start()
        stopping.join(max(seconds, 0.0))


class _Clock:
    """Turn readings of `time.perf_counter` into nanoseconds since 1970, all by one reading of both clocks."""

    def __init__(self) -> None:
        self.now = time.time_ns()
        self._counter = time.perf_counter()

    def at(self, counter: float) -> int:
        return self.now - round((self._counter - counter) * _NANOSECONDS)


def _name_of(seen: SeenRequest) -> str:
    method = seen.method or _OTHER_METHOD_IN_NAMES
    return method if seen.route == NO_ROUTE else f"{method} {seen.route}"


def _attributes_of(seen: SeenRequest) -> dict[str, AttributeValue]:
    attributes: dict[str, AttributeValue] = {
        "http.request.method": seen.method or _OTHER_METHOD,
        "http.response.status_code": seen.status,
        "zhaiwen.request_id": seen.request_id,
    }
    if seen.route != NO_ROUTE:
        attributes["http.route"] = seen.route
    if seen.status >= _FAILED:
        attributes["error.type"] = str(seen.status)
    return attributes


def _extents(stages: tuple[Stage, ...]) -> dict[str, tuple[float, float]]:
    """Return when each stage began first and ended last: the questions of one request go through it together."""
    extents: dict[str, tuple[float, float]] = {}
    for stage in stages:
        begun, ended = extents.get(stage.name, (stage.started, stage.started + stage.seconds))
        extents[stage.name] = min(begun, stage.started), max(ended, stage.started + stage.seconds)
    return extents
