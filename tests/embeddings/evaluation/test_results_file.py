"""Writing and reading results."""

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from embeddings.errors import QuestionSetError
from embeddings.evaluation.results import (
    RESULTS_VERSION,
    Answerability,
    Bin,
    Cut,
    Estimate,
    Hit,
    Interval,
    Outcome,
    Results,
    ShownPassage,
    Slice,
    System,
    Wanted,
)
from embeddings.evaluation.results_file import read_results, write_results

RESULTS = Results(
    version=RESULTS_VERSION,
    created="2026-11-22T11:00:00+00:00",
    system=System("索引", "s1", "e5", 1_000, "abc", "hybrid", 50),
    questions=("dev.jsonl", "无答案.csv"),
    judgements_hash="0123456789abcdef",
    measures={"nDCG@10": Estimate(1 / 3, Interval(0.1, 2 / 3)), "R@1": Estimate(1e-17)},
    slices=tuple(Slice(cut, "类", 1, {"nDCG@10": Estimate(1.0)}) for cut in Cut),
    answerability=Answerability(
        answerable=1,
        unanswerable=1,
        threshold=None,
        measures={"AUROC": Estimate(0.5, Interval(0.0, 1.0))},
        kinds=(Slice(Cut.KIND, "near-miss", 1, {"AUROC": Estimate(0.5)}),),
        calibration=(Bin(0.2, 1.0, 1), Bin(0.7, 0.0, 1)),
    ),
    outcomes=(
        Outcome(
            id="q1",
            text="会上门吗？\n“𠮷”\u2028",
            kind="plain",
            must_find=True,
            is_answerable=True,
            wanted=(Wanted("a#一", 2, "要带证件", "a"), Wanted("“三次”", 1, "三次"), Wanted("b", 0, None, "b")),
            values={"nDCG@10": 0.1 + 0.2},
            hits=(Hit("p1", "a#一", 0.987654321, 2, holds_answer=True), Hit("p2", "c", -1.5, None, holds_answer=False)),
        ),
        Outcome("u1", "花呗怎么关", None, False, False, (), {}, ()),
    ),
    passages={"p1": ShownPassage("上门", ("一", "二"), "要带证件。"), "p2": ShownPassage("", (), "")},
    left_out={"dev.jsonl:3": "不是问题"},
    refused={"q7": "too long"},
    quotes=2,
    cut_quotes=None,
)


@pytest.mark.parametrize(
    "results", [RESULTS, replace(RESULTS, answerability=None, outcomes=(), passages={}, cut_quotes=0)]
)
def test_what_was_written_is_read(tmp_path: Path, results: Results) -> None:
    write_results(tmp_path / "结果.json", results)
    read = read_results(tmp_path / "结果.json")
    assert read == results
    assert [type(estimate.interval) for estimate in read.measures.values()] == [Interval, type(None)]
    assert [one.cut for one in read.slices] == list(Cut)


def test_people_can_read_what_was_written(tmp_path: Path) -> None:
    write_results(tmp_path / "r.json", RESULTS)
    text = (tmp_path / "r.json").read_text(encoding="utf-8")
    assert text.startswith('{\n "version": 1,\n "created"')
    assert text.endswith("}\n")
    assert "不是问题" in text
    assert (tmp_path / "r.json").stat().st_mode & 0o777 == 0o644


def damaged(folder: Path, **fields: object) -> Path:
    """Write results in which some fields hold something else; those of None are missing."""
    path = folder / "r.json"
    write_results(path, RESULTS)
    record = {**json.loads(path.read_text(encoding="utf-8")), **fields}
    kept = {name: value for name, value in record.items() if value is not None}
    path.write_text(json.dumps(kept), encoding="utf-8")
    return path


@pytest.mark.parametrize("version", [0, 2, "1", 1.5, [1]])
def test_results_of_another_version_are_refused(tmp_path: Path, version: object) -> None:
    path = damaged(tmp_path, version=version)
    message = f"{path} has format {version}, this program reads format 1; evaluate anew"
    with pytest.raises(QuestionSetError, match=f"^{re.escape(message)}$"):
        read_results(path)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"system": None}, "system: Field required"),
        ({"created": 3}, "created: Input should be a valid string"),
        ({"quotes": "2"}, "quotes: Input should be a valid integer"),
        ({"measures": {"AP": {}}}, "measures.AP.value: Field required"),
        ({"measures": {"AP": {"value": "0.5"}}}, "measures.AP.value: Input should be a valid number"),
        (
            {"measures": {"AP": {"value": 0.5, "interval": [0.1]}}},
            "measures.AP.interval.1: Field required",
        ),
        ({"slices": [{"cut": "month", "name": "", "questions": 1, "measures": {}}]}, "slices.0.cut: Input should be"),
        ({"outcomes": [{"id": "q1"}]}, "outcomes.0.text: Field required"),
        ({"passages": []}, "passages: Input should be an object"),
    ],
)
def test_fields_that_are_missing_or_of_another_type_are_named(
    tmp_path: Path, fields: dict[str, object], reason: str
) -> None:
    path = damaged(tmp_path, **fields)
    with pytest.raises(
        QuestionSetError, match=rf"^{re.escape(f'{path} holds no results ({reason}')}.*\); evaluate anew$"
    ):
        read_results(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"3", b"null", b"{}", b'"version"', "{催}".encode("gb18030"), b"[" * 100_000, b'{"version": 1'],
)
def test_files_that_are_no_results_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "r.json").write_bytes(content)
    with pytest.raises(
        QuestionSetError, match=r"r\.json holds no results \(.+\); name what `zhaiwen evaluate --json` wrote$"
    ):
        read_results(tmp_path / "r.json")


def test_results_that_were_cut_off_are_refused(tmp_path: Path) -> None:
    write_results(tmp_path / "r.json", RESULTS)
    content = (tmp_path / "r.json").read_bytes()
    (tmp_path / "r.json").write_bytes(content[: len(content) // 2])
    with pytest.raises(QuestionSetError, match=r"r\.json holds no results \("):
        read_results(tmp_path / "r.json")


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(
        QuestionSetError, match=r"r\.json: there is no such file; name what `zhaiwen evaluate --json` wrote$"
    ):
        read_results(tmp_path / "r.json")
    with pytest.raises(QuestionSetError, match="holds no results .*directory"):
        read_results(tmp_path)


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match=r"cannot be written \(No such file or directory\); name another file$"):
        write_results(tmp_path / "missing" / "r.json", RESULTS)
    (tmp_path / "file").touch()
    with pytest.raises(QuestionSetError, match=r"cannot be written \(Not a directory\); name another file$"):
        write_results(tmp_path / "file" / "r.json", RESULTS)
    (tmp_path / "folder").mkdir()
    with pytest.raises(QuestionSetError, match=r"folder cannot be written \(Is a directory\); name another file$"):
        write_results(tmp_path / "folder", RESULTS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_results_are_written_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_results(tmp_path / "r.json", RESULTS)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(QuestionSetError, match=r"r\.json cannot be written \(No space left on device\)"):
        write_results(tmp_path / "r.json", replace(RESULTS, created="later"))
    assert read_results(tmp_path / "r.json") == RESULTS
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]
