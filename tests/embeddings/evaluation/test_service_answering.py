"""A service as it is asked by an evaluation: its answers, its refusals, and strangers at its address."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from corpus.reading import ArticleList
from corpus.records import Markup
from embeddings.encoders.model_folder import ModelFolder
from embeddings.errors import AnsweringError, QuestionError, QuestionSetError
from embeddings.evaluation.records import Section
from embeddings.evaluation.service_answering import ServiceAnswering
from embeddings.evaluation.systems import IndexAnswering, unknown_sections
from embeddings.records import Mode
from embeddings.searcher import Searcher
from embeddings.store.builder import BuildRequest, build
from embeddings.store.loading import open_searcher
from tests.conftest import Served, SilentReporter, article

QUESTIONS = ["微粒贷逾期会上门吗", "他们能给我妈打电话吗"]
READY = {"status": "ready", "index": {"snapshot": "s1", "encoder": "e", "passages": 1, "settings": "h"}}
ANSWER = {"results": [], "index": READY["index"]}


@contextmanager
def stranger(bodies: dict[str, tuple[int, object]]) -> Iterator[str]:
    """Serve fixed answers by address: what no real service of ours gives."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, body = bodies.get(self.path, (404, {}))
            sent = (body if isinstance(body, str) else json.dumps(body)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("mode", Mode)
def test_a_service_answers_as_its_index_does(
    served: Served, searcher: Searcher, shipped_index: Path, mode: Mode
) -> None:
    index = IndexAnswering(searcher, shipped_index, mode, depth=7)
    with ServiceAnswering.connect(f"{served.url}/", mode, depth=7) as service:
        # One by one, as the service encodes them.
        assert service.ask(QUESTIONS) == [index.ask([question])[0] for question in QUESTIONS]
        assert service.system.settings == index.system.settings
        assert service.system.snapshot == index.system.snapshot
        assert (service.system.mode, service.system.depth) == (mode.value, 7)


def test_refused_questions_come_back_with_the_reason(served: Served) -> None:
    with ServiceAnswering.connect(served.url, Mode.DENSE) as service:
        (empty, long, good) = service.ask(["？", "上" * 900, "上门"])
    assert isinstance(empty, QuestionError)
    assert str(empty) == "the question is empty; ask one in words, for example 微粒贷逾期会上门吗"
    assert isinstance(long, QuestionError)
    assert "tokens" in str(long)
    assert isinstance(good, list)


def test_sections_are_known_through_the_service_too(served: Served, searcher: Searcher, shipped_index: Path) -> None:
    named = [
        ("q1", Section("home-visits", ("要看哪些证件？",))),
        ("q1", Section("home-visits", None)),
        ("q2", Section("home-visits", ("没有",))),
        ("q3", Section("../gone", None)),
        ("q4", None),
    ]
    with ServiceAnswering.connect(served.url, Mode.DENSE) as service:
        for answering in (service, IndexAnswering(searcher, shipped_index, Mode.DENSE)):
            assert unknown_sections(answering, named) == ["q2: home-visits#没有", "q3: ../gone"]


def test_a_heading_that_holds_sections_is_known(tiny_model: ModelFolder, tmp_path: Path) -> None:
    index = tmp_path / "index"
    text = "# 题\n\n## 上门\n\n### 证件\n\n上门要带证件。\n"
    build(BuildRequest(ArticleList((article("a", text, markup=Markup.MARKDOWN),)), tiny_model, index), SilentReporter())
    answering = IndexAnswering(open_searcher(index), index, Mode.DENSE)
    (headings,) = answering.sections({"a"})["a"]
    assert headings[-2:] == ("上门", "证件")
    named = [("q1", Section("a", headings[:-1])), ("q1", Section("a", headings[-1:])), ("q1", Section("a", ()))]
    assert unknown_sections(answering, named) == ["q1: a#证件", "q1: a#"]


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8000", "ftp://a", "http://", "http://a:b", "http://a?q=1", "http://a#b", "http://[::1"]
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(QuestionSetError, match="is no address of a service"), ServiceAnswering.connect(url, Mode.DENSE):
        pass


def test_nothing_answers() -> None:
    wanted = pytest.raises(
        AnsweringError, match=r"http://127\.0\.0\.1:1/ does not answer .* is `zhaiwen serve` running"
    )
    with wanted, ServiceAnswering.connect("http://127.0.0.1:1", Mode.DENSE):
        pass


@pytest.mark.parametrize(
    ("ready", "message"),
    [
        ((200, "<html>"), "gave no answer of this version of zhaiwen"),
        ((200, {"status": "ready"}), r"gave no answer of this version of zhaiwen \(1 fields are missing or wrong\)"),
        ((404, {}), "/readyz answered with status 404"),
        ((503, {"error": {}}), "/readyz answered with status 503"),
    ],
)
def test_something_else_answers(ready: tuple[int, object], message: str) -> None:
    with (
        stranger({"/readyz": ready}) as url,
        pytest.raises(AnsweringError, match=message),
        ServiceAnswering.connect(url, Mode.DENSE),
    ):
        pass


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((500, {}), "/search answered with status 500"),
        ((422, {"detail": "?"}), "gave no answer of this version"),
        ((200, {**ANSWER, "results": [{"score": "high"}]}), "gave no answer of this version"),
        (
            (200, {**ANSWER, "index": {"snapshot": "s2", "encoder": "e", "passages": 1, "settings": "h"}}),
            "answers from s2 now, no longer from s1; evaluate anew, without --resume",
        ),
    ],
)
def test_answers_that_cannot_be_used(answer: tuple[int, object], message: str) -> None:
    with (
        stranger({"/readyz": (200, READY), "/search": answer}) as url,
        ServiceAnswering.connect(url, Mode.DENSE) as service,
        pytest.raises(AnsweringError, match=message),
    ):
        service.ask(["上门"])


def test_a_service_below_a_path() -> None:
    with (
        stranger({"/zhaiwen/readyz": (200, READY), "/zhaiwen/search": (200, ANSWER)}) as url,
        ServiceAnswering.connect(f"{url}/zhaiwen", Mode.DENSE) as service,
    ):
        assert service.ask(["上门"]) == [[]]
