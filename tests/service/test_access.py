"""Who is let in, and how often."""

import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.index_holder import IndexHolder
from service.key_ring import KeyRing
from service.keys import Keys, make_key
from service.records import Rate
from service.settings import Settings

KEY, HOLDER = make_key("web")
SLOW_KEY, SLOW = make_key("slow", Rate(2, 3600))
OPEN = (
    "/",
    "/status",
    "/healthz",
    "/readyz",
    "/docs",
    "/openapi.json",
    "/web/app.js",
    "/worker.js",
    "/static-offline-docs/swagger-ui.css",
)
CLOSED = (
    "/search?q=上门",
    "/articles/a",
    "/index",
    "/metrics",
    "/no-such-address",
    "//web/app.js",
    "/healthz/",
)


def client(*, keys: Keys | None = None, rate: Rate | None = None, peer: str = "192.0.2.1") -> TestClient:
    app = create_app(Settings(address_rate=rate), IndexHolder(), keys=KeyRing(keys))
    return TestClient(app, client=(peer, 5000), follow_redirects=False)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.mark.parametrize("address", CLOSED)
def test_without_a_key_closed_addresses_stay_closed(address: str) -> None:
    opened = client(keys=Keys((HOLDER, SLOW)))
    for headers in ({}, bearer("zw_wrong"), bearer(HOLDER.hash), {"X-API-Key": KEY}):
        response = opened.get(address, headers=headers)
        assert (response.status_code, response.json()["error"]["code"]) == (401, "unauthorized")
        assert response.headers["www-authenticate"] == "Bearer"
    assert opened.get(address, headers=bearer(KEY)).status_code != 401
    assert client().get(address).status_code != 401


@pytest.mark.parametrize("address", OPEN)
def test_open_addresses_need_no_key_and_have_no_rate(address: str) -> None:
    opened = client(keys=Keys((HOLDER,)), rate=Rate(1, 3600))
    assert {opened.get(address).status_code for _ in range(3)} <= {200, 503}


def test_a_body_is_not_read_without_a_key() -> None:
    response = client(keys=Keys((HOLDER,))).post("/search", content=b"x" * 200_000)
    assert response.status_code == 401


def test_a_key_s_rate_is_its_own() -> None:
    opened = client(keys=Keys((HOLDER, SLOW)), rate=Rate(1, 3600))
    statuses = [opened.get("/metrics", headers=bearer(SLOW_KEY)).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    # Neither another key's, nor the address's: behind one address there may be many people.
    assert {opened.get("/metrics", headers=bearer(KEY)).status_code for _ in range(5)} == {200}


def test_an_address_s_rate() -> None:
    opened = client(rate=Rate(2, 60))
    assert [opened.get("/metrics").status_code for _ in range(3)] == [200, 200, 429]
    response = opened.get("/search", params={"q": "上门"})
    assert response.status_code == 429
    assert 1 <= int(response.headers["retry-after"]) <= 30
    assert response.json()["error"] == {
        "code": "rate_limited",
        "message": "this address has sent more than 2/minute",
        "hint": "wait as many seconds as the header Retry-After says",
    }
    assert "192.0.2.1" not in response.text


def test_each_question_of_a_batch_counts() -> None:
    opened = client(rate=Rate(4, 3600))
    batches = [opened.post("/search/batch", json={"queries": ["上门"] * size}) for size in (5, 3, 2, 1)]
    # No index is loaded: what is let through is told so.
    assert [response.status_code for response in batches] == [422, 503, 429, 429]
    assert batches[0].json()["error"] == {
        "code": "invalid_question",
        "message": "5 questions were given, this address may send 4/hour",
        "hint": "send fewer in one request",
    }
    opened = client(rate=Rate(4, 3600))
    batches = [opened.post("/search/batch", json={"queries": ["上门"] * size}) for size in (3, 1, 1)]
    assert [response.status_code for response in batches] == [503, 503, 429]


def test_guessing_keys_is_limited() -> None:
    opened = client(keys=Keys((HOLDER,)), rate=Rate(2, 60))
    statuses = [opened.get("/metrics", headers=bearer(f"zw_{n}")).status_code for n in range(4)]
    assert statuses == [401, 401, 429, 429]
    assert opened.get("/metrics", headers=bearer(KEY)).status_code == 200
