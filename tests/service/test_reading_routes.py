"""Reading on from a result, over real HTTP."""

from collections import Counter
from typing import Any

import httpx2
import pytest


def read(client: httpx2.Client, address: str, **parameters: int) -> Any:
    response = client.get(address, params=parameters)
    assert response.status_code == 200, response.text
    return response.json()


def test_articles_are_listed_page_by_page(client: httpx2.Client) -> None:
    whole = read(client, "/articles", limit=1000)
    assert whole["total"] == len(whole["articles"]) == 48
    assert len({article["id"] for article in whole["articles"]}) == 48
    assert len(read(client, "/articles")["articles"]) == 48
    pages = [read(client, "/articles", offset=offset, limit=20)["articles"] for offset in (0, 20, 40, 60)]
    assert [len(page) for page in pages] == [20, 20, 8, 0]
    assert [article for page in pages for article in page] == whole["articles"]


def test_what_filters_can_name_is_counted_over_all_articles(client: httpx2.Client) -> None:
    whole = read(client, "/articles", limit=1)
    articles = read(client, "/articles", limit=1000)["articles"]
    counts = Counter(tag for article in articles for tag in article["tags"])
    assert {tag["name"]: tag["articles"] for tag in whole["tags"]} == counts
    assert [tag["articles"] for tag in whole["tags"]] == sorted(counts.values(), reverse=True)
    assert [source["name"] for source in whole["sources"]] == sorted({article["source"] for article in articles})
    name = whole["tags"][0]["name"]
    body = {"query": "怎么办", "k": 50, "filters": {"tags": [name]}}
    results = client.post("/search", json=body).json()["results"]
    assert results
    assert all(name in result["article"]["tags"] for result in results)


@pytest.mark.parametrize("parameters", ["limit=0", "limit=1001", "offset=-1", "offset=9999999999", "limit=x"])
def test_a_page_that_does_not_exist(client: httpx2.Client, parameters: str) -> None:
    response = client.get(f"/articles?{parameters}")
    assert response.status_code == 422
    assert response.json()["error"]["message"].startswith(parameters.partition("=")[0])


def test_a_passage_leads_to_those_beside_it(client: httpx2.Client) -> None:
    (result,) = client.post("/search", json={"query": "上门要看什么证件", "k": 1}).json()["results"]
    whole = read(client, f"/articles/{result['article']['id']}")
    ids = [place["passage_id"] for place in whole["passages"]]
    assert len(ids) > 2
    for number, id_ in enumerate(ids):
        found = read(client, f"/passages/{id_}")
        assert {name: found["passage"][name] for name in ("passage_id", "start", "end", "headings")} == whole[
            "passages"
        ][number]
        beside = [found[name] and found[name]["passage_id"] for name in ("previous", "next")]
        assert beside == [ids[number - 1] if number else None, ids[number + 1] if number + 1 < len(ids) else None]
    found = read(client, f"/passages/{result['passage_id']}")["passage"]
    assert found == {name: result[name] for name in found}
    assert len(found) == 7


@pytest.mark.parametrize("id_", ["0", "%00", "%25", "x" * 5000])
def test_a_passage_that_is_not_there(client: httpx2.Client, id_: str) -> None:
    response = client.get(f"/passages/{id_}")
    assert response.status_code == 404
    error = response.json()["error"]
    assert error["code"] == "unknown_passage"
    assert error["message"].startswith("there is no passage '")
    assert len(error["message"]) < 160
