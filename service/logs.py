"""Write log lines: as text, or as one JSON object a line."""

import json
import logging
from datetime import UTC, datetime

from service.settings import JSON, Settings

_FIELDS = "zhaiwen_fields"
_LOGGERS = ("zhaiwen", "uvicorn", "opentelemetry")


def fields(**values: object) -> dict[str, object]:
    """Return what the argument `extra` of a logging call takes, so that a line tells these values."""
    return {_FIELDS: {name: value for name, value in values.items() if value is not None}}


def _fields_of(record: logging.LogRecord) -> dict[str, object]:
    return dict(getattr(record, _FIELDS, {}))


class TextFormatter(logging.Formatter):
    """Write `zhaiwen: MESSAGE`, and what else is told as NAME=VALUE."""

    def __init__(self) -> None:
        super().__init__("zhaiwen: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 -- logging's name
        """Return the line."""
        told = "".join(f" {name}={value}" for name, value in _fields_of(record).items())
        return super().formatMessage(record) + told


class JsonFormatter(logging.Formatter):
    """Write an object with `time`, `level`, `message`, what else is told and, after a failure, its `traceback`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **_fields_of(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def log_to_stderr(settings: Settings) -> None:
    """Send what the service and its server have to say to the error stream, in the form that is set."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if settings.log_format == JSON else TextFormatter())
    for name in _LOGGERS:
        log = logging.getLogger(name)
        log.handlers = [handler]
        log.propagate = False
    logging.getLogger("zhaiwen").setLevel(logging.INFO)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
