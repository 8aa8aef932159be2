"""`zhaiwen evaluate --url` where a key is needed: it is sent from the environment, and told nowhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scripts.options import Defaults
from service.keys import make_key
from service.records import Rate
from tests.conftest import Served, serve_process, write_lines, zhaiwen_here

JUDGED = [{"article": "visits", "grade": 2}]
WORDS = ("上门", "证件", "委托书", "要带", "出示", "人员", "应当", "催收")


@contextmanager
def keyed(index: Path, folder: Path, rate: Rate | None = None) -> Iterator[tuple[Served, str]]:
    """Serve where a key is needed; give the key, too."""
    key, holder = make_key("nightly", rate)
    (folder / "keys").write_text(holder.line, encoding="utf-8")
    with serve_process(index, options=("--keys-file", str(folder / "keys"), "--log-requests", "yes")) as running:
        yield running, key


def questions(folder: Path, number: int) -> Path:
    asked = ({"id": f"q{n}", "question": f"{WORDS[n]}是什么", "judgements": JUDGED} for n in range(number))
    return write_lines(folder / "q.jsonl", *asked)


def test_a_key_opens_the_service_and_is_told_nowhere(tiny_index: Path, tmp_path: Path) -> None:
    asked, written = questions(tmp_path, 3), tmp_path / "written"
    written.mkdir()
    outputs = [("--json", "r.json"), ("--report", "r.html"), ("--run", "r.run"), ("--qrels", "r.qrels")]
    files = [str(part) for option, name in outputs for part in (option, written / name)]
    with keyed(tiny_index, tmp_path) as (running, key):
        arguments = (asked, "--url", running.url, *files)
        refused = {
            given: zhaiwen_here("evaluate", *arguments, environment={"ZHAIWEN_KEY": given})
            for given in ("", "zw_wrong_as_can_be")
        }
        finished = zhaiwen_here("evaluate", *arguments, environment={"ZHAIWEN_KEY": key})
        running.process.terminate()
        _, log = running.process.communicate(timeout=20)
    assert [one.returncode for one in refused.values()] == [2, 2]
    assert refused[""].stderr.startswith(f"zhaiwen evaluate: {running.url}/ wants a key; set ZHAIWEN_KEY to one")
    assert (
        f"{running.url}/ does not know the key in ZHAIWEN_KEY; set it to one that its"
        in refused["zw_wrong_as_can_be"].stderr
    )
    assert "zw_wrong_as_can_be" not in refused["zw_wrong_as_can_be"].stderr
    assert finished.returncode == 0, finished.stderr
    assert "3 questions" in finished.stdout
    texts = [path.read_text(encoding="utf-8") for path in written.iterdir()]
    assert len(texts) == len(outputs)
    assert not any(key in text for text in [*texts, finished.stdout, finished.stderr, log])


def test_a_rate_is_kept_to(tiny_index: Path, tmp_path: Path) -> None:
    with keyed(tiny_index, tmp_path, Rate(4, 1)) as (running, key):
        started = time.monotonic()
        finished = zhaiwen_here(
            "evaluate", questions(tmp_path, 8), "--url", running.url, environment={"ZHAIWEN_KEY": key}
        )
        seconds = time.monotonic() - started
    # Nine requests with the one for the article: four at once, and then four a second.
    assert finished.returncode == 0, finished.stderr
    assert "8 questions" in finished.stdout
    assert "refused" not in finished.stderr
    assert seconds > 1


def test_a_rate_that_is_used_up_ends_it(tiny_index: Path, tmp_path: Path) -> None:
    with keyed(tiny_index, tmp_path, Rate(1, 3600)) as (running, key):
        finished = zhaiwen_here(
            "evaluate",
            questions(tmp_path, 1),
            "--url",
            running.url,
            "--json",
            tmp_path / "r.json",
            environment={"ZHAIWEN_KEY": key},
        )
    assert finished.returncode == 2
    assert "takes no more requests for now, and wants a wait of " in finished.stderr
    assert finished.stderr.endswith("go on later, or with a key of a higher rate; --resume finishes it\n")


@pytest.mark.parametrize("key", ["zw_0123456789abcdef\n", "two words of sixteen", "密码" * 8])
def test_a_key_that_no_header_can_carry(key: str) -> None:
    finished = zhaiwen_here("evaluate", "q.jsonl", environment={"ZHAIWEN_KEY": key})
    assert finished.returncode == 2
    assert "ZHAIWEN_KEY is of no use, a token of at least 16 printable ASCII" in finished.stderr
    assert key.strip() not in finished.stderr


def test_the_settings_do_not_show_it() -> None:
    defaults = Defaults.from_environment({"ZHAIWEN_KEY": "zw_0123456789abcdef"})
    assert defaults.key is not None
    assert defaults.key.get_secret_value() == "zw_0123456789abcdef"
    assert "zw_0123456789abcdef" not in repr(defaults)
    assert Defaults.from_environment({"ZHAIWEN_KEY": ""}).key is None


def test_it_is_no_option() -> None:
    finished = zhaiwen_here("evaluate", "q.jsonl", "--key", "zw_0123456789abcdef")
    assert finished.returncode == 2
    assert "unrecognized arguments: --key" in finished.stderr
