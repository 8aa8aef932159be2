"""Traces of a real service, as a collector receives them."""

import re
import subprocess
import sys
import time
from collections import Counter
from importlib.metadata import version
from urllib.parse import quote

import httpx2
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from service.keys import make_key
from tests.conftest import ROOT, serve_process, zhaiwen
from tests.service.conftest import TwoSnapshots
from tests.service.trace_collector import LONG_SECONDS, Collector, collecting, values

PATIENCE = 30.0
KEY, HOLDER = make_key("web")
SECRET = "秘密的问题"  # noqa: S105
AGENT = "agent-of-somebody"
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
HEADERS = {
    "Authorization": f"Bearer {KEY}",
    "User-Agent": AGENT,
    "traceparent": f"00-{TRACE}-{PARENT}-01",
    "tracestate": "vendor=13812345678",
    "baggage": "user=13812345678",
    "X-Request-ID": "r1",
}


def send_to(collector: Collector, patched: pytest.MonkeyPatch) -> None:
    patched.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    patched.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")


def children(span: Span, spans: list[Span]) -> dict[str, Span]:
    return {one.name: one for one in spans if one.parent_span_id == span.span_id}


@pytest.fixture(scope="module")
def collected(built_snapshots: TwoSnapshots, tmp_path_factory: pytest.TempPathFactory) -> Collector:
    """Ask a service with traces in several ways, and stop it; return what its collector has got."""
    keys = tmp_path_factory.mktemp("keys") / "keys"
    keys.write_text(HOLDER.line, encoding="utf-8")
    options = ("--traces", "yes", "--keys-file", str(keys))
    with pytest.MonkeyPatch.context() as patched, collecting() as collector:
        send_to(collector, patched)
        with serve_process(built_snapshots.index, options=options) as running:
            with httpx2.Client(base_url=running.url, headers=HEADERS, timeout=PATIENCE) as client:
                batch = {"queries": [SECRET, "上门", "电话"]}
                answers = [
                    client.post("/search", json={"query": SECRET}),
                    client.get("/search", params={"q": SECRET}, headers={"traceparent": "", "X-Request-ID": "r2"}),
                    client.post("/search/batch", json=batch, headers={"X-Request-ID": "r3"}),
                    client.get(f"/articles/{SECRET}", headers={"X-Request-ID": "r4"}),
                    client.get(f"/{SECRET}?q={SECRET}", headers={"X-Request-ID": "r5"}),
                    client.request("BREW", "/healthz", headers={"X-Request-ID": "r6"}),
                    client.get("/metrics", headers={"Authorization": "Bearer zw_wrong", "X-Request-ID": "r7"}),
                ]
            assert [answer.status_code for answer in answers] == [200, 200, 200, 404, 404, 405, 401]
            # What was not sent yet is sent before the process ends.
            running.process.terminate()
            _, errors = running.process.communicate(timeout=PATIENCE)
            assert (running.process.returncode, errors) == (0, "")
    return collector


@pytest.fixture(scope="module")
def spans(collected: Collector) -> dict[str | int, Span]:
    """Return the spans of requests, by the id of the request."""
    return {
        values(span.attributes)["zhaiwen.request_id"]: span
        for span in collected.spans()
        if span.kind == Span.SPAN_KIND_SERVER
    }


def test_each_request_is_a_span_named_by_its_route(spans: dict[str, Span]) -> None:
    assert {request: span.name for request, span in spans.items()} == {
        "r1": "POST /search",
        "r2": "GET /search",
        "r3": "POST /search/batch",
        "r4": "GET /articles/{article_id}",
        "r5": "GET",
        "r6": "HTTP /healthz",
        "r7": "GET",
    }
    assert values(spans["r1"].attributes) == {
        "http.request.method": "POST",
        "http.route": "/search",
        "http.response.status_code": 200,
        "zhaiwen.request_id": "r1",
    }
    assert values(spans["r5"].attributes) == {
        "http.request.method": "GET",
        "http.response.status_code": 404,
        "zhaiwen.request_id": "r5",
    }
    assert values(spans["r6"].attributes)["http.request.method"] == "_OTHER"
    # What a client does wrong is no failure of the service.
    assert {span.status.code for span in spans.values()} == {Status.STATUS_CODE_UNSET}


def test_a_span_stands_below_the_one_that_asked(spans: dict[str, Span]) -> None:
    assert (spans["r1"].trace_id.hex(), spans["r1"].parent_span_id.hex()) == (TRACE, PARENT)
    assert spans["r2"].trace_id.hex() != TRACE
    assert spans["r2"].parent_span_id == b""


def test_the_stages_of_a_search_are_spans_below_it(spans: dict[str, Span], collected: Collector) -> None:
    below = {request: children(span, collected.spans()) for request, span in spans.items()}
    for request in ("r1", "r2", "r3"):
        stages, span = below[request], spans[request]
        assert list(stages) == ["wait", "encode", "search"]
        ends = [time for one in stages.values() for time in (one.start_time_unix_nano, one.end_time_unix_nano)]
        assert span.start_time_unix_nano <= min(ends) < max(ends) <= span.end_time_unix_nano
        assert {one.trace_id for one in stages.values()} == {span.trace_id}
        assert all(len(one.attributes) == 0 for one in stages.values())
    alone = [(one.start_time_unix_nano, one.end_time_unix_nano) for one in below["r1"].values()]
    # One after the other, each as long as something takes, and together no longer than a test.
    assert alone == sorted(alone)
    assert all(start < end for start, end in alone)
    assert alone[-1][1] - alone[0][0] < PATIENCE * 1e9
    assert [below[request] for request in ("r4", "r5", "r6", "r7")] == [{}] * 4
    assert Counter(span.name for span in collected.spans())["search"] == 3


def test_where_spans_come_from(collected: Collector) -> None:
    told = collected.resource()
    assert (told["service.name"], told["service.version"]) == ("zhaiwen", version("zhaiwen"))
    assert told["deployment.environment.name"] == "test"


def test_no_span_tells_who_asked_what(collected: Collector) -> None:
    sent = b"".join(collected.bodies)
    assert b"/search" in sent
    secrets = [SECRET, quote(SECRET), AGENT, KEY, HOLDER.hash, "zw_", "127.0.0.1", "13812345678", "BREW", "?q="]
    assert [secret for secret in secrets if secret.encode() in sent] == []


def test_the_name_is_set_by_opentelemetry_s_own_variable(
    built_snapshots: TwoSnapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collecting() as collector:
        send_to(collector, monkeypatch)
        monkeypatch.setenv("OTEL_SERVICE_NAME", "another")
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
        with serve_process(built_snapshots.index, options=("--traces", "yes")) as running:
            assert httpx2.get(f"{running.url}/healthz", timeout=PATIENCE).status_code == 200
            # Not only at the end.
            assert collector.asked.wait(PATIENCE)
    assert collector.resource()["service.name"] == "another"


def test_a_collector_that_does_not_answer_holds_up_nobody(
    built_snapshots: TwoSnapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collecting(asleep=True) as collector:
        send_to(collector, monkeypatch)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", str(LONG_SECONDS))
        options = ("--traces", "yes", "--stop-seconds", "1")
        with serve_process(built_snapshots.index, options=options) as running:
            assert httpx2.get(f"{running.url}/healthz", timeout=PATIENCE).status_code == 200
            assert collector.asked.wait(PATIENCE)
            for _ in range(20):
                assert httpx2.get(f"{running.url}/search?q=上门", timeout=PATIENCE).status_code == 200
            started = time.monotonic()
            running.process.terminate()
            assert running.process.wait(PATIENCE) == 0
            assert 0.9 < time.monotonic() - started < PATIENCE


def test_a_collector_that_is_not_there_is_told_in_the_service_s_own_lines(
    built_snapshots: TwoSnapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    with serve_process(built_snapshots.index, options=("--traces", "yes", "--log-format", "json")) as running:
        assert httpx2.get(f"{running.url}/search?q={SECRET}", timeout=PATIENCE).status_code == 200
        running.process.terminate()
        _, errors = running.process.communicate(timeout=PATIENCE)
    assert running.process.returncode == 0
    lines = errors.splitlines()
    assert any("export" in line for line in lines)
    assert all(re.match(r'\{"time": ', line) for line in lines)
    assert SECRET not in errors


def test_without_traces_nothing_of_it_is_loaded() -> None:
    program = "import sys, scripts.serve; print([name for name in sys.modules if name.startswith('opentelemetry.')])"
    finished = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=ROOT)
    assert "opentelemetry.sdk" not in finished.stdout
    assert "opentelemetry.exporter" not in finished.stdout


WITHOUT_THE_PACKAGE = """
import sys
sys.modules["opentelemetry.sdk"] = None  # as if it were not there
from scripts.options import run_command
from scripts.serve import COMMAND
sys.exit(run_command(COMMAND, sys.argv[1:], {}))
"""


@pytest.mark.parametrize(("check", "code"), [((), 2), (("--check",), 1)])
def test_without_the_package_it_is_said_how_to_install_it(
    built_snapshots: TwoSnapshots, check: tuple[str, ...], code: int
) -> None:
    command = [sys.executable, "-c", WITHOUT_THE_PACKAGE, "--index", str(built_snapshots.index), "--port", "0", *check]
    finished = subprocess.run(
        [*command, "--traces", "yes"], check=False, capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE
    )
    assert finished.returncode == code
    told = r"zhaiwen serve: ZHAIWEN_TRACES needs a package that is not installed \(opentelemetry\.sdk[a-z.]*\); "
    assert re.fullmatch(told + r"run `pip install '\.\[telemetry\]'` in the project's folder, .*\n", finished.stderr)


def test_variables_that_cannot_be_used_are_told(built_snapshots: TwoSnapshots) -> None:
    environment = {"ZHAIWEN_TRACES": "yes", "OTEL_BSP_MAX_QUEUE_SIZE": "0"}
    finished = zhaiwen("serve", "--check", "--index", built_snapshots.index, environment=environment)
    assert finished.returncode == 1
    assert finished.stderr == (
        "zhaiwen serve: the settings of OpenTelemetry cannot be used (max_queue_size must be a positive integer.); "
        "mend the OTEL_… variables\n"
    )
