"""Give the tests of the page a browser, one for each file, and small services."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from corpus.reading import ArticleList
from embeddings.encoders.model_folder import ModelFolder
from embeddings.store.builder import build
from embeddings.store.request import BuildRequest
from tests.browser import real_browser
from tests.conftest import Served, SilentReporter, article, serve_process

COPY = "催收人员上门应当出示工作证和委托书，拿不出来可以不开门，也可以报警。"


# A file, not the session: while it runs, no other event loop may run in this thread.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with real_browser() as running:
        yield running


@pytest.fixture(scope="session")
def tiny_served(tiny_model: ModelFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve three articles, not calibrated."""
    index = tmp_path_factory.mktemp("page") / "index"
    texts = {"visits": "上门要带证件。", "calls": "催收电话一天不超过三次。", "records": "征信记录保存五年。"}
    articles = [article(id_, text, id_) for id_, text in texts.items()]
    build(BuildRequest(ArticleList(articles), tiny_model, index), SilentReporter())
    with serve_process(index) as running:
        yield running


@pytest.fixture(scope="session")
def copies_served(tiny_model: ModelFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve two articles that say the same."""
    index = tmp_path_factory.mktemp("copies") / "index"
    articles = [article("one", COPY, "甲"), article("two", COPY, "乙")]
    build(BuildRequest(ArticleList(articles), tiny_model, index), SilentReporter())
    with serve_process(index) as running:
        yield running
