"""Write log lines: as text, or as one JSON object a line."""

import json
import logging
import traceback
from datetime import UTC, datetime
from types import TracebackType

from service.settings import JSON, Settings

_FIELDS = "zhaiwen_fields"
# asyncio's, too: it tells of what failed on a connection.
_LOGGERS = ("zhaiwen", "uvicorn", "asyncio", "opentelemetry")

_Failure = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def fields(**values: object) -> dict[str, object]:
    """Return what the argument `extra` of a logging call takes, so that a line tells these values."""
    return {_FIELDS: {name: value for name, value in values.items() if value is not None}}


def _fields_of(record: logging.LogRecord) -> dict[str, object]:
    return dict(getattr(record, _FIELDS, {}))


class _PrivateFormatter(logging.Formatter):
    """Tell where something failed, and how, but not what the failure says: libraries quote what they were given."""

    def formatException(self, ei: _Failure) -> str:  # noqa: N802 -- logging's name
        """Return the calls and the kinds of the failure and of those that led to it, the first one first."""
        told: list[str] = []
        error = ei[1]
        while error is not None:
            calls = "".join(traceback.format_tb(error.__traceback__))
            # The system's own failures, such as a full disk, name files and never a question.
            says = f": {error}" if isinstance(error, OSError) else ""
            told.append(f"{calls}{type(error).__qualname__}{says}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n\n".join(reversed(told))


class TextFormatter(_PrivateFormatter):
    """Write `zhaiwen: MESSAGE`, and what else is told as NAME=VALUE."""

    def __init__(self) -> None:
        super().__init__("zhaiwen: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 -- logging's name
        """Return the line."""
        told = "".join(f" {name}={value}" for name, value in _fields_of(record).items())
        return super().formatMessage(record) + told


class JsonFormatter(_PrivateFormatter):
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
    for name in ("uvicorn", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
