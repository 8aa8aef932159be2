"""Send requests to a running service: with a key where it wants one, and no faster than it lets us."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2
from pydantic import SecretStr

from embeddings.errors import AnsweringError, QuestionSetError

TIMEOUT_SECONDS = 60.0
# For one answer. Where a rate of 5/hour is used up, nobody wants to sit there.
WAIT_SECONDS = 300
_NO_KEY = 401
_TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Response:
    """Hold an answer; `url` is what was asked for."""

    url: str
    status: int
    content: bytes


@dataclass(frozen=True, slots=True)
class ServiceClient:
    """Ask one service, by several threads at once."""

    client: httpx2.Client
    has_key: bool

    @property
    def place(self) -> str:
        """Return the address of the service, as it may be shown."""
        return without_user(str(self.client.base_url))

    @classmethod
    @contextmanager
    def open(cls, url: str, timeout: float, key: SecretStr | None) -> Iterator["ServiceClient"]:
        """Keep connections open to the service whose page is at the address.

        Raises:
            QuestionSetError: the address is none.
        """
        if not _is_address(url):
            raise QuestionSetError(f"{url!r} is no address of a service; http://127.0.0.1:8000 is one")
        # Redirects are not followed: the key is for this service only.
        headers = {} if key is None else {"Authorization": f"Bearer {key.get_secret_value()}"}
        with httpx2.Client(base_url=f"{url.rstrip('/')}/", timeout=timeout, headers=headers) as client:
            yield cls(client, key is not None)

    def get(self, address: str) -> Response:
        """Return the answer to a GET; see `post`."""
        return self._ask("GET", address, None)

    def post(self, address: str, body: dict[str, object]) -> Response:
        """Return the answer, after waits where the service asks for that.

        Raises:
            AnsweringError: nothing answers, the key is missing or wrong, or the wait would be too long.
        """
        return self._ask("POST", address, body)

    def _ask(self, method: str, address: str, body: dict[str, object] | None) -> Response:
        waited = 0
        while (response := self._sent(method, address, body)).status_code == _TOO_MANY:
            seconds = _seconds_to_wait(response)
            waited += seconds
            if waited > WAIT_SECONDS:
                raise AnsweringError(
                    f"{self.place} takes no more requests for now, and wants a wait of {seconds} s, where "
                    f"one answer is waited for {WAIT_SECONDS} s at most; go on later, or with a key of a higher rate"
                )
            time.sleep(seconds)
        if response.status_code == _NO_KEY:
            raise AnsweringError(f"{self.place} {self._advice()}")
        return Response(without_user(str(response.url)), response.status_code, response.content)

    def _advice(self) -> str:
        if self.has_key:
            return "does not know the key in ZHAIWEN_KEY; set it to one that its operator made with `zhaiwen key`"
        return "wants a key; set ZHAIWEN_KEY to one that its operator made with `zhaiwen key`"

    def _sent(self, method: str, address: str, body: dict[str, object] | None) -> httpx2.Response:
        try:
            return self.client.request(method, address, json=body)
        except httpx2.HTTPError as error:
            raise AnsweringError(
                f"{self.place} does not answer ({error or type(error).__name__}); see that `zhaiwen serve` runs there"
            ) from error


def without_user(url: str) -> str:
    """Return an address without the name and the password in front of its host: results and messages are passed on."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        # Asked for, a port that is no number raises.
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"} and bool(parts.hostname) and not (parts.query or parts.fragment) and has_port
    )


def _seconds_to_wait(response: httpx2.Response) -> int:
    """Return what Retry-After says; a second where it says 0, a date, or nothing."""
    given = response.headers.get("Retry-After", "")
    return max(int(given), 1) if re.fullmatch(r"[0-9]{1,9}", given) else 1
