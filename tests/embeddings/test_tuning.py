"""The tuning file: read as it was written, and refused with the reason where it cannot be used."""

import json
import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from embeddings.errors import TuningError
from embeddings.tuning import (
    SHIPPED,
    Evidence,
    Fusion,
    Reranking,
    Tried,
    Tuning,
    TuningFile,
    parse_tuning,
    read_tuning,
    tuning_fields,
)

# Whatever the usual values are.
BASE = Tuning(target_tokens=128, max_tokens=256, dense_weight=0.6, added_weight=0.5, rerank_weight=14.0, reranked=50)
# Every value another than the default.
OTHER = Tuning(
    target_tokens=96,
    max_tokens=192,
    fusion=Fusion.RECIPROCAL_RANK,
    dense_weight=0.25,
    added_weight=0.0,
    corrects=False,
    reranking=Reranking.CROSS_ENCODER,
    rerank_weight=0.5,
    reranked=7,
    cross_encoder="/models/排序",
)


def write(path: Path, tuning: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"tuning": tuning}), encoding="utf-8")
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    tried = Tried({"dense_weight": 0.5, "fusion": "convex", "corrects": True, "reranked": 50}, 0.5, 0.4, 0.6)
    evidence = Evidence("dev.jsonl", "ab" * 32, 320, "nDCG@10", 5, "e5", tried, (tried, replace(tried, mean=0.45)))
    wanted = TuningFile(OTHER, evidence)
    path = tmp_path / "tuned.json"
    path.write_text(wanted.to_json(), encoding="utf-8")
    found = read_tuning(path)
    assert found == wanted
    assert found.to_json() == wanted.to_json()
    assert all(getattr(OTHER, name) != value for name, value in asdict(Tuning()).items())


def test_what_is_left_out_is_as_usual(tmp_path: Path) -> None:
    assert read_tuning(write(tmp_path / "tuned.json", {"reranked": 30})).tuning == replace(Tuning(), reranked=30)


def test_the_shipped_file_is_as_it_would_be_written() -> None:
    assert read_tuning(SHIPPED).to_json() == SHIPPED.read_text(encoding="utf-8")


def test_fields_and_back() -> None:
    assert parse_tuning(tuning_fields(OTHER)) == OTHER
    assert json.loads(json.dumps(tuning_fields(OTHER)))["fusion"] == "reciprocal-rank"


def test_each_value_changes_the_hash() -> None:
    fields = asdict(OTHER)
    hashes = {replace(Tuning(), **{name: value}).hash for name, value in fields.items() if name != "target_tokens"}
    hashes |= {Tuning().hash, replace(Tuning(), target_tokens=127).hash}
    assert len(hashes) == len(fields) + 1
    assert Tuning().hash == Tuning().hash


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"dense_weight": -0.1}, "dense_weight -0.1, added_weight 0.5 and rerank_weight 14.0 were given"),
        ({"dense_weight": 1.01}, "the first two lie from 0 to 1"),
        ({"dense_weight": math.nan}, "dense_weight nan"),
        ({"added_weight": 2.0}, "added_weight 2.0"),
        ({"rerank_weight": -1.0}, "rerank_weight -1.0 were given; .* the last is 0 or more and finite"),
        ({"rerank_weight": math.inf}, "rerank_weight inf were given"),
        ({"rerank_weight": math.nan}, "rerank_weight nan were given"),
        ({"target_tokens": 0}, "target_tokens 0, max_tokens 256 and reranked 50 were given; all are above 0"),
        ({"max_tokens": 100}, "target_tokens 128, max_tokens 100 .* a target is at most its maximum"),
        ({"reranked": 0}, "reranked 0 were given"),
    ],
)
def test_values_that_no_search_can_go_by(tmp_path: Path, values: dict[str, Any], message: str) -> None:
    with pytest.raises(TuningError, match=message):
        replace(BASE, **values)
    with pytest.raises(TuningError, match=rf"tuned\.json cannot be used: .*{message}"):
        read_tuning(write(tmp_path / "tuned.json", tuning_fields(BASE) | values))
    with pytest.raises(ValueError, match="were given"):
        parse_tuning(tuning_fields(BASE) | values)


def test_the_borders_can_be_used() -> None:
    replace(BASE, dense_weight=0, added_weight=0, rerank_weight=0, target_tokens=256, reranked=1)
    replace(BASE, dense_weight=1, added_weight=1)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"depth": 3, "b": 1},
            r"tuned\.json cannot be used: it sets b, depth, which is unknown; `zhaiwen tune` writes",
        ),
        ({"fusion": "sum"}, r"tuned\.json holds no tuning \(.*tuning\.fusion Input should be 'convex' or"),
        ({"reranking": None}, "holds no tuning .*tuning.reranking Input should be"),
        ({"dense_weight": "much"}, "holds no tuning .*dense_weight Input should be a valid number"),
        ({"reranked": 3.5}, "holds no tuning .*reranked Input should be a valid integer"),
    ],
)
def test_unknown_fields_and_kinds(tmp_path: Path, values: dict[str, Any], message: str) -> None:
    with pytest.raises(TuningError, match=message):
        read_tuning(write(tmp_path / "tuned.json", values))


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", "3", '{"evidence": {}}', '{"tuning": []}', '{"tuning": null}', "[" * 100_000]
)
def test_damaged_files(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tuned.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(TuningError, match=r"tuned\.json holds no tuning \(.*\); name a file that `zhaiwen tune` wrote"):
        read_tuning(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(TuningError, match=r"gone\.json cannot be read \(No such file or directory\); name a file"):
        read_tuning(tmp_path / "gone.json")
    with pytest.raises(TuningError, match="cannot be read"):
        read_tuning(tmp_path)
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TuningError, match="holds no tuning"):
        read_tuning(tmp_path / "bytes.json")
