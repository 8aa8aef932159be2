"""Read the service's settings from the environment, once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

MAX_PORT = 65_535
_PROBABILITY = re.compile(r"[0-9](\.[0-9]{1,9})?")


class ServiceError(Exception):
    """Report what was given, what was wanted, and what to do; base of this layer's errors."""


class SettingsError(ServiceError):
    """Report a setting that cannot be used."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Hold where the service listens, and how it answers; see the table of settings in the README.

    `answerable_from` is the probability from which a question counts as answerable, None for the
    one that the index was calibrated to.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    answerable_from: float | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read ZHAIWEN_HOST, ZHAIWEN_PORT and ZHAIWEN_ANSWERABLE_FROM.

        Raises:
            SettingsError: the port is no number from 0 to 65535, or the probability none from 0 to 1.
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
        )


def _probability(text: str | None) -> float | None:
    if text is None:
        return None
    if not _PROBABILITY.fullmatch(text) or float(text) > 1:
        raise SettingsError(
            f"ZHAIWEN_ANSWERABLE_FROM is {text[:20]!r}, a probability from 0 to 1 was wanted; set it to 0.5 or to none"
        )
    return float(text)
