"""Read the service's settings from the environment, once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_PORT = 65_535
_PROBABILITY = re.compile(r"[0-9](\.[0-9]{1,9})?")
MAX_RELOAD_SECONDS = 86_400
_SECONDS = re.compile(r"[0-9]{1,5}(\.[0-9]{1,3})?")
# What a header can carry unchanged; a token that was read from a file with its line end is none.
_TOKEN = re.compile(r"[!-~]+")


class ServiceError(Exception):
    """Report what was given, what was wanted, and what to do; base of this layer's errors."""


class SettingsError(ServiceError):
    """Report a setting that cannot be used."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Hold where the service listens, and how it answers; see the table of settings in the README.

    `answerable_from` is the probability from which a question counts as answerable, None for the
    one that the index was calibrated to. `reload_seconds` is how often the service looks whether
    another snapshot has become current, 0 for never. With `admin_token` "" only the machine itself
    may ask for a reload.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    answerable_from: float | None = None
    reload_seconds: float = 1.0
    admin_token: str = field(default="", repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read ZHAIWEN_HOST, ZHAIWEN_PORT and the others.

        Raises:
            SettingsError: a number lies outside of its bounds or is none, or the token cannot be sent in a header.
        """
        port = environment.get("ZHAIWEN_PORT") or str(cls().port)
        if not port.isascii() or not port.isdecimal() or len(port) > len(str(MAX_PORT)) or int(port) > MAX_PORT:
            raise SettingsError(
                f"ZHAIWEN_PORT is {port[:20]!r}, a number from 0 to {MAX_PORT} was wanted; set it to 8000"
            )
        return cls(
            host=environment.get("ZHAIWEN_HOST") or cls().host,
            port=int(port),
            answerable_from=_probability(environment.get("ZHAIWEN_ANSWERABLE_FROM") or None),
            reload_seconds=_seconds(environment.get("ZHAIWEN_RELOAD_SECONDS") or str(cls().reload_seconds)),
            admin_token=_token(environment.get("ZHAIWEN_ADMIN_TOKEN") or ""),
        )


def _probability(text: str | None) -> float | None:
    if text is None:
        return None
    if not _PROBABILITY.fullmatch(text) or float(text) > 1:
        raise SettingsError(
            f"ZHAIWEN_ANSWERABLE_FROM is {text[:20]!r}, a probability from 0 to 1 was wanted; set it to 0.5 or to none"
        )
    return float(text)


def _seconds(text: str) -> float:
    if not _SECONDS.fullmatch(text) or float(text) > MAX_RELOAD_SECONDS:
        raise SettingsError(
            f"ZHAIWEN_RELOAD_SECONDS is {text[:20]!r}, seconds from 0 to {MAX_RELOAD_SECONDS} were wanted; set it to 1"
        )
    return float(text)


def _token(text: str) -> str:
    if text and not _TOKEN.fullmatch(text):
        # Without the token itself: errors end up in logs.
        raise SettingsError(
            "ZHAIWEN_ADMIN_TOKEN holds white space or characters that are not ASCII; "
            "set it to what `openssl rand -hex 16` prints"
        )
    return text
