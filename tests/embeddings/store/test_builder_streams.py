"""A build holds one article, and some passages, at a time."""

import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from corpus.reading import ArticleList
from corpus.records import Article, FileHash, Markup, Problem
from embeddings.encoders.model_folder import ModelFolder
from embeddings.late_interaction.token_store import TokenStore
from embeddings.store.builder import build
from embeddings.store.layout import IndexLayout
from embeddings.store.loading import open_searcher
from embeddings.store.request import BuildRequest
from tests.conftest import SilentReporter, article


def test_texts_are_let_go_one_after_the_other(tiny_model: ModelFolder, tmp_path: Path) -> None:
    class Tracked(Article):
        """Can be referred to weakly, which an Article cannot."""

    alive: list[weakref.ref[Article]] = []
    most = 0

    class Stream:
        def file_hashes(self) -> Iterator[FileHash]:
            yield FileHash("a.txt", "0" * 64)

        def articles(self) -> Iterator[Article | Problem]:
            nonlocal most
            for number in range(50):
                most = max(most, sum(reference() is not None for reference in alive))
                made = Tracked(f"a{number}", "a.txt", f"第{number}条：上门要带证件。" * 20, Markup.PLAIN)
                alive.append(weakref.ref(made))
                yield made

    summary = build(BuildRequest(Stream(), tiny_model, tmp_path / "index"), SilentReporter())
    assert (summary.articles, len(alive)) == (50, 50)
    # The one just given, and the one before it.
    assert most <= 2


def test_encoding_in_windows_changes_nothing(
    tiny_model: ModelFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    articles = ArticleList(article(f"a{number}", "上门要带证件。" * (number + 1)) for number in range(7))
    build(BuildRequest(articles, tiny_model, tmp_path / "whole"), SilentReporter())
    monkeypatch.setattr("embeddings.store.encoding._WINDOW", 2)
    reporter = SilentReporter()
    build(BuildRequest(articles, tiny_model, tmp_path / "windows"), reporter)
    whole, windows = (open_searcher(tmp_path / name) for name in ("whole", "windows"))
    rows = np.arange(whole.info.passages)
    assert reporter.finished == whole.info.passages
    query = whole.ranker.space.place_question(whole.encoder.encode_queries(["证件"])[0])
    scores = [one.ranker.vectors.scores(query, rows) for one in (whole, windows)]
    assert scores[0] == pytest.approx(scores[1], abs=1e-5)
    assert windows.ranker.space.moments(query) == pytest.approx(whole.ranker.space.moments(query), abs=1e-5)
    asked = whole.encoder.encode_queries_by_token(["证件"])[0]
    stores = [
        TokenStore.open(IndexLayout(tmp_path / name).snapshot(one.info.snapshot).tokens)
        for name, one in (("whole", whole), ("windows", windows))
    ]
    late = [store.late_scores(store.asked(asked), rows) for store in stores]
    # A component of a token is rounded to 1/127.
    assert late[0] == pytest.approx(late[1], abs=0.02)
    assert windows.passages.get(rows) == whole.passages.get(rows)


def test_copies_are_counted(tiny_model: ModelFolder, tmp_path: Path) -> None:
    texts = ("上门要带证件。", "电话一天三次。", "上门要带证件。", "电话一天三次！", "上门要带证件", "征信。")
    articles = ArticleList(article(f"a{number}", text) for number, text in enumerate(texts))
    request = BuildRequest(articles, tiny_model, tmp_path / "index")
    for built in (True, False):
        summary = build(request, SilentReporter())
        assert (summary.built, summary.passages, summary.groups, summary.copies) == (built, 6, 2, 5)
