"""Name what may tell of the service: metrics, and where an operator wants them, a question log and traces."""

from dataclasses import dataclass
from typing import Protocol

from service.metrics import Metrics
from service.question_log import QuestionLog
from service.records import SeenRequest
from service.settings import SettingsError


class Traces(Protocol):
    """Send traces of requests to whoever gathers them."""

    def request(self, seen: SeenRequest) -> None:
        """Trace a request that has ended, without waiting for anything."""
        ...

    def stop(self, seconds: float) -> None:
        """Send what has not been sent, for at most so many seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Hold where is told what the service does: counted always, else where it is wanted."""

    metrics: Metrics
    question_log: QuestionLog | None = None
    traces: Traces | None = None


def start_traces() -> Traces:
    """Begin to send traces.

    Raises:
        SettingsError: the packages for that are not installed, or their own settings cannot be used.
    """
    try:
        from service.opentelemetry_traces import OpenTelemetryTraces  # noqa: PLC0415 -- an extra, for those who trace

        return OpenTelemetryTraces.start()
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"ZHAIWEN_TRACES needs a package that is not installed ({error.name}); run `pip install '.[telemetry]'` "
            "in the project's folder, or leave it at no"
        ) from error
    except ValueError as error:
        raise SettingsError(
            f"the settings of OpenTelemetry cannot be used ({error}); mend the OTEL_… variables"
        ) from error
