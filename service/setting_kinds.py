"""Define the kinds of values that settings have: what is wanted, an example, and how it is read."""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from service.records import Rate

# What a header can carry unchanged; a token that was read from a file with its line end is none, nor one to guess.
_TOKEN = re.compile(r"[!-~]{16,}")
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_ROOT_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")
_YES, _NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Kind:
    """Say how values of one kind are read.

    `parse` returns the value, or None where the text is none of the kind. A secret one is never
    shown, and takes no option: what a command line holds, every user of the machine can read.
    """

    wanted: str
    example: str
    parse: Callable[[str], object | None]
    secret: bool = False


def text(wanted: str, example: str) -> Kind:
    """Return the kind of any text."""
    return Kind(wanted, example, lambda given: given)


def whole_number(least: int, most: int, example: int) -> Kind:
    """Return the kind of whole numbers within bounds."""

    def parse(given: str) -> int | None:
        number = int(given) if re.fullmatch(r"[0-9]{1,12}", given) else None
        return number if number is not None and least <= number <= most else None

    return Kind(f"a whole number from {least} to {most}", str(example), parse)


def seconds(most: int, example: str) -> Kind:
    """Return the kind of seconds up to a bound."""
    return Kind(f"a number of seconds from 0 to {most}", example, lambda given: _up_to(most, given))


def one_of(*choices: str) -> Kind:
    """Return the kind of a choice."""
    return Kind(" or ".join(choices), choices[0], lambda given: given if given in choices else None)


def _up_to(most: float, given: str) -> float | None:
    number = float(given) if _NUMBER.fullmatch(given) else None
    return number if number is not None and number <= most else None


def _path(given: str) -> Path | None:
    return None if "\0" in given else Path(given)


def _networks(given: str) -> tuple[str, ...] | None:
    try:
        # Without the bits behind the mask, as 10.1.2.3/8 has them, it is clear what is meant.
        return tuple(str(ipaddress.ip_network(one.strip())) for one in given.split(","))
    except ValueError:
        return None


def _origins(given: str) -> tuple[str, ...] | None:
    origins = tuple(one.strip() for one in given.split(","))
    return origins if all(_is_origin(origin) for origin in origins) else None


def _is_origin(given: str) -> bool:
    """Tell: https://example.org and http://localhost:3000 are, https://example.org/ and * are not."""
    try:
        parts = urlsplit(given)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and given == f"{parts.scheme}://{parts.netloc}"


PROBABILITY = Kind("a probability from 0 to 1", "0.5", lambda given: _up_to(1, given))
FILE = Kind("the path of a file", "/etc/zhaiwen/keys", _path)
YES_OR_NO = Kind("yes or no", _NO, {_YES: True, _NO: False}.get)
TOKEN = Kind(
    "a token of at least 16 printable ASCII characters without white space",
    "what `openssl rand -hex 16` prints",
    lambda given: given if _TOKEN.fullmatch(given) else None,
    secret=True,
)
ROOT_PATH = Kind(
    "a path that begins with a slash and ends without one",
    "/zhaiwen",
    lambda given: given if _ROOT_PATH.fullmatch(given) else None,
)
NETWORKS = Kind("a list of addresses or networks with commas between them", "127.0.0.1", _networks)
ORIGINS = Kind(
    "a list of origins, such as https://example.org, with commas between them", "https://example.org", _origins
)
RATE = Kind("a number of requests a second, minute, hour or day", "60/minute", Rate.parse)
