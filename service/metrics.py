"""Count what the service does, for Prometheus. Nothing here ever holds a question."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from service.index_holder import IndexHolder

CONTENT_TYPE = CONTENT_TYPE_LATEST
_LOADED, _REFUSED = "loaded", "refused"


class Metrics:
    """Hold the metrics of one application, and of no other in the same process."""

    def __init__(self, holder: IndexHolder) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_IndexState(holder))
        self._reloads = Counter(
            "zhaiwen_reloads",
            "Snapshots that became current while the service ran, by what came of them.",
            ["outcome"],
            registry=self._registry,
        )
        for outcome in (_LOADED, _REFUSED):
            # A counter that appears with its first event hides that event from a rate.
            self._reloads.labels(outcome)

    def count_loaded(self) -> None:
        """Count a snapshot that took the place of another."""
        self._reloads.labels(_LOADED).inc()

    def count_refused(self) -> None:
        """Count a snapshot that could not be served."""
        self._reloads.labels(_REFUSED).inc()

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
