"""Read the service's settings from the environment, once. Each is named here, and nowhere else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from service.records import Rate
from service.setting_kinds import (
    FILE,
    NETWORKS,
    ORIGINS,
    PROBABILITY,
    RATE,
    ROOT_PATH,
    TOKEN,
    YES_OR_NO,
    Kind,
    one_of,
    seconds,
    text,
    whole_number,
)

MAX_PORT = 65_535
JSON, TEXT = "json", "text"
_PREFIX = "ZHAIWEN_"
_SHOWN_CHARACTERS = 40


class ServiceError(Exception):
    """Report what was given, what was wanted, and what to do; base of this layer's errors."""


class SettingsError(ServiceError):
    """Report a setting that cannot be used."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Describe one setting: the field that holds it, its kind, what it sets, and its default."""

    name: str
    kind: Kind
    help: str
    default: object

    @property
    def variable(self) -> str:
        """Return its name in the environment."""
        return _PREFIX + self.name.upper()

    @property
    def option(self) -> str:
        """Return its name on a command line."""
        return "--" + self.name.replace("_", "-")


def _told(kind: Kind, help_: str) -> dict[str, Kind | str]:
    return {"kind": kind, "help": help_}


@dataclass(frozen=True, slots=True)
class Settings:
    """Hold where the service listens, and how it answers; see the table of settings in the README.

    The field `reload_seconds` is ZHAIWEN_RELOAD_SECONDS in the environment, and --reload-seconds as
    an option of `zhaiwen serve`.
    """

    host: str = field(
        default="127.0.0.1", metadata=_told(text("a name or an address", "127.0.0.1"), "address to listen on")
    )
    port: int = field(default=8000, metadata=_told(whole_number(0, MAX_PORT, 8000), "port, 0 for any"))
    answerable_from: float | None = field(
        default=None, metadata=_told(PROBABILITY, "probability of an answer from which a question counts as answerable")
    )
    reload_seconds: float = field(
        default=1.0, metadata=_told(seconds(86_400, "1"), "how often to look for a new index, 0 for never")
    )
    admin_token: str = field(default="", repr=False, metadata=_told(TOKEN, "what POST /admin/reload must be sent with"))
    keys_file: Path | None = field(default=None, metadata=_told(FILE, "the keys that questions must be sent with"))
    address_rate: Rate | None = field(
        default=None, metadata=_told(RATE, "how many requests an address without a key may send")
    )
    # The three lists of filters, full of characters of four bytes, have 120 kB.
    max_body_bytes: int = field(
        default=131_072, metadata=_told(whole_number(1024, 16_777_216, 131_072), "longest body of a request")
    )
    # Of 64, the last one is answered after a fifth of a second where 300 a second are.
    max_questions: int = field(
        default=64, metadata=_told(whole_number(1, 10_000, 64), "questions that may be under way at once")
    )
    # Answered within a fifth of a second, and with room for others beside them.
    max_batch: int = field(
        default=32, metadata=_told(whole_number(1, 10_000, 32), "questions that one request may hold")
    )
    queue_seconds: float = field(
        default=2.0, metadata=_told(seconds(600, "2"), "how long a question may wait to be encoded")
    )
    query_cache: int = field(
        default=256, metadata=_told(whole_number(0, 100_000, 256), "questions whose vectors are kept in memory")
    )
    cors_origins: tuple[str, ...] = field(default=(), metadata=_told(ORIGINS, "sites whose pages may ask"))
    root_path: str = field(
        default="", metadata=_told(ROOT_PATH, "path that a proxy cuts off before it passes requests on")
    )
    forwarded_allow_ips: tuple[str, ...] = field(
        default=(), metadata=_told(NETWORKS, "proxies that are believed whom they ask for (X-Forwarded-For)")
    )
    stop_seconds: int = field(
        default=10,
        metadata=_told(
            whole_number(1, 3600, 10), "how long accepted requests may take once the service is told to stop"
        ),
    )
    log_format: str = field(default=TEXT, metadata=_told(one_of(TEXT, JSON), "form of the lines on the error stream"))
    log_requests: bool = field(
        default=False, metadata=_told(YES_OR_NO, "a line for each request, without question and address")
    )
    question_log: Path | None = field(default=None, metadata=_told(FILE, "file to write scrubbed questions to"))
    traces: bool = field(
        default=False, metadata=_told(YES_OR_NO, "OpenTelemetry spans of requests, sent where OTEL_… variables say")
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the variables; one that is empty counts as not set.

        Raises:
            SettingsError: a value is none of its kind.
        """
        given = ((setting, environment.get(setting.variable)) for setting in settings_table())
        # Each kind gives what the annotation of its field says; a test compares them.
        values: dict[str, Any] = {setting.name: _read(setting, value) for setting, value in given if value}
        return cls(**values)


def settings_table() -> Iterator[Setting]:
    """Yield every setting of the service."""
    for one in fields(Settings):
        yield Setting(one.name, one.metadata["kind"], one.metadata["help"], one.default)


def _read(setting: Setting, given: str) -> object:
    kind = setting.kind
    value = kind.parse(given)
    if value is None:
        # Errors end up in logs: without what is secret.
        what = "is of no use" if kind.secret else f"is {given[:_SHOWN_CHARACTERS]!r}"
        raise SettingsError(f"{setting.variable} {what}, {kind.wanted} was wanted; set it to {kind.example}")
    return value
