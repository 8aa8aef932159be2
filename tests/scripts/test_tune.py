"""`zhaiwen tune` writes a file that `zhaiwen rebuild` reads."""

import json
from pathlib import Path

import pytest

from embeddings.tuning import read_tuning
from tests.conftest import write_lines, zhaiwen_here


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "articles").mkdir()
    for name, text in (
        ("visits", "上门催收要出示证件。"),
        ("calls", "催收电话一天最多三次。"),
        ("court", "收到传票要应诉。"),
    ):
        (tmp_path / "articles" / f"{name}.md").write_text(f"# {name}\n\n{text}\n", encoding="utf-8")
    questions = [
        {
            "id": f"{article}{number}",
            "question": text,
            "judgements": [{"article": f"{article}.md", "grade": 2, "answer": answer}],
        }
        for article, answer, texts in (
            ("visits", "出示证件", ("上门看什么", "上门催收带什么证件")),
            ("calls", "一天最多三次", ("电话几次", "一天打几次电话")),
            ("court", "要应诉", ("传票怎么办", "收到法院传票")),
        )
        for number, text in enumerate(texts)
    ]
    write_lines(tmp_path / "questions.jsonl", *questions)
    return tmp_path


def test_what_is_chosen_is_written_with_its_evidence_and_read_by_the_build(
    folder: Path, tiny_model_folder: Path
) -> None:
    written = folder / "tuning.json"
    model = ("--model", tiny_model_folder)
    tuned = zhaiwen_here(
        *("tune", folder / "questions.jsonl", "--articles", folder / "articles", "--output", written),
        *("--sizes", "32:64,40:80", "--work", folder / "work", *model),
    )
    assert tuned.returncode == 0, tuned.stderr
    found = read_tuning(written)
    assert found.evidence.asked == 6
    assert found.evidence.questions == "questions.jsonl"
    assert (found.tuning.target_tokens, found.tuning.max_tokens) in {(32, 64), (40, 80)}
    assert found.evidence.tried[0].mean >= found.evidence.tried[-1].mean
    assert "the best on all questions:" in tuned.stdout
    built = zhaiwen_here("rebuild", folder / "articles", "--index", folder / "index", "--tuning", written, *model)
    assert built.returncode == 0, built.stderr
    (manifest,) = (folder / "index" / "snapshots").glob("*/manifest.json")
    assert json.loads(manifest.read_text(encoding="utf-8"))["tuning"]["dense_weight"] == found.tuning.dense_weight


@pytest.mark.parametrize("sizes", ["128", "128:64", "a:b", "", "128:256,"])
def test_sizes_that_are_none_are_refused(folder: Path, sizes: str) -> None:
    refused = zhaiwen_here("tune", folder / "questions.jsonl", "--output", folder / "t.json", "--sizes", sizes)
    assert refused.returncode == 2
    assert "pairs such as 128:256" in refused.stderr


def test_the_questions_are_not_overwritten(folder: Path) -> None:
    refused = zhaiwen_here("tune", folder / "questions.jsonl", "--output", folder / "questions.jsonl")
    assert refused.returncode == 2
    assert "would be overwritten" in refused.stderr
