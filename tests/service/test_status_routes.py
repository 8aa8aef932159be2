"""What an operator is told of the index, over real HTTP."""

from dataclasses import replace
from datetime import UTC, datetime

import httpx2
from starlette.testclient import TestClient

from embeddings.records import BuildReport, Precision
from embeddings.searcher import Searcher
from service.app import create_app
from service.index_holder import IndexHolder
from service.settings import Settings

REPORT = BuildReport(
    precision=Precision.FP32,
    dimension=3,
    duplicate_groups=1,
    duplicate_passages=2,
    left_out=1,
    measured={"nDCG@10": 0.5},
    refusals=("nDCG@10 is lower",),
    forced="the questions are of last year",
)


def test_the_shipped_index_is_described(client: httpx2.Client) -> None:
    found = client.get("/index").json()
    searched = client.post("/search", json={"query": "上门"}).json()["index"]
    assert {name: found[name] for name in searched} == searched
    assert found["articles"] == 48
    assert datetime.fromisoformat(found["created"]) <= datetime.fromisoformat(found["loaded"]) <= datetime.now(UTC)
    build = found["build"]
    assert (build["precision"], build["dimension"], build["left_out"]) == ("int8", 384, 0)
    assert (build["refusals"], build["forced"]) == ([], "")


def test_what_the_gate_had_against_it_is_told(searcher: Searcher) -> None:
    forced = replace(searcher, info=replace(searcher.info, build=REPORT))
    build = TestClient(create_app(Settings(), IndexHolder(forced))).get("/index").json()["build"]
    assert build == {
        "precision": "fp32",
        "dimension": 3,
        "duplicate_groups": 1,
        "duplicate_passages": 2,
        "left_out": 1,
        "measured": {"nDCG@10": 0.5},
        "refusals": ["nDCG@10 is lower"],
        "forced": "the questions are of last year",
    }


def test_without_an_index_there_is_nothing_to_tell() -> None:
    opened = TestClient(create_app(Settings(), IndexHolder()))
    response = opened.get("/index")
    assert (response.status_code, response.json()["error"]["code"]) == (503, "not_ready")
    page = opened.get("/status")
    assert page.status_code == 200
    assert "unsafe-inline" not in page.headers["content-security-policy"]
