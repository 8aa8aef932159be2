"""The command that shows what cleaning does, as an operator runs it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.cli import main
from scripts.options import LEFT_OUT
from tests.conftest import ROOT, write_lines


@pytest.fixture
def visits(tmp_path: Path) -> Path:
    path = tmp_path / "visits.md"
    path.write_text("---\ntitle: 上门催收\nid: visits\n---\n上门要带\u200b工作证。\n", encoding="utf-8")
    return path


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    return write_lines(
        tmp_path / "calls.jsonl",
        {"_id": "c1", "text": "催收电话一天不超过三次。"},
        {"_id": "c2", "text": "夜里不许打\u200b电话。"},
    )


def test_show_an_article(visits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show-cleaning", str(visits)]) == 0
    out, err = capsys.readouterr()
    assert re.search(r"^visits\.md: 上门催收 \(id visits\)\n5: 上门要带\[-\\u200b-\]<[\w-]+>工作证。\n\nrule ", out)
    assert re.search(r"^all +1 +1 +0$", out, re.MULTILINE)
    assert err == ""


def test_show_articles_of_a_jsonl_file(calls: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show-cleaning", str(calls), "--jsonl-fields", "id=_id"]) == 0
    out = capsys.readouterr().out
    assert "calls.jsonl (id c1)\n" in out
    assert "calls.jsonl (id c2)\n" in out
    assert main(["show-cleaning", str(calls), "--jsonl-fields", "id=_id", "--id", "c1"]) == 0
    assert capsys.readouterr().out == ("calls.jsonl (id c1)\n1: 催收电话一天不超过三次。\n\nno rule changed anything\n")


def test_write_a_page(visits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = tmp_path / "page.html"
    assert main(["show-cleaning", str(visits), "--html", str(written)]) == 0
    assert capsys.readouterr().out.startswith(f"{written} shows 1 articles\nrule ")
    assert re.search(r'<del class="r0" title="[\w-]+">\\u200b</del>', written.read_text(encoding="utf-8"))


def test_a_line_that_is_no_article(calls: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calls.write_text('{"_id": "c0", "text": "\x1b"\n' + calls.read_text(encoding="utf-8"), encoding="utf-8")
    assert main(["show-cleaning", str(calls), "--jsonl-fields", "id=_id"]) == LEFT_OUT
    out, err = capsys.readouterr()
    assert "(id c2)" in out
    assert err.startswith("zhaiwen: left out calls.jsonl:1: it is not JSON")
    assert main(["show-cleaning", str(calls), "--jsonl-fields", "id=_id", "--id", "c2"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.md"], "zhaiwen show-cleaning: nowhere.md: it cannot be read (No such file or directory)"),
        (["."], "zhaiwen show-cleaning: . is a folder, the file of an article was wanted; name one in it"),
        (["n" * 300 + ".md"], "it cannot be read (File name too long)"),
        (["empty.txt"], "zhaiwen show-cleaning: empty.txt: it has no text"),
        (["a.exe"], "zhaiwen show-cleaning: a.exe: files ending in '.exe' are not read"),
        (["visits.md", "--id", "x"], "visits.md holds no article with the id 'x'; it has 'visits'"),
        (["visits.md", "--html", "no/page.html"], "no/page.html cannot be written (No such file or directory)"),
        (["visits.md", "--html", "visits.md"], "--html would replace visits.md itself; name another file for the page"),
    ],
)
@pytest.mark.usefixtures("visits", "calls")
def test_mistakes_are_told_in_a_sentence(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.txt").write_text("\n", encoding="utf-8")
    (tmp_path / "a.exe").write_bytes(b"MZ\x00")
    assert main(["show-cleaning", *arguments]) == 2
    out, err = capsys.readouterr()
    assert message in err
    assert out == ""


def test_a_reader_that_stops_early(tmp_path: Path) -> None:
    long = tmp_path / "long.txt"
    long.write_text("上门催收要带证件。\n" * 20_000, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "scripts.show_cleaning", str(long), "--all"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "long.txt\n"
        process.stdout.close()
        assert process.stderr.read() == ""


def test_names_of_fields_that_are_no_pairs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["show-cleaning", "calls.jsonl", "--jsonl-fields", "id"])
    assert "the field 'id' is not a pair; write pairs such as id=_id" in capsys.readouterr().err
