"""Originals over real HTTP, and what a result says of them."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest

from corpus.reading import ArticleList
from corpus.records import About, Article, Markup
from embeddings.encoders.model_folder import ModelFolder
from embeddings.store.builder import build
from embeddings.store.request import BuildRequest
from tests.conftest import ROOT, SilentReporter, article, serve_process

IDS = (
    "plain",
    "folder/file.md",
    "催收/上门 拜访.txt",
    "100%",
    "%2F",
    "a/../b",
    "../../etc/passwd",
    "a//b/",
    "/begins.md",
    "what?#;&=+",
    'it\'s "quoted"',
    "a\\b\tc",
    "'; DROP TABLE article; --",
    "长" * 200,
)
COPY = "催收人员上门应当出示工作证和委托书，拿不出来可以不开门，也可以报警。"
WRITTEN = f"---\nauthor: 张三\n---\n## 上门\n\n{COPY}\n"


@pytest.fixture(scope="module")
def odd(tiny_model: ModelFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """Serve articles whose ids are hard to put into an address, and two that are copies."""
    index = tmp_path_factory.mktemp("odd") / "index"
    articles = [article(id_, f"第{number}篇说的是征信。") for number, id_ in enumerate(IDS)]
    written = Article(
        id="written",
        path="w.md",
        original=WRITTEN,
        markup=Markup.MARKDOWN,
        body_start=WRITTEN.index("##"),
        about=About(author="张三"),
        file_hash="ab" * 32,
    )
    copied = article("copied", f"## 证件\n\n{COPY}\n", markup=Markup.MARKDOWN)
    build(BuildRequest(ArticleList([*articles, written, copied]), tiny_model, index), SilentReporter())
    with serve_process(index) as running, httpx2.Client(base_url=running.url, timeout=30) as opened:
        yield opened


@pytest.mark.parametrize("id_", IDS)
def test_an_article_is_found_whatever_its_id_holds(odd: httpx2.Client, id_: str) -> None:
    response = odd.get(f"/articles/{quote(id_, safe='')}")
    assert response.status_code == 200, response.text
    answer = response.json()
    assert answer["article"]["id"] == id_
    assert answer["original"] == f"第{IDS.index(id_)}篇说的是征信。"
    assert answer["file_hash"] is None


@pytest.mark.parametrize("id_", ["folder/file.md", "催收/上门 拜访.txt"])
def test_slashes_need_no_encoding(odd: httpx2.Client, id_: str) -> None:
    assert odd.get(f"/articles/{quote(id_)}").json()["article"]["id"] == id_


@pytest.mark.parametrize("id_", ["", "nothing", "Plain", "folder", "folder/", "%", "100", "%25", "\x00", "\ufffd"])
def test_an_unknown_article(odd: httpx2.Client, id_: str) -> None:
    response = odd.get(f"/articles/{quote(id_, safe='')}")
    assert response.status_code == 404
    assert response.json() == {
        "error": {
            "code": "unknown_article",
            "message": f"there is no article {id_!r} in this index",
            "hint": "take the id of an article from the results of a search",
        }
    }
    assert response.headers["cache-control"] == "no-store"


def test_bytes_that_are_not_utf8_and_a_long_id(odd: httpx2.Client) -> None:
    assert odd.get("/articles/%ff").status_code == 404
    message = odd.get(f"/articles/{'x' * 5_000}").json()["error"]["message"]
    assert message == f"there is no article '{'x' * 100}…' in this index"


def test_the_whole_answer(odd: httpx2.Client) -> None:
    assert odd.get("/articles/written").json() == {
        "article": {
            "id": "written",
            "title": "w.md",
            "path": "w.md",
            "source": None,
            "author": "张三",
            "url": None,
            "published": None,
            "tags": [],
        },
        "original": WRITTEN,
        "file_hash": "ab" * 32,
        "sections": [["上门"]],
        "passages": [
            {
                "passage_id": odd.post("/search", json={"query": COPY, "filters": {"article": ["written"]}}).json()[
                    "results"
                ][0]["passage_id"],
                "start": WRITTEN.index(COPY),
                "end": WRITTEN.index(COPY) + len(COPY),
                "headings": ["上门"],
            }
        ],
    }


def test_an_articles_sections_are_those_of_its_passages(client: httpx2.Client) -> None:
    answer = client.get("/articles/home-visits").json()
    headings = re.findall(r"^## (.+)$", answer["original"], re.MULTILINE)
    assert answer["sections"] == [[heading] for heading in headings]


def test_a_result_lies_in_the_original_that_it_names(client: httpx2.Client) -> None:
    for result in client.get("/search", params={"q": "上门要看哪些证件", "k": 10}).json()["results"]:
        answer = client.get(f"/articles/{result['article']['id']}").json()
        assert answer["article"] == result["article"]
        path = ROOT / "corpus" / "articles" / result["article"]["path"]
        assert answer["file_hash"] == hashlib.sha256(path.read_bytes()).hexdigest()
        source = answer["original"][result["start"] : result["end"]]
        for edit in reversed(result["edits"]):
            assert edit["rule"]
            start, end = edit["start"] - result["start"], edit["end"] - result["start"]
            source = source[:start] + edit["replacement"] + source[end:]
        assert source == result["text"]


def test_copies_are_one_result_that_names_where_else_it_stands(odd: httpx2.Client) -> None:
    results = odd.post("/search", json={"query": "上门要出示委托书吗", "k": 5}).json()["results"]
    (result,) = [one for one in results if one["text"] == COPY]
    (copy,) = result["also_in"]
    assert set(copy) == {"passage_id", "start", "end", "headings", "article"}
    headings = {one["article"]["id"]: one["headings"] for one in (result, copy)}
    assert headings == {"written": ["上门"], "copied": ["证件"]}
    original = odd.get(f"/articles/{copy['article']['id']}").json()["original"]
    assert original[copy["start"] : copy["end"]] == COPY
    assert copy["article"] == odd.get(f"/articles/{copy['article']['id']}").json()["article"]
    assert all(
        one["also_in"] == [] for one in results if one["text"].endswith("篇说的是征信。") and "第0篇" in one["text"]
    )


def test_a_repaired_passage_names_its_edits(tiny_model: ModelFolder, tmp_path: Path) -> None:
    text = "催收人员上门应当\u200b出示工作证和委托书。"
    build(BuildRequest(ArticleList([article("dirty", text)]), tiny_model, tmp_path / "index"), SilentReporter())
    with serve_process(tmp_path / "index") as running:
        (result,) = httpx2.get(f"{running.url}/search", params={"q": "委托书"}).json()["results"]
    assert result["text"] == text.replace("\u200b", "")
    (edit,) = result["edits"]
    assert (edit["start"], edit["end"], edit["replacement"]) == (8, 9, "")
    assert set(edit) == {"start", "end", "replacement", "rule"}
    assert result["end"] - result["start"] == len(result["text"]) + 1
