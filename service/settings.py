"""Read the service's settings from the environment, once."""

from collections.abc import Mapping
from dataclasses import dataclass

MAX_PORT = 65_535


class ServiceError(Exception):
    """Report what was given, what was wanted, and what to do; base of this layer's errors."""


class SettingsError(ServiceError):
    """Report a setting that cannot be used."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Hold where the service listens; see the table of settings in the README."""

    host: str = "127.0.0.1"
    port: int = 8000

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read ZHAIWEN_HOST and ZHAIWEN_PORT.

        Raises:
            SettingsError: the port is no number from 0 to 65535.
        """
        port = environment.get("ZHAIWEN_PORT") or str(cls().port)
        if not port.isascii() or not port.isdecimal() or len(port) > len(str(MAX_PORT)) or int(port) > MAX_PORT:
            raise SettingsError(
                f"ZHAIWEN_PORT is {port[:20]!r}, a number from 0 to {MAX_PORT} was wanted; set it to 8000"
            )
        return cls(host=environment.get("ZHAIWEN_HOST") or cls().host, port=int(port))
