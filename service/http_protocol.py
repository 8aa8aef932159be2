"""Accept addresses as people type them: with Chinese characters that nobody has percent-encoded."""

import re

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

_NOT_ASCII = re.compile(rb"[\x80-\xff]")


class TypedAddressProtocol(H11Protocol):
    """Percent-encode the bytes of a request line that are not ASCII, then do as uvicorn does.

    `curl 'http://…/search?q=上门'` sends the characters as they stand. RFC 9112 lets a server
    refuse that, and uvicorn's parsers do; the wish is clear, and a refusal helps nobody. A request
    sent before the answer to the one before it (pipelining) is not encoded, and is refused.
    """

    def data_received(self, data: bytes) -> None:
        """Take bytes from the network."""
        waiting, _ = self.conn.trailing_data
        if self.conn.their_state is h11.IDLE and b"\n" not in waiting:
            line, newline, rest = data.partition(b"\n")
            data = percent_encoded(line) + newline + rest
        super().data_received(data)


def percent_encoded(line: bytes) -> bytes:
    """Return the line with each byte from 0x80 up as %XX.

    The three bytes of 门 become `%E9%97%A8`; what is encoded already stays as it is.
    """
    return _NOT_ASCII.sub(lambda match: b"%%%02X" % match[0][0], line)
