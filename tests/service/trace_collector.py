"""Receive spans as a collector does: OTLP over HTTP."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

# Longer than any test waits.
LONG_SECONDS = 100.0


@dataclass(slots=True)
class Collector:
    """Hold what was received, as it was sent; `asked` is set by the first request."""

    url: str
    bodies: list[bytes] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)

    def requests(self) -> list[ExportTraceServiceRequest]:
        return [ExportTraceServiceRequest.FromString(body) for body in self.bodies]

    def spans(self) -> list[Span]:
        return [
            span
            for request in self.requests()
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def resource(self) -> dict[str, str | int]:
        """Return what the first spans say of where they come from."""
        return values(self.requests()[0].resource_spans[0].resource.attributes)


def values(attributes: Iterable[KeyValue]) -> dict[str, str | int]:
    """Return attributes by name."""
    return {
        one.key: one.value.int_value if one.value.HasField("int_value") else one.value.string_value
        for one in attributes
    }


@contextmanager
def collecting(*, asleep: bool = False) -> Iterator[Collector]:
    """Run a collector; one that is asleep takes what comes, and answers nothing."""
    woken = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.asked.set()
            if asleep:
                woken.wait(LONG_SECONDS)
                return
            assert self.path == "/v1/traces"
            collector.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = Collector(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield collector
        finally:
            woken.set()
            server.shutdown()
            thread.join()
