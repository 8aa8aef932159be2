"""Count what the service does, for Prometheus. Nothing here ever holds a question, an address or a key."""

import time
from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from service.index_holder import IndexHolder

CONTENT_TYPE = CONTENT_TYPE_LATEST
_LOADED, _REFUSED = "loaded", "refused"
_ANSWERABLE = {True: "yes", False: "no", None: "unknown"}
# From a tenth of a search to where clients give up.
_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """Hold the metrics of one application, and of no other in the same process.

    `stage_seconds` (by stage), `queue_length`, `batch_size`, `cache_hits` and `cache_misses` are
    for those who run the stages of a search.
    """

    def __init__(self, holder: IndexHolder) -> None:
        self._registry = registry = CollectorRegistry()
        registry.register(_IndexState(holder))
        # Memory, processor time, open files: of Linux only, elsewhere it tells nothing.
        ProcessCollector(registry=registry)
        self._reloads = Counter(
            "zhaiwen_reloads",
            "Snapshots that became current while the service ran, by what came of them.",
            ["outcome"],
            registry=registry,
        )
        self._requests = Counter(
            "zhaiwen_requests", "Requests, by route and status.", ["route", "status"], registry=registry
        )
        self._request_seconds = Histogram(
            "zhaiwen_request_seconds", "Time to the end of an answer.", ["route"], buckets=_SECONDS, registry=registry
        )
        self._answers = Counter(
            "zhaiwen_answers", "Questions, by whether the index holds an answer.", ["answerable"], registry=registry
        )
        self.stage_seconds = Histogram(
            "zhaiwen_stage_seconds", "Time in a stage of a search.", ["stage"], buckets=_SECONDS, registry=registry
        )
        self.queue_length = Gauge("zhaiwen_queue_length", "Questions that wait to be encoded.", registry=registry)
        self.batch_size = Histogram(
            "zhaiwen_batch_size", "Questions that were encoded together.", buckets=_SIZES, registry=registry
        )
        self.cache_hits = Counter("zhaiwen_cache_hits", "Questions whose vector was kept.", registry=registry)
        self.cache_misses = Counter("zhaiwen_cache_misses", "Questions whose vector was not kept.", registry=registry)
        self._make_them_appear()

    def _make_them_appear(self) -> None:
        # A counter that appears with its first event hides that event from a rate.
        for outcome in (_LOADED, _REFUSED):
            self._reloads.labels(outcome)
        for answerable in _ANSWERABLE.values():
            self._answers.labels(answerable)

    def count_loaded(self) -> None:
        """Count a snapshot that took the place of another."""
        self._reloads.labels(_LOADED).inc()

    def count_refused(self) -> None:
        """Count a snapshot that could not be served."""
        self._reloads.labels(_REFUSED).inc()

    def count_request(self, route: str, status: int, seconds: float) -> None:
        """Count a request; `route` is the template of its address."""
        self._requests.labels(route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def count_answer(self, answerable: bool | None) -> None:
        """Count the answer to a question."""
        self._answers.labels(_ANSWERABLE[answerable]).inc()

    def text(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return generate_latest(self._registry)


class _IndexState:
    """Say what is served at the moment of being asked, all of it of one moment."""

    def __init__(self, holder: IndexHolder) -> None:
        self._holder = holder

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of the index."""
        state = self._holder.state()
        yield GaugeMetricFamily(
            "zhaiwen_old_indexes_open", "Indexes that are replaced, but still answer a request.", state.old_open
        )
        if state.index is None:
            return
        names = {"snapshot": state.index.snapshot, "encoder": state.index.encoder, "settings": state.index.settings}
        yield InfoMetricFamily("zhaiwen_index", "The snapshot that is served.", names)
        yield GaugeMetricFamily("zhaiwen_index_passages", "Passages of that snapshot.", state.index.passages)
        yield GaugeMetricFamily(
            "zhaiwen_index_loaded_timestamp_seconds", "When that snapshot was loaded.", state.loaded_at
        )
        if state.index.created:
            age = time.time() - datetime.fromisoformat(state.index.created).timestamp()
            yield GaugeMetricFamily("zhaiwen_index_age_seconds", "Time since that snapshot was built.", max(age, 0.0))
