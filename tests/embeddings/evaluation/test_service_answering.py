"""A service as it is asked by an evaluation: its answers, its refusals, and strangers at its address."""

import json
import signal
import subprocess
import sys
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
from embeddings.evaluation.records import Reply, Returned, Section
from embeddings.evaluation.service_answering import ServiceAnswering
from embeddings.evaluation.systems import PASSAGES, IndexAnswering, unknown_sections
from embeddings.records import Mode
from embeddings.searcher import Searcher
from embeddings.store.builder import build
from embeddings.store.loading import open_searcher
from embeddings.store.request import BuildRequest
from tests.conftest import ROOT, Served, SilentReporter, article

QUESTIONS = ["微粒贷逾期会上门吗", "他们能给我妈打电话吗"]
# Longer than any test waits.
LONG_SECONDS = 100.0
INDEX = {"snapshot": "s1", "encoder": "e", "passages": 1, "settings": "h"}
READY = {"status": "ready", "index": INDEX}
ANSWER: dict[str, object] = {"answer_probability": None, "results": [], "index": INDEX}
NAMED = {"id": "a", "title": "题"}
COPY = {"headings": ["h"], "article": NAMED}
RESULT = {"score": 0.5, "text": "文", "passage_id": "p", "headings": ["h"], "article": NAMED, "also_in": [COPY]}
WRONG = r"gave no answer of this version of zhaiwen \(1 fields are missing or wrong\)"


@contextmanager
def stranger(bodies: dict[str, tuple[int, object]], asleep: threading.Event | None = None) -> Iterator[str]:
    """Serve fixed answers by address: what no real service of ours gives; where it has none, 404.

    Args:
        bodies: the status and body of each address.
        asleep: given, it is set at the first question to another address, and those get no answer.
    """
    woken = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if asleep is not None and self.path not in bodies:
                asleep.set()
                woken.wait(LONG_SECONDS)
                return
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
            woken.set()
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


def test_results_name_the_service_without_a_password(served: Served) -> None:
    with ServiceAnswering.connect(served.url.replace("//", "//operator:hidden@"), Mode.DENSE) as service:
        assert service.system.place == served.url


def test_refused_questions_come_back_with_the_reason(served: Served) -> None:
    with ServiceAnswering.connect(served.url, Mode.DENSE) as service:
        (empty, long, good) = service.ask(["？", "上" * 900, "上门"])
    assert isinstance(empty, QuestionError)
    assert str(empty) == "the question is empty; ask one in words, for example 微粒贷逾期会上门吗"
    assert isinstance(long, QuestionError)
    assert "tokens" in str(long)
    assert isinstance(good, Reply)
    assert len(good.returned) == PASSAGES
    assert good.probability is not None


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
        AnsweringError, match=r"http://127\.0\.0\.1:1/ does not answer .*; see that `zhaiwen serve` runs there$"
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
            (200, {**ANSWER, "index": {**INDEX, "settings": "h2"}}),
            "answers with the settings h2 now, no longer with h; evaluate anew, without --resume",
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
        assert service.ask(["上门"]) == [Reply([])]


def test_a_rebuild_of_the_same_is_the_same() -> None:
    rebuilt = {**ANSWER, "index": {**INDEX, "snapshot": "s2"}}
    assert ask_stranger((200, rebuilt)) == [Reply([])]


def ask_stranger(answer: tuple[int, object]) -> list[Reply | QuestionError]:
    with (
        stranger({"/readyz": (200, READY), "/search": answer}) as url,
        ServiceAnswering.connect(url, Mode.DENSE) as service,
    ):
        return service.ask(["上门"])


# Headings and file names hold such characters, and what is read from the index itself may, too.
@pytest.mark.parametrize("name", ["h", "上\t门", "👨\u200d👩\u200d👧", "\ue000", "a\u3000b"])
def test_names_that_an_index_holds(name: str) -> None:
    article_ = {"id": name, "title": "题"}
    copy = {"headings": [name], "article": article_}
    result = {**RESULT, "headings": [name], "article": article_, "also_in": [copy]}
    section = Section(name, (name,))
    returned = Returned("p", section, "题", "文", 0.5, (section,))
    assert ask_stranger((200, {**ANSWER, "results": [result]})) == [Reply([returned])]


@pytest.mark.parametrize("name", ["h\0x", "\0", "", " ", 7, None])
@pytest.mark.parametrize("place", ["passage_id", "headings", "article", "headings of a copy", "article of a copy"])
def test_what_is_no_name(place: str, name: object) -> None:
    wrong: dict[str, dict[str, object]] = {
        "passage_id": {"passage_id": name},
        "headings": {"headings": ["h", name]},
        "article": {"article": {**NAMED, "id": name}},
        "headings of a copy": {"also_in": [{**COPY, "headings": [name]}]},
        "article of a copy": {"also_in": [{**COPY, "article": {**NAMED, "id": name}}]},
    }
    sent = {**ANSWER, "results": [{**RESULT, **wrong[place]}]}
    with pytest.raises(AnsweringError, match=WRONG):
        ask_stranger((200, sent))


@pytest.mark.parametrize(
    "score", ["NaN", "Infinity", "-Infinity", "1e999", "5", "1.01", "-0.1", '"0.5"', "true", "null"]
)
def test_what_is_no_score(score: str) -> None:
    sent = json.dumps({**ANSWER, "results": [{**RESULT, "score": "SCORE"}]}).replace('"SCORE"', score)
    with pytest.raises(AnsweringError, match=WRONG):
        ask_stranger((200, sent))


@pytest.mark.parametrize("score", ["NaN", "Infinity", "-Infinity", "1e999", "5", "1.01", "-0.1", '"0.5"', "true"])
def test_what_is_no_probability(score: str) -> None:
    sent = json.dumps({**ANSWER, "answer_probability": "SCORE"}).replace('"SCORE"', score)
    with pytest.raises(AnsweringError, match=WRONG):
        ask_stranger((200, sent))


def test_an_older_service_that_says_nothing_of_a_probability() -> None:
    with pytest.raises(AnsweringError, match=WRONG):
        ask_stranger((200, {name: value for name, value in ANSWER.items() if name != "answer_probability"}))


@pytest.mark.parametrize("score", [0, 0.5, 1])
def test_what_is_a_score(score: float) -> None:
    (reply,) = ask_stranger((200, {**ANSWER, "answer_probability": score, "results": [{**RESULT, "score": score}]}))
    assert isinstance(reply, Reply)
    assert [one.score for one in reply.returned] == [score]
    assert reply.probability == score


@pytest.mark.parametrize("name", ["h\0x", ""])
def test_sections_that_have_no_name(name: str) -> None:
    with (
        stranger({"/readyz": (200, READY), "/articles/a": (200, {"sections": [["h"], ["h", name]]})}) as url,
        ServiceAnswering.connect(url, Mode.DENSE) as service,
        pytest.raises(AnsweringError, match=WRONG),
    ):
        service.sections(["a"])


def test_an_articles_id_is_one_part_of_the_address() -> None:
    bodies: dict[str, tuple[int, object]] = {
        "/readyz": (200, READY),
        "/articles/a%2F..%2Fb%3Fc%23%25": (200, {"sections": [["h"]]}),
        "/articles/b": (200, {"sections": [["other"]]}),
    }
    with stranger(bodies) as url, ServiceAnswering.connect(url, Mode.DENSE) as service:
        assert service.sections(["a/../b?c#%", "gone"]) == {"a/../b?c#%": {("h",)}}


def test_a_service_that_hangs() -> None:
    with (
        stranger({"/readyz": (200, READY)}, asleep=threading.Event()) as url,
        ServiceAnswering.connect(url, Mode.DENSE, timeout=0.2) as service,
    ):
        for ask in (lambda: service.ask(QUESTIONS), lambda: service.sections(["a"])):
            with pytest.raises(AnsweringError, match=r"does not answer \(timed out\)"):
                ask()


@pytest.mark.parametrize("asks", ["service.ask(['上门'] * 20)", "service.sections([f'a{n}' for n in range(20)])"])
def test_an_interrupt_waits_for_no_answer(asks: str) -> None:
    asleep = threading.Event()
    with stranger({"/readyz": (200, READY)}, asleep) as url:
        # A test run in the background ignores the signal, and so would its children.
        program = (
            "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
            "from embeddings.evaluation.service_answering import ServiceAnswering\n"
            "from embeddings.records import Mode\n"
            f"with ServiceAnswering.connect({url!r}, Mode.DENSE) as service: {asks}"
        )
        with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
            try:
                assert asleep.wait(LONG_SECONDS)
                process.send_signal(signal.SIGINT)
                _, errors = process.communicate(timeout=10)
            finally:
                process.kill()
    assert process.returncode == -signal.SIGINT
    assert errors.endswith("KeyboardInterrupt\n")
