"""`zhaiwen evaluate` as an operator runs it: sets, files it writes, exit codes, mistakes, cut-off runs."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import ir_measures
import pytest
from ir_measures import nDCG

from embeddings.evaluation.results_file import read_results
from tests.conftest import ROOT, Served, serve_process, write_lines, zhaiwen_here

SECTION = {"article": "home-visits", "headings": ["要看哪些证件？"], "grade": 2}
QUESTION = {"id": "q1", "question": "上门催收要看哪些证件", "kind": "plain", "judgements": [SECTION]}
MISSED = {
    "id": "q2",
    "question": "上门催收要看哪些证件呢",
    "kind": "colloquial",
    "judgements": [{"article": "court-summons", "headings": [], "grade": 2, "answer": "没有这样的句子"}],
}
DEV = ROOT / "corpus" / "questions" / "dev.jsonl"


def test_measures_are_printed_with_their_intervals(shipped_index: Path, tmp_path: Path) -> None:
    questions = write_lines(tmp_path / "q.jsonl", QUESTION, MISSED)
    written = tmp_path / "results.json"
    finished = zhaiwen_here("evaluate", questions, "--index", shipped_index, "--json", written)
    assert finished.returncode == 0, finished.stderr
    lines = finished.stdout.splitlines()
    assert re.fullmatch(rf"{shipped_index}, hybrid, snapshot \S+, settings [0-9a-f]{{16}}", lines[0])
    assert lines[1] == "2 questions"
    # One of two is found at place 1, the other not at all.
    assert "nDCG@10     0.500 [0.000, 1.000]    0.000" in lines
    assert "Success@10  0.500 [0.000, 1.000]    0.000" in lines
    assert "no passage holds 1 of 1 judged quotes whole: no search can find these" in lines
    assert "plain                            1  1.000" in lines
    assert "0.000  q2  上门催收要看哪些证件呢" in lines
    assert "       wanted (answers): court-summons#" in lines
    assert "       returned 1 (not judged): home-visits#要看哪些证件？" in lines
    results = read_results(written)
    assert results.measures["nDCG@10"].value == pytest.approx(0.5)
    assert results.system.place == str(shipped_index)
    assert not written.with_name("results.json.partial").exists()


def test_unanswerable_questions_are_told_apart_by_score(shipped_index: Path, tmp_path: Path) -> None:
    questions = write_lines(tmp_path / "q.jsonl", QUESTION)
    unanswerable = write_lines(
        tmp_path / "u.jsonl",
        {"id": "u1", "question": "红烧肉怎么做", "kind": "far-off", "judgements": [SECTION]},
        {"id": "u2", "question": "？？？", "kind": "far-off"},
    )
    finished = zhaiwen_here("evaluate", questions, "--unanswerable", unanswerable, "--index", shipped_index)
    # A question that is refused is one that nothing was answered to, as it should be.
    assert finished.returncode == 0, finished.stderr
    assert "u2 was refused, and found nothing: the question is empty" in finished.stderr
    assert "1 question and 2 unanswerable ones" in finished.stdout
    assert "AUROC                    1.000" in finished.stdout
    assert "FPR@95                   0.000" in finished.stdout
    assert "far-off: AUROC 1.000" in finished.stdout


def test_a_run_file_gives_the_measures_in_other_tools(shipped_index: Path, tmp_path: Path) -> None:
    names = ("results.json", "a.run", "a.qrels")
    results, run, qrels = (tmp_path / name for name in names)
    lines = DEV.read_text(encoding="utf-8").splitlines()[::20]
    questions = tmp_path / "q.jsonl"
    questions.write_text("\n".join(lines), encoding="utf-8")
    options = ("--index", shipped_index, "--json", results, "--run", run, "--qrels", qrels)
    assert zhaiwen_here("evaluate", questions, *options).returncode == 0
    scores: dict[str, list[float]] = {}
    for line in run.read_text(encoding="utf-8").splitlines():
        question, _, _, _, score, _ = line.split(" ")
        scores.setdefault(question, []).append(float(score))
    assert len(scores) == len(lines)
    assert all(above > below for falling in scores.values() for above, below in pairwise(falling))
    read = (ir_measures.read_trec_qrels(str(qrels)), ir_measures.read_trec_run(str(run)))  # type: ignore[no-untyped-call]
    measured = ir_measures.calc_aggregate([nDCG @ 10], *read)
    assert read_results(results).measures["nDCG@10"].value == pytest.approx(measured[nDCG @ 10])


def test_a_csv_file_from_a_spreadsheet(shipped_index: Path, tmp_path: Path) -> None:
    asked = tmp_path / "q.csv"
    rows = "问题,文章,标题\r\n上门催收要看哪些证件,home-visits,要看哪些证件？\r\n没有答案的一行,,\r\n"
    asked.write_bytes(rows.encode("gb18030"))
    finished = zhaiwen_here("evaluate", asked, "--index", shipped_index)
    assert finished.returncode == 3
    assert "nDCG@10     1.000" in finished.stdout
    assert f"left out {asked}:3: neither article nor text is given" in finished.stderr


def test_malformed_lines_are_left_out_or_stop_the_run(shipped_index: Path, tmp_path: Path) -> None:
    questions = tmp_path / "q.jsonl"
    questions.write_text(f"{json.dumps(QUESTION)}\n{{\n{json.dumps(QUESTION)}\n", encoding="utf-8")
    written = tmp_path / "results.json"
    finished = zhaiwen_here("evaluate", questions, "--index", shipped_index, "--json", written)
    assert finished.returncode == 3
    assert f"left out {questions}:2: not a question" in finished.stderr
    assert f"left out {questions}:3: the id 'q1' appears twice" in finished.stderr
    assert list(read_results(written).left_out) == [f"{questions}:2", f"{questions}:3"]
    strict = zhaiwen_here("evaluate", questions, "--index", shipped_index, "--strict")
    assert strict.returncode == 2
    assert "nothing was asked, for lines cannot be used:" in strict.stderr
    assert f"{questions}:3: the id 'q1' appears twice" in strict.stderr


def test_judgements_of_nothing_are_listed_all_at_once(shipped_index: Path, served: Served, tmp_path: Path) -> None:
    judgements = [
        SECTION,
        {"article": "home-visits", "headings": [], "grade": 1},
        {"article": "home-visits", "headings": ["改过的标题"], "grade": 1},
        {"article": "gone", "grade": 1},
    ]
    questions = write_lines(
        tmp_path / "q.jsonl", QUESTION, {**QUESTION, "id": "q2", "judgements": judgements}, {**QUESTION, "id": "q3"}
    )
    for place in (("--index", shipped_index), ("--url", served.url)):
        finished = zhaiwen_here("evaluate", questions, *place)
        assert finished.returncode == 2
        assert f"articles, sections or quotes were judged that {place[1]} does not hold; mend" in finished.stderr
        assert "\n  q2: home-visits#\n  q2: home-visits#改过的标题\n  q2: gone\n" in finished.stderr


def test_a_pool_tells_how_much_was_read(shipped_index: Path, tmp_path: Path) -> None:
    questions = write_lines(tmp_path / "q.jsonl", QUESTION)
    (tmp_path / "pools").mkdir()
    record = tmp_path / "pools" / "q.jsonl"
    assert zhaiwen_here("pool", questions, record, "--index", shipped_index, "--depth", 10).returncode == 0
    # The pool beside the set is found by its name.
    for named in ((), ("--pool", record)):
        measured = zhaiwen_here("evaluate", questions, *named, "--index", shipped_index)
        assert "Judged@5    1.000\nJudged@10   1.000\n" in measured.stdout
    foreign = zhaiwen_here(
        "evaluate",
        write_lines(tmp_path / "o.jsonl", {**QUESTION, "id": "q7"}),
        "--pool",
        record,
        "--index",
        shipped_index,
    )
    assert foreign.returncode == 2
    assert "q.jsonl is about none of these questions; name the pool of this set" in foreign.stderr
    stale = write_lines(tmp_path / "s.jsonl", {"id": "q1", "sections": [{"article": "gone", "found": {"dense": 1}}]})
    gone = zhaiwen_here("evaluate", questions, "--pool", stale, "--index", shipped_index)
    assert "name the index that it was written for:\n  q1: gone\n" in gone.stderr


def test_conditions_set_the_exit_code(shipped_index: Path, tmp_path: Path) -> None:
    questions = write_lines(tmp_path / "q.jsonl", QUESTION)
    asked = ("evaluate", questions, "--index", shipped_index)
    held = zhaiwen_here(*asked, "--fail-if", "nDCG@10 < 0.80", "--fail-if", "Success@1 >= 1")
    assert held.returncode == 1
    assert held.stderr.endswith("zhaiwen evaluate: failed, for Success@1 >= 1\n")
    assert zhaiwen_here(*asked, "--fail-if", "nDCG@10 < 0.80").returncode == 0
    missing = zhaiwen_here(*asked, "--fail-if", "AUROC < 0.9")
    assert missing.returncode == 2
    assert "'AUROC < 0.9' cannot be checked: these questions give no AUROC, but nDCG@10" in missing.stderr


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("nDCG@10", "a condition such as 'nDCG@10 < 0.80' was wanted"),
        ("nDCG@10 = 1", "a condition such as"),
        ("nDCG@10 < high", "a condition such as"),
        ("nDCG@11 < 1", "there is no measure 'nDCG@11'; there are: nDCG@10, RR@10"),
    ],
)
def test_a_condition_that_says_nothing(condition: str, message: str) -> None:
    finished = zhaiwen_here("evaluate", "q.jsonl", "--fail-if", condition)
    assert finished.returncode == 2
    assert message in finished.stderr


def test_being_worse_than_a_baseline_sets_the_exit_code(shipped_index: Path, tmp_path: Path) -> None:
    baseline = tmp_path / "hybrid.json"
    # These share few words with their answers.
    kinds = {"english", "colloquial"}
    lines = [line for line in DEV.read_text(encoding="utf-8").splitlines() if json.loads(line)["kind"] in kinds]
    questions = tmp_path / "q.jsonl"
    questions.write_text("\n".join(lines), encoding="utf-8")
    asked = ("evaluate", questions, "--index", shipped_index)
    assert zhaiwen_here(*asked, "--json", baseline).returncode == 0
    worse = zhaiwen_here(*asked, "--mode", "lexical", "--fail-if-worse", baseline)
    assert worse.returncode == 1
    told = r"nDCG@10 0\.\d{4} against 0\.\d{4} on 64 of 64 questions, difference -0\.\d{3} \[.*\], p = 0\.0\d+\n"
    assert re.search(f"failed, for {told}", worse.stderr)
    assert re.search(f"\nto {baseline}: {told}", worse.stdout)
    assert zhaiwen_here(*asked, "--fail-if-worse", baseline).returncode == 0


def test_a_service_is_asked_as_its_index_is(served: Served, shipped_index: Path, tmp_path: Path) -> None:
    questions = tmp_path / "q.jsonl"
    questions.write_text("\n".join(DEV.read_text(encoding="utf-8").splitlines()[::16]), encoding="utf-8")
    both = {"--url": served.url, "--index": str(shipped_index)}
    for option, place in both.items():
        finished = zhaiwen_here("evaluate", questions, option, place, "--json", tmp_path / f"{option}.json")
        assert finished.returncode == 0, finished.stderr
    service, index = (read_results(tmp_path / f"{option}.json") for option in both)
    assert service.outcomes == index.outcomes
    assert service.measures == index.measures
    assert service.system.settings == index.system.settings


def test_a_service_that_dies_half_way(shipped_index: Path, tmp_path: Path) -> None:
    written = tmp_path / "results.json"
    partial = tmp_path / "results.json.partial"
    asked_for = tmp_path / "q.jsonl"
    asked_for.write_text("\n".join(DEV.read_text(encoding="utf-8").splitlines()[::2]), encoding="utf-8")
    with serve_process(shipped_index) as running:
        port = int(running.url.rpartition(":")[2])
        command = [sys.executable, "-m", "scripts.cli", "evaluate", asked_for, "--url", running.url, "--json", written]
        with subprocess.Popen(
            list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ
        ) as process:
            while process.poll() is None and not (partial.exists() and partial.read_bytes().count(b"\n") > 1):
                time.sleep(0.02)
            running.process.send_signal(signal.SIGKILL)
            _, errors = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "does not answer" in errors
    assert "--resume finishes it" in errors
    assert not written.exists()
    answered = partial.read_bytes().count(b"\n") - 1
    assert 0 < answered < 160
    with serve_process(shipped_index, port) as running:
        asked = ("evaluate", asked_for, "--url", running.url, "--json")
        finished = zhaiwen_here(*asked, written, "--resume")
        whole = tmp_path / "whole.json"
        assert zhaiwen_here(*asked, whole).returncode == 0
    assert finished.returncode == 0, finished.stderr
    assert f"{answered} of 160 questions were answered before" in finished.stderr
    assert not partial.exists()
    assert read_results(written).outcomes == read_results(whole).outcomes


def test_mistakes_with_cut_off_runs(shipped_index: Path, tmp_path: Path) -> None:
    questions = write_lines(tmp_path / "q.jsonl", QUESTION)
    asked = ("evaluate", questions, "--index", shipped_index)
    nowhere = zhaiwen_here(*asked, "--resume")
    assert nowhere.returncode == 2
    assert "--resume needs --json FILE" in nowhere.stderr
    written = tmp_path / "results.json"
    (tmp_path / "results.json.partial").write_text('{"index": "another"}\n', encoding="utf-8")
    other = zhaiwen_here(*asked, "--json", written, "--resume")
    assert other.returncode == 2
    assert "leave --resume out to begin anew" in other.stderr
    assert zhaiwen_here(*asked, "--json", written).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--url", "ftp://a"], "'ftp://a' is no address of a service; http://127.0.0.1:8000 is one"),
        (["--url", "http://127.0.0.1:x"], "is no address of a service"),
        (["--url", "http://127.0.0.1:1"], "does not answer"),
        (["--url", "http://127.0.0.1:1", "--index", "index"], "--index was given with --url"),
        (["--fail-if-worse", "gone.json"], "gone.json: there is no such file"),
        (["--unanswerable", "q.jsonl"], "the ids q1 stand in both sets; ids must be unique"),
    ],
)
def test_mistakes_are_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    write_lines(tmp_path / "q.jsonl", QUESTION)
    monkeypatch.chdir(tmp_path)
    finished = zhaiwen_here("evaluate", "q.jsonl", *arguments)
    assert finished.returncode == 2
    assert message in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize("option", ["--json", "--run", "--qrels", "--report"])
def test_a_file_that_cannot_be_written(shipped_index: Path, tmp_path: Path, option: str) -> None:
    questions = write_lines(tmp_path / "q.jsonl", QUESTION)
    finished = zhaiwen_here("evaluate", questions, "--index", shipped_index, option, tmp_path / "no" / "file")
    assert finished.returncode == 2
    assert "cannot be written" in finished.stderr


def test_a_beir_folder(tiny_model_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    (folder / "qrels").mkdir(parents=True)
    texts = {"d1": "上门要带证件", "d2": "电话一天三次", "d3": "征信保存五年"}
    write_lines(folder / "corpus.jsonl", *({"_id": id_, "title": "", "text": text} for id_, text in texts.items()))
    write_lines(folder / "queries.jsonl", {"_id": "q1", "text": "电话几次"}, {"_id": "q2", "text": "保存几年"})
    qrels = "query-id\tcorpus-id\tscore\nq1\td2\t1\nq1\td1\t0\nq2\td3\t1\n"
    (folder / "qrels" / "test.tsv").write_text(qrels, encoding="utf-8")
    options = ("--beir", folder, "--model", tiny_model_folder, "--cache", tmp_path / "cache", "--mode", "lexical")
    finished = zhaiwen_here("evaluate", *options)
    assert finished.returncode == 0, finished.stderr
    assert "R@1         1.000\n" in finished.stdout
    # What the folder says is not relevant was read all the same.
    assert "Judged@5" in finished.stdout
    built = next((tmp_path / "cache" / "beir").iterdir())
    again = zhaiwen_here("evaluate", "--beir", folder, "--index", built, "--mode", "lexical")
    assert "R@1         1.000\n" in again.stdout


def test_what_is_wrong_with_every_line_is_told(shipped_index: Path, tmp_path: Path) -> None:
    asked = tmp_path / "q.csv"
    asked.write_text("问题,文章ID\n上门看什么,home-visits\n", encoding="utf-8")
    finished = zhaiwen_here("evaluate", asked, "--index", shipped_index)
    assert finished.returncode == 2
    assert f"holds no question; write one a row:\n  {asked}:2: neither article nor text is given" in finished.stderr


def test_a_quote_that_stands_nowhere_is_refused(shipped_index: Path, tmp_path: Path) -> None:
    asked = tmp_path / "q.csv"
    rows = "编号,问题,答案\nq1,上门,这句话哪里都没有\nq2,联系人,对象是债务人，不应向联系人催收\n"
    asked.write_text(rows, encoding="utf-8")
    finished = zhaiwen_here("evaluate", asked, "--index", shipped_index)
    assert finished.returncode == 2
    assert finished.stderr.endswith("that it was written for:\n  q1: “这句话哪里都没有”\n")


def test_grades_above_two(tiny_index: Path, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    (folder / "qrels").mkdir(parents=True)
    write_lines(folder / "queries.jsonl", {"_id": "q1", "text": "上门要带什么证件"})
    rows = ("visits\t3", "calls\t1", "records\t0")
    (folder / "qrels" / "test.tsv").write_text("".join(f"q1\t{row}\n" for row in rows), encoding="utf-8")
    finished = zhaiwen_here("evaluate", "--beir", folder, "--index", tiny_index, "--mode", "lexical")
    assert finished.returncode == 0, finished.stderr
    assert "       wanted (answers): visits\n       wanted (helps): calls\n" in finished.stdout
    assert "records" not in finished.stdout.partition("returned")[0]


@pytest.mark.parametrize("option", ["--json", "--report", "--run", "--qrels"])
def test_what_is_read_is_not_written_over(tmp_path: Path, option: str) -> None:
    questions = write_lines(tmp_path / "q.jsonl", QUESTION)
    before = questions.read_bytes()
    finished = zhaiwen_here("evaluate", questions, option, questions)
    assert finished.returncode == 2
    assert "q.jsonl is read by this command, and would be overwritten; name another file" in finished.stderr
    assert questions.read_bytes() == before
    for nothing in ("", ".", tmp_path):
        assert "cannot be written: it is a folder" in zhaiwen_here("evaluate", questions, option, nothing).stderr


def test_too_few_questions_for_a_baseline(shipped_index: Path, tmp_path: Path) -> None:
    questions = write_lines(tmp_path / "q.jsonl", *({**QUESTION, "id": f"q{number}"} for number in range(5)))
    baseline = tmp_path / "baseline.json"
    asked = ("evaluate", questions, "--index", shipped_index)
    assert zhaiwen_here(*asked, "--json", baseline).returncode == 0
    finished = zhaiwen_here(*asked, "--fail-if-worse", baseline)
    assert finished.returncode == 2
    assert (
        "5 questions in common cannot show p < 0.05, at least 6 can; add questions, or set a bound" in finished.stderr
    )
