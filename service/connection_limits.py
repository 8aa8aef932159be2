"""Close connections that only hold a place: there are few, and who keeps them all keeps everybody out."""

import asyncio
from typing import cast

import h11

from service.errors import TooManyConnectionsError, UnreadableRequestError, told
from service.http_protocol import TypedAddressProtocol
from service.security_headers import add_missing
from service.settings import ServiceError

try:
    import resource
except ModuleNotFoundError:  # Windows has no such limits
    resource = None  # type: ignore[assignment]

# From the connection, or from the first byte after an answer, to the end of a request's headers: they are sent in one
# piece. The rest of a body that was answered unread has as long.
REQUEST_SECONDS = 10.0
# Whoever takes nothing of an answer for so long, while more than 64 kB of it wait, does not want it.
ANSWER_SECONDS = 30.0
_MOST_CONNECTIONS = 4_096
_MOST_AT_ONCE = 128
# Where a process may say nothing of it.
_FILES = 1_024
# One in so many of the files that this process may open is a connection; the others are for the index, for the next
# one beside it, and for those who are refused: asyncio accepts all who wait, a few times, before it asks here.
_CONNECTION_SHARE = 2
_AT_ONCE_SHARE = 16


class BoundedConnection(TypedAddressProtocol):
    """Answer on a connection as uvicorn does, but on no more than a number of them, and never without end.

    uvicorn waits for a request as long as the connection lasts. Once its process can open no more files, it accepts
    nobody, and asyncio tells so in the log some thousand times a second.
    """

    _request_due: asyncio.TimerHandle | None = None
    _answer_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; refuse where there are too many."""
        super().connection_made(cast(asyncio.Transport, transport))
        most = most_connections()
        if len(self.connections) > most:
            self._refuse(TooManyConnectionsError(f"{most} connections are open, and no more are accepted"))
        else:
            self._wait_for_request()

    def data_received(self, data: bytes) -> None:
        """Take bytes from the network."""
        super().data_received(data)
        self._wait_for_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        for due in (self._request_due, self._answer_due):
            if due is not None:
                due.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Wait until what is written is taken."""
        super().pause_writing()
        self._wait_for_reader()

    def resume_writing(self) -> None:
        """Go on writing."""
        if self._answer_due is not None:
            self._answer_due.cancel()
            self._answer_due = None
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Tell what was sent that it is no request; uvicorn's own answer has another form than all others."""
        del msg
        self._refuse(UnreadableRequestError("what was sent is no HTTP request"))

    def _wait_for_request(self) -> None:
        """Set a time where it is the client's turn, unless one is set already; unset it where it is ours."""
        is_ours = self.cycle is not None and not self.cycle.response_complete
        if is_ours and self._request_due is not None:
            self._request_due.cancel()
            self._request_due = None
        elif not is_ours and self._request_due is None:
            self._request_due = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)

    def _wait_for_reader(self) -> None:
        """Look again after a while whether something was taken: a long answer over a slow line takes its time."""
        self._answer_due = self.loop.call_later(
            ANSWER_SECONDS, self._look_at_reader, self.transport.get_write_buffer_size()
        )

    def _look_at_reader(self, left: int) -> None:
        if self.transport.get_write_buffer_size() < left:
            self._wait_for_reader()
        else:
            self.transport.abort()

    def _refuse(self, error: ServiceError) -> None:
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.abort()  # an answer is on its way, or was there before
            return
        response = told(error)
        headers = [*response.raw_headers, (b"connection", b"close")]
        add_missing(headers)
        events = (
            h11.Response(status_code=response.status_code, headers=headers),
            h11.Data(data=cast(bytes, response.body)),
            h11.EndOfMessage(),
        )
        self.transport.write(b"".join(self.conn.send(event) or b"" for event in events))
        self.transport.close()


def most_connections() -> int:
    """Return how many connections may be open at once."""
    return min(_MOST_CONNECTIONS, _files() // _CONNECTION_SHARE)


def most_waiting() -> int:
    """Return how many connections may wait to be accepted, and are accepted at once."""
    return min(_MOST_AT_ONCE, _files() // _AT_ONCE_SHARE)


def _files() -> int:
    if resource is None:
        return _FILES
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST_CONNECTIONS * _CONNECTION_SHARE if files == resource.RLIM_INFINITY else files
