"""What GET /metrics says."""

from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from service.app import create_app
from service.index_folder import IndexFolder
from service.index_holder import IndexHolder
from service.metrics import Metrics
from service.settings import Settings
from tests.service.conftest import SIZES, TwoSnapshots


def samples(text: str) -> dict[tuple[str, str], float]:
    """Return the value of each sample by its name and the label that tells it from others."""
    return {
        (sample.name, sample.labels.get("outcome") or sample.labels.get("snapshot", "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def test_metrics_of_an_index(two: TwoSnapshots) -> None:
    searcher = IndexFolder(two.index).load(None).searcher
    holder = IndexHolder(searcher)
    metrics = Metrics(holder)
    client = TestClient(create_app(Settings(), holder, metrics=metrics))
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
    assert samples(response.text) == {
        ("zhaiwen_reloads_total", "loaded"): 1,
        ("zhaiwen_reloads_total", "refused"): 2,
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
    assert samples(text) == {
        ("zhaiwen_reloads_total", "loaded"): 0,
        ("zhaiwen_reloads_total", "refused"): 0,
        ("zhaiwen_old_indexes_open", ""): 0,
    }


def test_two_applications_count_apart() -> None:
    one, other = Metrics(IndexHolder()), Metrics(IndexHolder())
    one.count_loaded()
    assert samples(one.text().decode())["zhaiwen_reloads_total", "loaded"] == 1
    assert samples(other.text().decode())["zhaiwen_reloads_total", "loaded"] == 0
