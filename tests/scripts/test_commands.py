"""The commands as an operator runs them."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from corpus.records import Danger
from scripts.serve import _address, _listen
from service.notices import NOT_ADVICE, URGENT
from service.settings import SettingsError
from tests.conftest import ROOT, serve_process, write_lines, zhaiwen

NO_COPIES = re.escape("(0 of them in 0 groups of near-duplicates)")


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "visits.md").write_text(
        "---\ntitle: 上门催收\n---\n## 证件\n上门要带工作证和委托书。\n", encoding="utf-8"
    )
    (folder / "calls.txt").write_text("催收电话一天不超过三次。", encoding="utf-8")
    return folder


def test_rebuild_then_search(articles: Path, tiny_model_folder: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    rebuild = zhaiwen("rebuild", articles, "--index", index, "--model", tiny_model_folder)
    assert rebuild.returncode == 0, rebuild.stderr
    done = r"2 articles new, 0 changed, 0 removed; 2 passages encoded, 0 taken over, \d+\.\d s\n"
    now = rf"{index} now serves 2 articles, 2 passages {NO_COPIES}, snapshot \S+\n"
    assert re.fullmatch(done + now, rebuild.stdout)
    again = zhaiwen("rebuild", articles, "--index", index, "--model", tiny_model_folder)
    assert "is up to date: 2 articles, 2 passages" in again.stdout
    search = zhaiwen("search", "上门带什么证件", "--index", index, "-k", 1, "--mode", "lexical")
    assert search.returncode == 0, search.stderr
    assert search.stdout.startswith("1. 上门催收 > 证件  [0.")
    assert "visits.md, characters 26-38\n上门要带工作证和委托书。" in search.stdout
    assert search.stderr == f"{NOT_ADVICE}\n"
    urgent = zhaiwen("search", "不想活了，上门带什么证件", "--index", index, "--mode", "lexical")
    assert urgent.stderr == f"{URGENT[Danger.SELF_HARM]}\n{NOT_ADVICE}\n"


def test_the_index_is_named_by_the_environment(articles: Path, tiny_model_folder: Path, tmp_path: Path) -> None:
    settings = {"ZHAIWEN_INDEX": str(tmp_path / "mine"), "ZHAIWEN_MODEL": str(tiny_model_folder)}
    assert zhaiwen("rebuild", articles, environment=settings).returncode == 0
    assert "上门要带工作证" in zhaiwen("search", "证件", environment=settings).stdout


def test_by_default_the_index_lies_in_the_working_folder(
    articles: Path, tiny_model_folder: Path, tmp_path: Path
) -> None:
    assert zhaiwen("rebuild", articles, "--model", tiny_model_folder, cwd=tmp_path).returncode == 0
    assert (tmp_path / "index" / "CURRENT").is_file()


def test_what_is_left_out_is_named_counted_and_told_by_the_exit_code(
    articles: Path, tiny_model_folder: Path, tmp_path: Path
) -> None:
    (articles / "more.jsonl").write_text('{"text": "征信记录保存五年。"}\nnonsense\n{"text": 3}\n', encoding="utf-8")
    options = ("--index", tmp_path / "index", "--model", tiny_model_folder)
    strict = zhaiwen("rebuild", articles, *options, "--strict")
    assert strict.returncode == 2
    assert re.search(
        r"rebuild: 2 were left out \(more\.jsonl:2: it is not JSON .*; "
        r"more\.jsonl:3: it has no text in the field 'text'.*\) "
        r"and --strict was given; nothing was published",
        strict.stderr,
    )
    assert not (tmp_path / "index" / "CURRENT").exists()
    for state in ("now serves", "is up to date:"):
        lenient = zhaiwen("rebuild", articles, *options)
        assert lenient.returncode == 3
        assert re.findall(r"^zhaiwen: left out (\S+): ", lenient.stderr, re.MULTILINE) == [
            "more.jsonl:2",
            "more.jsonl:3",
        ]
        assert (
            f"{state} 3 articles, 3 passages (0 of them in 0 groups of near-duplicates), 2 left out" in lenient.stdout
        )


def test_a_hostile_folder_ends_in_named_errors_and_clean_articles(
    articles: Path, tiny_model_folder: Path, tmp_path: Path
) -> None:
    with (articles / "huge.md").open("wb") as file:
        file.truncate(50_000_000)
    (articles / "line.txt").write_text("催收" * 170_000, encoding="utf-8")
    (articles / "nested.html").write_text("<div>" * 100_000 + "正文", encoding="utf-8")
    (articles / "nul.txt").write_bytes("逾期\x00可以\u202e协商\ufeff。".encode())
    (articles / "half.jsonl").write_text('{"text": "一\\ud800二"}\n', encoding="utf-8")
    (articles / "loop.md").symlink_to("loop.md")
    (articles / "folder.md").mkdir()
    index = tmp_path / "index"
    rebuild = zhaiwen("rebuild", articles, "--index", index, "--model", tiny_model_folder)
    assert rebuild.returncode == 3
    named = re.findall(r"^zhaiwen: left out (\S+): ", rebuild.stderr, re.MULTILINE)
    assert named == ["folder.md", "half.jsonl:1", "huge.md", "loop.md", "nested.html"]
    assert "now serves 4 articles" in rebuild.stdout
    assert "5 left out" in rebuild.stdout
    found = zhaiwen("search", "逾期协商", "--index", index, "--mode", "lexical", "-k", 1).stdout
    assert "\n逾期可以协商。" in found


def test_copies_are_counted_and_shown(articles: Path, tiny_model_folder: Path, tmp_path: Path) -> None:
    (articles / "copy.txt").write_text("催收电话一天不超过三次！", encoding="utf-8")
    index = tmp_path / "index"
    rebuild = zhaiwen("rebuild", articles, "--index", index, "--model", tiny_model_folder)
    assert rebuild.returncode == 0, rebuild.stderr
    assert "3 articles, 3 passages (2 of them in 1 groups of near-duplicates), snapshot" in rebuild.stdout
    search = zhaiwen("search", "电话几次", "--index", index, "--mode", "lexical")
    assert search.stdout.count("催收电话一天不超过三次") == 1
    # Equal scores: the smaller passage id, a hash, decides which of the two stands for both.
    shown, other = sorted(("calls.txt", "copy.txt"), key=lambda name: f"1. {name}" not in search.stdout)
    assert search.stdout.startswith(f"1. {shown}  [")
    assert f"\n   {shown}, characters 0-12\n   also in {other}, characters 0-12\n" in search.stdout


def test_the_fields_of_jsonl_files_are_named_by_an_option(
    articles: Path, tiny_model_folder: Path, tmp_path: Path
) -> None:
    write_lines(articles / "more.jsonl", {"_id": "x7", "content": "征信记录保存五年。", "text": "别的文字也在这里。"})
    options = ("--index", tmp_path / "index", "--model", tiny_model_folder)
    fields = ("--jsonl-fields", "id=_id,text=content")
    assert zhaiwen("rebuild", articles, *options).returncode == 0
    # The same files read in another way are another index.
    refused = zhaiwen("rebuild", articles, *options, *fields)
    assert (refused.returncode, "1 of 3 articles are gone" in refused.stderr) == (1, True)
    assert "now serves 3 articles" in zhaiwen("rebuild", articles, *options, *fields, "--max-removed", 0.5).stdout
    assert "is up to date" in zhaiwen("rebuild", articles, *options, *fields).stdout
    assert "征信记录保存五年。" in zhaiwen("search", "征信", "--index", tmp_path / "index", "--mode", "lexical").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rebuild", "nowhere"], "zhaiwen rebuild: nowhere: there is no such folder"),
        (["rebuild", "empty"], "zhaiwen rebuild: empty gives no article"),
        (["rebuild", "good", "--model", "./none"], "zhaiwen rebuild: there is no model folder './none'"),
        (["rebuild", "good", "--model", "who/what"], "is neither a folder here nor to be had from the hub"),
        (["search", "上门", "--index", "nowhere"], "zhaiwen search: nowhere holds no index; run `zhaiwen rebuild"),
        (["search", " "], "zhaiwen search: the question is empty"),
        (["search", "上" * 10_000], "zhaiwen search: the question has 10000 characters, at most 1000"),
        (["search", "上门", "-k", "0"], "argument -k: '0' was given, a whole number from 1 to 100 was wanted"),
        (["search", "上门", "-k", "1000"], "argument -k: '1000' was given, a whole number from 1 to 100 was wanted"),
        (
            ["search", "上门", "--mode", "best"],
            "argument --mode: 'best' was given, hybrid, dense or lexical was wanted",
        ),
        (["serve", "--index", "nowhere", "--port", "0"], "zhaiwen serve: nowhere holds no index"),
        (["serve", "--port", "70000"], "argument --port: '70000' was given, a whole number from 0 to 65535 was wanted"),
        (["serve", "--host", "no.such.host.invalid"], "zhaiwen serve: cannot listen on no.such.host.invalid"),
        (["evaluate", "nowhere.jsonl"], "zhaiwen evaluate: nowhere.jsonl: there is no such file"),
        (["evaluate", "--beir", "empty"], "there is no such file"),
        (["rebuild", "good", "--jsonl-fields", "text"], "argument --jsonl-fields: the field 'text' is not a pair"),
        (["rebuild", "good", "--jsonl-fields", "body=x"], "argument --jsonl-fields: an article has no part 'body'"),
        (["rebuild", "good", "--cache", "good/a.txt"], "the default model cannot be written to good/a.txt"),
        (["rebuild", "n" * 300], "there is no such folder"),
        (["rebuild", "good", "--model", "n" * 300], "cannot be read (File name too long)"),
        (["search", "上门", "--index", "n" * 300], "holds no index"),
        (["evaluate"], "is required"),
        (["pool", "nowhere.jsonl", "pool.jsonl"], "zhaiwen pool: nowhere.jsonl: there is no such file"),
        (["pool", "asked/q.jsonl", "n" * 300], "cannot be written"),
        (["pool", "asked/q.jsonl", "no/pool.jsonl"], "cannot be written: its folder is missing or closed"),
        (["pool", "asked/q.jsonl", "pool.jsonl", "--depth", "21"], "'21' was given, a whole number from 1 to 20"),
        (["pool", "q.jsonl"], "the following arguments are required: POOL"),
        (["fly"], "argument COMMAND: invalid choice: 'fly'"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_mistakes_are_told_in_a_sentence(tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "a.txt").write_text("上门", encoding="utf-8")
    (tmp_path / "asked").mkdir()
    write_lines(tmp_path / "asked" / "q.jsonl", {"id": "q1", "question": "上门"})
    finished = zhaiwen(*arguments, cwd=tmp_path)
    assert finished.returncode == 2
    assert message in finished.stderr
    assert "Traceback" not in finished.stderr


def test_a_bad_port_in_the_environment(tmp_path: Path) -> None:
    finished = zhaiwen("serve", cwd=tmp_path, environment={"ZHAIWEN_PORT": "eighty"})
    assert finished.returncode == 2
    assert "ZHAIWEN_PORT is 'eighty', a whole number from 0 to 65535 was wanted" in finished.stderr


def test_a_port_that_is_taken(shipped_index: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        finished = zhaiwen("serve", "--index", shipped_index, "--port", taken.getsockname()[1])
    assert finished.returncode == 2
    assert "choose another with --host or --port" in finished.stderr


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_serve_stops_when_told(shipped_index: Path, told: signal.Signals) -> None:
    with serve_process(shipped_index) as running:
        assert httpx2.get(f"{running.url}/readyz").status_code == 200
        running.process.send_signal(told)
        assert running.process.wait(timeout=20) == 0


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_an_ipv6_address_is_printed_with_its_brackets() -> None:
    with _listen("::1", 0) as listening:
        assert re.fullmatch(r"http://\[::1\]:\d+/", _address(listening))


def test_answers_do_not_wait_for_acknowledgements() -> None:
    # asyncio sets TCP_NODELAY only on connections of sockets that name their protocol.
    with _listen("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP


def test_two_services_on_one_port() -> None:
    with _listen("127.0.0.1", 0) as first, pytest.raises(SettingsError, match="choose another with --host or --port"):
        _listen("127.0.0.1", first.getsockname()[1])


def test_a_terminal_that_cannot_show_a_character(shipped_index: Path) -> None:
    finished = zhaiwen("search", "上门", "--index", shipped_index, environment={"PYTHONIOENCODING": "ascii"})
    assert finished.returncode == 0
    assert finished.stdout.startswith("1. ???")


def test_a_percent_sign_in_a_setting() -> None:
    finished = zhaiwen("search", "--help", environment={"ZHAIWEN_INDEX": "a%b"})
    assert "now a%b" in " ".join(finished.stdout.split())


def test_no_question_is_logged(shipped_index: Path) -> None:
    with serve_process(shipped_index) as running:
        assert httpx2.get(f"{running.url}/search", params={"q": "秘密的问题"}).status_code == 200
        running.process.terminate()
        out, err = running.process.communicate(timeout=20)
    assert (out, err) == ("", "")


@pytest.mark.parametrize("module", ["rebuild_index", "search", "evaluate", "compare", "pool", "serve"])
def test_each_command_runs_as_a_module(module: str) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", f"scripts.{module}", "--help"], check=False, capture_output=True, text=True, cwd=ROOT
    )
    assert finished.returncode == 0
    assert finished.stdout.startswith("usage: zhaiwen ")


def test_help_and_version() -> None:
    assert "rebuild" in zhaiwen("--help").stdout
    assert re.fullmatch(r"zhaiwen \d+\.\d+\.\d+\n", zhaiwen("--version").stdout)
