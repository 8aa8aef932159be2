"""What GET /metrics says."""

import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from service.app import create_app
from service.index_folder import IndexFolder
from service.index_holder import IndexHolder
from service.metrics import Metrics
from service.settings import Settings
from service.telemetry import Telemetry
from tests.service.conftest import SIZES, TwoSnapshots

A_DAY = 86_400.0
A_MEGABYTE = 1_000_000


def samples(text: str) -> dict[tuple[str, str], float]:
    """Return the value of each sample by its name and the label that tells it from others."""
    return {
        (
            sample.name,
            ",".join(value for name, value in sorted(sample.labels.items()) if name in _TELLING),
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith(("_created", "_bucket", "_sum")) and not sample.name.startswith("process_")
    }


_TELLING = ("outcome", "snapshot", "route", "status", "answerable", "stage")
# What is there before anything has happened.
NOTHING_YET: dict[tuple[str, str], float] = {
    ("zhaiwen_reloads_total", "loaded"): 0,
    ("zhaiwen_reloads_total", "refused"): 0,
    ("zhaiwen_answers_total", "yes"): 0,
    ("zhaiwen_answers_total", "no"): 0,
    ("zhaiwen_answers_total", "unknown"): 0,
    ("zhaiwen_queue_length", ""): 0,
    ("zhaiwen_batch_size_count", ""): 0,
    ("zhaiwen_cache_hits_total", ""): 0,
    ("zhaiwen_cache_misses_total", ""): 0,
    ("zhaiwen_old_indexes_open", ""): 0,
}


def test_metrics_of_an_index(two: TwoSnapshots) -> None:
    searcher = IndexFolder(two.index).load(None).searcher
    holder = IndexHolder(searcher)
    metrics = Metrics(holder)
    client = TestClient(create_app(Settings(), holder, telemetry=Telemetry(metrics)))
    client.post("/search", json={"query": "我欠了花呗怎么办"})
    metrics.count_loaded()
    metrics.count_refused()
    metrics.count_refused()
    with holder.lease():
        holder.swap(IndexFolder(two.index).load(None).searcher)
        response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=")
    assert response.headers["cache-control"] == "no-store"
    shown = samples(response.text)
    # The tiny index was built by this test run.
    assert 0 <= shown.pop(("zhaiwen_index_age_seconds", "")) < A_DAY
    assert shown == NOTHING_YET | {
        ("zhaiwen_reloads_total", "loaded"): 1,
        ("zhaiwen_reloads_total", "refused"): 2,
        ("zhaiwen_requests_total", "/search,200"): 1,
        ("zhaiwen_request_seconds_count", "/search"): 1,
        ("zhaiwen_answers_total", "unknown"): 1,
        ("zhaiwen_stage_seconds_count", "wait"): 1,
        ("zhaiwen_stage_seconds_count", "encode"): 1,
        ("zhaiwen_stage_seconds_count", "search"): 1,
        ("zhaiwen_batch_size_count", ""): 1,
        ("zhaiwen_cache_misses_total", ""): 1,
        ("zhaiwen_index_info", two.names[0]): 1,
        ("zhaiwen_index_passages", ""): SIZES[0],
        ("zhaiwen_index_loaded_timestamp_seconds", ""): holder.state().loaded_at,
        ("zhaiwen_old_indexes_open", ""): 1,
    }
    assert "花呗" not in response.text
    assert ("zhaiwen_old_indexes_open", "") in samples(client.get("/metrics").text)
    assert samples(client.get("/metrics").text)["zhaiwen_old_indexes_open", ""] == 0


def test_without_an_index_counters_are_there() -> None:
    text = TestClient(create_app(Settings(), IndexHolder())).get("/metrics").text
    assert samples(text) == NOTHING_YET


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system has no /proc")
def test_memory_is_told() -> None:
    text = Metrics(IndexHolder()).text().decode()
    (resident,) = re.findall(r"^process_resident_memory_bytes ([0-9.e+]+)$", text, re.MULTILINE)
    assert float(resident) > A_MEGABYTE


def test_what_the_stages_of_a_search_tell() -> None:
    metrics = Metrics(IndexHolder())
    metrics.stage_seconds.labels("encode").observe(0.003)
    metrics.queue_length.set(7)
    metrics.batch_size.observe(16)
    metrics.cache_hits.inc()
    metrics.cache_misses.inc(2)
    for answerable in (True, False, False, None):
        metrics.count_answer(answerable)
    shown = samples(metrics.text().decode())
    assert shown == NOTHING_YET | {
        ("zhaiwen_stage_seconds_count", "encode"): 1,
        ("zhaiwen_queue_length", ""): 7,
        ("zhaiwen_batch_size_count", ""): 1,
        ("zhaiwen_cache_hits_total", ""): 1,
        ("zhaiwen_cache_misses_total", ""): 2,
        ("zhaiwen_answers_total", "yes"): 1,
        ("zhaiwen_answers_total", "no"): 2,
        ("zhaiwen_answers_total", "unknown"): 1,
    }


def test_no_label_holds_what_a_client_sends() -> None:
    holder = IndexHolder()
    metrics = Metrics(holder)
    client = TestClient(create_app(Settings(), holder, telemetry=Telemetry(metrics)), client=("192.0.2.7", 5000))
    for address in ("/search?q=秘密", "/articles/秘密", "/秘密", "/web/秘密.js", "/web/app.js"):
        client.get(address, headers={"X-Request-ID": "mine", "Authorization": "Bearer zw_secret"})
    client.request("BREW", "/search")
    text = metrics.text().decode()
    assert not re.search("秘密|%E7|192.0.2.7|mine|zw_|BREW", text)
    routes = {labels.split(",")[0] for name, labels in samples(text) if name == "zhaiwen_requests_total"}
    assert routes == {"/search", "/articles/{article_id}", "none", "/web"}


def test_two_applications_count_apart() -> None:
    one, other = Metrics(IndexHolder()), Metrics(IndexHolder())
    one.count_loaded()
    assert samples(one.text().decode())["zhaiwen_reloads_total", "loaded"] == 1
    assert samples(other.text().decode())["zhaiwen_reloads_total", "loaded"] == 0
