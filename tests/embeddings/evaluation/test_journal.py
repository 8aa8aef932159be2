"""Keeping the answers of an evaluation that is cut off."""

import gc
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from embeddings.errors import QuestionSetError
from embeddings.evaluation.journal import Journal
from embeddings.evaluation.results import Hit, Response, ShownPassage
from tests.conftest import ROOT

KEY = '{"index": "s1", "questions": "abc"}'
FIRST = Response(
    id="q1",
    sections=("a#一", "“五 年”"),
    quotes=("“要带\n证件”", "p2"),
    hits=(Hit("p1", "a#一", 0.1 + 0.2, 2, holds_answer=True), Hit("p2", "b", -1.5, None, holds_answer=False)),
    shown=(ShownPassage("上门", ("一",), "要带\r\n证件\u2028\x85。"), ShownPassage("", (), "")),
)
SECOND = Response("q2", quotes=None)
THIRD = Response("q3", refused="太长 too long")


def begun(folder: Path, *responses: Response) -> Path:
    """Write a journal that holds some responses."""
    path = folder / "r.json.partial"
    path.unlink(missing_ok=True)
    with Journal.open(path, KEY, resume=False) as journal:
        journal.add(responses)
    return path


def test_known_responses_are_kept_in_order(tmp_path: Path) -> None:
    path = tmp_path / "r.json.partial"
    with Journal.open(path, KEY, resume=False) as journal:
        journal.add([FIRST, SECOND])
        journal.add([])
        journal.add([THIRD])
        assert journal.known == {}
    with Journal.open(path, KEY, resume=True) as journal:
        assert list(journal.known.items()) == [("q1", FIRST), ("q2", SECOND), ("q3", THIRD)]


def test_the_file_is_one_object_a_line_under_the_key(tmp_path: Path) -> None:
    lines = begun(tmp_path, FIRST, SECOND).read_bytes().split(b"\n")
    assert lines[0] == KEY.encode()
    assert lines[1].startswith('{"id":"q1","sections":["a#一","“五 年”"],'.encode())
    assert lines[2] == b'{"id":"q2","sections":[],"quotes":null,"hits":[],"shown":[],"refused":null,"probability":null}'
    assert lines[3:] == [b""]


def test_what_is_added_after_resuming_stands_behind_what_was_there(tmp_path: Path) -> None:
    path = begun(tmp_path, FIRST)
    before = path.read_bytes()
    with Journal.open(path, KEY, resume=True) as journal:
        journal.add([SECOND])
    assert path.read_bytes() == begun(tmp_path, FIRST, SECOND).read_bytes()
    assert path.read_bytes().startswith(before)


WHOLE = b'{"id":"q3","sections":[],"quotes":[],"hits":[],"shown":[],"refused":null,"probability":null}'


@pytest.mark.parametrize(
    "rest",
    [
        WHOLE[:20],
        WHOLE,
        WHOLE[:-1] + b"\n",
        "“".encode()[:2],
        b"\0" * 50,
        b"\n",
        b'{"id":"q3","sections":3}\n',
        WHOLE[:20] + b"\n" + WHOLE + b"\n",
    ],
)
def test_what_was_cut_off_in_the_middle_goes(tmp_path: Path, rest: bytes) -> None:
    path = begun(tmp_path, FIRST, SECOND)
    whole = path.read_bytes()
    path.write_bytes(whole + rest)
    with Journal.open(path, KEY, resume=True) as journal:
        assert journal.known == {"q1": FIRST, "q2": SECOND}
        assert path.read_bytes() == whole
        journal.add([THIRD])
    assert path.read_bytes() == begun(tmp_path, FIRST, SECOND, THIRD).read_bytes()


@pytest.mark.parametrize("kept", range(len(KEY) + 2))
def test_a_file_that_was_cut_off_before_the_first_answer_begins_anew(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "r.json.partial"
    path.write_bytes(f"{KEY}\n".encode()[:kept])
    with Journal.open(path, KEY, resume=True) as journal:
        assert journal.known == {}
        journal.add([FIRST])
    assert path.read_bytes() == begun(tmp_path, FIRST).read_bytes()


@pytest.mark.parametrize("content", [b'{"index": "s2"}\n', f"{KEY} \n".encode(), b"\n", f"\n{KEY}\n".encode(), b"\xff"])
def test_answers_to_something_else_are_not_gone_on_with(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "r.json.partial"
    path.write_bytes(content)
    message = (
        r"r\.json\.partial holds answers to other questions, or of another index or mode; "
        r"leave --resume out to begin anew$"
    )
    with pytest.raises(QuestionSetError, match=message):
        Journal.open(path, KEY, resume=True)
    assert path.read_bytes() == content


def test_without_resume_answers_to_something_else_give_way(tmp_path: Path) -> None:
    path = begun(tmp_path, FIRST, SECOND)
    path.write_bytes(b'{"index": "s2"}\n' + path.read_bytes().partition(b"\n")[2])
    with Journal.open(path, KEY, resume=False) as journal:
        assert journal.known == {}
        assert path.read_text(encoding="utf-8") == f"{KEY}\n"
        journal.add([THIRD])
    with Journal.open(path, KEY, resume=True) as journal:
        assert journal.known == {"q3": THIRD}


def test_without_resume_answers_to_the_same_are_not_lost(tmp_path: Path) -> None:
    path = begun(tmp_path, FIRST, SECOND)
    kept = path.read_bytes()
    with pytest.raises(QuestionSetError, match=r"partial holds 2 answers of a run that was cut off; --resume goes on"):
        Journal.open(path, KEY, resume=False)
    assert path.read_bytes() == kept
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_two_runs_do_not_write_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "r.json.partial"
    with Journal.open(path, KEY, resume=False) as journal:
        with pytest.raises(
            QuestionSetError, match=r"^another evaluation is writing to .*partial; wait for it, or name"
        ):
            Journal.open(path, KEY, resume=True)
        journal.add([FIRST])
    with Journal.open(path, KEY, resume=True) as journal:
        assert journal.known == {"q1": FIRST}


def test_there_need_be_nothing_to_resume(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "r.json.partial", KEY, resume=True) as journal:
        assert journal.known == {}
    assert (tmp_path / "r.json.partial").read_text(encoding="utf-8") == f"{KEY}\n"


@pytest.mark.parametrize("is_open", [True, False])
def test_the_file_is_removed(tmp_path: Path, is_open: bool) -> None:
    with Journal.open(tmp_path / "r.json.partial", KEY, resume=False) as journal:
        journal.add([FIRST])
        if is_open:
            journal.remove()
    if not is_open:
        journal.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_removed_is_closed(tmp_path: Path) -> None:
    # A warning about a file left open would fail this test.
    Journal.open(tmp_path / "r.json.partial", KEY, resume=False).remove()
    gc.collect()


@pytest.mark.parametrize("resume", [True, False])
def test_places_that_cannot_be_written(tmp_path: Path, resume: bool) -> None:
    with pytest.raises(
        QuestionSetError, match=r"partial cannot be written \(No such file or directory\); name another"
    ):
        Journal.open(tmp_path / "missing" / "partial", KEY, resume)
    with pytest.raises(QuestionSetError, match=r"cannot be written \(Is a directory\); name another file$"):
        Journal.open(tmp_path, KEY, resume)
    # A device that opens, but takes no journal, must not stay open: a warning would fail this test.
    with pytest.raises(QuestionSetError, match=r"^/dev/full cannot be written \("):
        Journal.open(Path("/dev/full"), KEY, resume=False)


def in_a_process(path: Path, body: str) -> "subprocess.Popen[str]":
    """Run lines in a process of its own that has a journal open, and adds two responses first."""
    lines = (
        "import os, resource, time",
        "from pathlib import Path",
        "from embeddings.evaluation.journal import Journal",
        "from embeddings.evaluation.results import Response",
        f"journal = Journal.open(Path({str(path)!r}), {KEY!r}, resume=False)",
        "journal.add([Response('q1', ('上门',)), Response('q2')])",
        body,
    )
    return subprocess.Popen(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_what_was_added_outlives_a_process_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "r.json.partial"
    with in_a_process(path, "print('added', flush=True)\ntime.sleep(300)") as process:
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        assert process.stdout is not None
        assert process.stdout.readline() == "added\n"
        process.send_signal(signal.SIGKILL)
        process.communicate()
        watchdog.cancel()
    assert process.returncode == -signal.SIGKILL
    with Journal.open(path, KEY, resume=True) as journal:
        assert journal.known == {"q1": Response("q1", ("上门",)), "q2": Response("q2")}


def test_the_key_outlives_a_process_that_answers_nothing(tmp_path: Path) -> None:
    path = tmp_path / "r.json.partial"
    opened = f"journal.remove()\nother = Journal.open(Path({str(path)!r}), {KEY!r}, resume=False)\nos._exit(7)"
    with in_a_process(path, opened) as process:
        process.communicate(timeout=60)
    assert process.returncode == 7
    assert path.read_text(encoding="utf-8") == f"{KEY}\n"


def test_a_full_disk_ends_with_a_sentence_and_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "r.json.partial"
    body = """
from embeddings.errors import QuestionSetError
resource.setrlimit(resource.RLIMIT_FSIZE, (400, 400))
try:
    with journal:
        journal.add([Response('q3', ('a' * 1000,))])
except QuestionSetError as error:
    print(error)
"""
    with in_a_process(path, body) as process:
        said, complaint = process.communicate(timeout=60)
    assert (said, complaint) == (
        f"{path} cannot be written (File too large); make room, and --resume goes on with it\n",
        "",
    )
    with Journal.open(path, KEY, resume=True) as journal:
        assert list(journal.known) == ["q1", "q2"]


def test_what_is_added_reaches_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    path = tmp_path / "r.json.partial"
    with Journal.open(path, KEY, resume=False) as journal:
        monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.fstat(handle).st_size))
        journal.add([FIRST])
        # Flushed before it was synced: else the disk would get less than what was added.
        assert synced == [path.stat().st_size]
