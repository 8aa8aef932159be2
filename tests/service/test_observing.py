"""What is put around every answer: its name, its headers, and the line that tells of it."""

import io
import json
import logging
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from embeddings.searcher import Searcher
from service.app import create_app
from service.index_holder import IndexHolder
from service.key_ring import KeyRing
from service.keys import Keys, make_key
from service.logs import JsonFormatter, TextFormatter, log_to_stderr
from service.security_headers import PRIVATE_HEADERS
from service.settings import Settings

KEY, HOLDER = make_key("web")
SECRET = "秘密的问题"  # noqa: S105


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Gather what the service logs as JSON."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    log = logging.getLogger("zhaiwen")
    before = log.level
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    yield stream
    log.removeHandler(handler)
    log.setLevel(before)


def client(settings: Settings | None = None, keys: Keys | None = None) -> TestClient:
    app = create_app(settings or Settings(log_requests=True), IndexHolder(), keys=KeyRing(keys))
    return TestClient(app, raise_server_exceptions=False, client=("192.0.2.7", 5000))


def test_every_answer_has_the_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = client(Settings(max_body_bytes=1024))
    fail = client()
    monkeypatch.setattr(IndexHolder, "state", lambda _: 1 / 0)
    answers = {
        200: opened.get("/healthz"),
        404: opened.get("/nothing"),
        405: opened.put("/search"),
        413: opened.post("/search", content=b"x" * 2000),
        414: opened.get("/search?q=" + "x" * 20_000),
        422: opened.post("/search", content=b"{"),
        500: fail.get("/metrics"),
        503: opened.get("/search?q=上门"),
    }
    for status, response in answers.items():
        assert response.status_code == status
        for name, value in PRIVATE_HEADERS.items():
            assert response.headers.get_list(name) == [value]
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        assert len(response.headers["x-request-id"]) == 16
    for page in ("/", "/docs"):
        assert "script-src 'self'" in opened.get(page).headers["content-security-policy"]
    assert answers[500].json()["error"]["code"] == "internal"


def test_files_of_the_page_are_kept_and_asked_for_anew() -> None:
    opened = client()
    first = opened.get("/web/app.js")
    assert (first.status_code, first.headers.get_list("cache-control")) == (200, ["no-cache"])
    again = opened.get("/web/app.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers.get_list("cache-control")) == (304, b"", ["no-cache"])
    for response in (first, again):
        others = {name: value for name, value in PRIVATE_HEADERS.items() if name != "Cache-Control"}
        assert {name: response.headers.get(name) for name in others} == others
    assert opened.get("/").headers.get_list("cache-control") == ["no-store"]


@pytest.mark.parametrize("given", ["abc", "A-1_2.3", "x" * 64])
def test_a_sane_request_id_is_kept(given: str) -> None:
    assert client().get("/healthz", headers={"X-Request-ID": given}).headers.get_list("x-request-id") == [given]


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "上门".encode(), '{"a":1}'])
def test_another_is_replaced(given: str | bytes) -> None:
    sent = [(b"x-request-id", given.encode() if isinstance(given, str) else given)]
    first, second = (client().get("/healthz", headers=sent).headers["x-request-id"] for _ in "12")
    assert len(first) == len(second) == 16
    assert first != second


def test_a_line_tells_of_each_request_and_of_nobody(lines: io.StringIO) -> None:
    opened = client(keys=Keys((HOLDER,)))
    headers = {"Authorization": f"Bearer {KEY}", "X-Request-ID": "r1", "User-Agent": quote(SECRET)}
    opened.get("/search", params={"q": SECRET}, headers=headers)
    opened.post("/search", json={"query": SECRET}, headers=headers | {"X-Request-ID": "r2"})
    opened.get(f"/articles/{SECRET}", headers={"X-Request-ID": "r3"})
    opened.request("BREW", "/healthz", headers={"X-Request-ID": "r4"})
    text = lines.getvalue()
    told = [json.loads(line) for line in text.splitlines()]
    wanted = [
        {"method": "GET", "route": "/search", "status": 503, "key": "web", "request_id": "r1"},
        {"method": "POST", "route": "/search", "status": 503, "key": "web", "request_id": "r2"},
        {"method": "GET", "route": "none", "status": 401, "request_id": "r3"},
        {"method": "other", "route": "/healthz", "status": 405, "request_id": "r4"},
    ]
    for line, expected in zip(told, wanted, strict=True):
        assert 0 <= line.pop("ms") < 10_000
        assert line.pop("time").endswith("+00:00")
        assert line == expected | {"level": "info", "message": "request"}
    for secret in (SECRET, "%E7", "192.0.2.7", KEY, json.dumps(SECRET)[1:-1]):
        assert secret not in text


def test_by_default_no_line_is_written(lines: io.StringIO) -> None:
    client(Settings()).get("/healthz")
    assert lines.getvalue() == ""


def test_a_failure_is_told_in_one_line_each() -> None:
    record = logging.LogRecord("zhaiwen", logging.INFO, "", 0, "loaded in %d s", (3,), None)
    record.zhaiwen_fields = {"status": 200}
    assert TextFormatter().format(record) == "zhaiwen: loaded in 3 s status=200"
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        failed = logging.LogRecord("zhaiwen", logging.ERROR, "", 0, "it failed", (), (ValueError, error, None))
    line = JsonFormatter().format(failed)
    assert "\n" not in line
    assert json.loads(line)["traceback"].endswith("\nValueError")


def fail(question: str, *, on_disk: bool) -> None:
    """Fail as libraries do: with what they were given in the message."""
    known: dict[str, int] = {}
    try:
        known[question]
    except KeyError as error:
        if on_disk:
            raise OSError(28, "No space left on device", "/var/log/q") from error
        raise ValueError(f"{question!r} is no word") from error


@pytest.mark.parametrize("on_disk", [False, True])
@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
def test_a_failure_is_told_without_what_was_asked(formatter: logging.Formatter, *, on_disk: bool) -> None:
    try:
        fail(SECRET, on_disk=on_disk)
    except (OSError, ValueError) as error:
        failed = logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, "it failed", (), (type(error), error, None))
        line = formatter.format(failed)
    assert SECRET not in line
    assert json.dumps(SECRET)[1:-1] not in line
    # Where it failed, and how, is told: also what it failed of first.
    for told in ("KeyError", "in fail", "test_observing.py", "No space left" if on_disk else "ValueError"):
        assert told in line


def test_the_form_of_the_lines_is_set(capsys: pytest.CaptureFixture[str]) -> None:
    loggers = [logging.getLogger(name) for name in ("zhaiwen", "uvicorn", "asyncio")]
    before = [(log, log.handlers, log.propagate, log.level) for log in loggers]
    try:
        for log_format in ("text", "json"):
            log_to_stderr(Settings(log_format=log_format))
            logging.getLogger("uvicorn.error").error("it broke")
        text, as_json = capsys.readouterr().err.splitlines()
    finally:
        for log, handlers, propagate, level in before:
            log.handlers, log.propagate = handlers, propagate
            log.setLevel(level)
    assert text == "zhaiwen: it broke"
    assert json.loads(as_json)["message"] == "it broke"


def test_pages_of_other_sites_may_ask_only_where_that_is_set(searcher: Searcher) -> None:
    asks = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in client().options("/search", headers=asks).headers
    settings = Settings(cors_origins=("https://a.example",))
    opened = TestClient(create_app(settings, IndexHolder(searcher), keys=KeyRing(Keys((HOLDER,)))))
    # Browsers ask first whether they may, without a key.
    allowed = opened.options("/search", headers=asks | {"Access-Control-Request-Headers": "authorization,content-type"})
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, "https://a.example")
    assert "access-control-allow-credentials" not in allowed.headers
    headers = {"Origin": "https://a.example", "Authorization": f"Bearer {KEY}"}
    answer = opened.post("/search", json={"query": "上门"}, headers=headers)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "https://a.example")
    other = opened.options("/search", headers=asks | {"Origin": "https://b.example"})
    assert "access-control-allow-origin" not in other.headers
    assert "access-control-allow-origin" in opened.post("/search", headers={"Origin": "https://a.example"}).headers


@pytest.mark.parametrize(
    "address",
    [
        "/web/../settings.py",
        "/web/..%2fsettings.py",
        "/web/%2e%2e/settings.py",
        "/web//etc/passwd",
        "/web/%00",
        "/web/.",
    ],
)
def test_no_path_of_a_request_is_opened(address: str) -> None:
    opened = client()
    for folder in ("/web", "/static-offline-docs"):
        assert opened.get(address.replace("/web", folder)).status_code in (404, 405)
