"""The application by itself: without an index, with a fault inside, and offline."""

import re

import httpx2
import pytest
from starlette.testclient import TestClient

from embeddings.searcher import Searcher
from service.app import create_app
from service.index_holder import IndexHolder
from service.settings import Settings


def test_without_an_index_it_is_alive_but_not_ready() -> None:
    client = TestClient(create_app(Settings(), IndexHolder()))
    assert client.get("/healthz").status_code == 200
    for response in (
        client.get("/readyz"),
        client.get("/search?q=上门"),
        client.post("/search", json={"query": "上门"}),
        client.get("/articles/a"),
    ):
        assert response.status_code == 503
        assert response.json()["error"]["code"] == "not_ready"
        assert response.headers["retry-after"] == "5"


def test_a_batch_that_could_never_be_accepted_is_not_told_to_come_again() -> None:
    client = TestClient(create_app(Settings(max_questions=4, max_batch=32), IndexHolder()))
    response = client.post("/search/batch", json={"queries": ["上门"] * 5})
    assert response.status_code == 422
    assert response.json()["error"]["message"] == "5 questions were given, at most 4 are taken in one request"
    # No index is loaded: what is let through is told so.
    assert client.post("/search/batch", json={"queries": ["上门"] * 4}).status_code == 503


def test_a_fault_inside_is_not_shown_to_the_client(searcher: Searcher, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret path")

    monkeypatch.setattr(Searcher, "answer", fail)
    response = TestClient(create_app(Settings(), IndexHolder(searcher)), raise_server_exceptions=False).get(
        "/search?q=上门"
    )
    assert response.status_code == 500
    assert response.json()["error"]["code"] == "internal"
    assert "secret" not in response.text
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("page", ["/docs", "/"])
def test_pages_load_nothing_from_elsewhere(client: httpx2.Client, page: str) -> None:
    html = client.get(page).text
    links = re.findall(r"""(?:src|href)=["']([^"']+)["']""", html)
    assert links
    for link in links:
        assert not re.match(r"(?:https?:)?//", link), link
        if not link.startswith("data:"):
            assert client.get(f"/{link.lstrip('/')}").status_code == 200
    assert page == "/" or '"validatorUrl": null' in html


def test_the_page_runs_nothing_but_its_own_script(client: httpx2.Client) -> None:
    response = client.get("/")
    assert "script-src 'self'" in response.headers["content-security-policy"]
    assert "form-action 'none'" in response.headers["content-security-policy"]
    assert "<script>" not in response.text


def test_the_schema_documents_every_status(client: httpx2.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert set(paths) == {
        "/search",
        "/search/batch",
        "/articles",
        "/articles/{article_id}",
        "/passages/{passage_id}",
        "/index",
        "/healthz",
        "/readyz",
        "/admin/reload",
        "/metrics",
    }
    outer = {"401", "408", "413", "414", "429", "431"}
    assert set(paths["/search"]["get"]["responses"]) == {"200", "422", "503"} | outer
    assert set(paths["/search"]["post"]["responses"]) == {"200", "400", "422", "503"} | outer
    assert {"200", "404", "503"} <= set(paths["/articles/{article_id}"]["get"]["responses"])
