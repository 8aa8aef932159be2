"""Hold the headers that keep answers private, and pages what they are."""

# A question about a debt must not linger in a cache, nor in the address of the page before.
PRIVATE_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # Older browsers know this one, newer ones frame-ancestors.
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_CLOSED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# The page runs its own script and style only, and talks to this service only. Without its script the form would
# send the question as part of an address: it may not.
PAGE_POLICY = f"{_CLOSED}; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:"
# A service worker has a policy of its own; ours fetches the page's files, and nothing else.
WORKER_POLICY = f"{_CLOSED}; connect-src 'self'"
# The documentation has a script in its page, and styles that its script writes.
DOCS_POLICY = (
    f"{_CLOSED}; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self'; img-src 'self' data:"
)
_POLICY_NAME = b"content-security-policy"
_ENCODED = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in PRIVATE_HEADERS.items()]

_Headers = list[tuple[bytes, bytes]]


def add_missing(headers: _Headers, policy: bytes | None = None) -> None:
    """Add to the headers of an answer what they lack of these; `policy` is None for what needs nothing."""
    present = {name.lower() for name, _ in headers}
    headers.extend(header for header in _ENCODED if header[0] not in present)
    if _POLICY_NAME not in present:
        headers.append((_POLICY_NAME, policy or _CLOSED.encode("ascii")))
