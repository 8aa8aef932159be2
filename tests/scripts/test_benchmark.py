"""`zhaiwen benchmark` with real parts: both services, both encoders, a tiny model."""

import json
from pathlib import Path

from tests.conftest import ROOT, write_lines, zhaiwen, zhaiwen_here


def test_a_tiny_run(tiny_model_folder: Path, cache: Path, tmp_path: Path) -> None:
    beir = tmp_path / "my-beir"
    (beir / "qrels").mkdir(parents=True)
    texts = ("上门要带证件。", "催收电话一天不超过三次。", "征信记录保存五年。")
    write_lines(beir / "corpus.jsonl", *({"_id": f"d{n}", "title": "", "text": text} for n, text in enumerate(texts)))
    write_lines(beir / "queries.jsonl", *({"_id": f"q{n}", "text": text[:4]} for n, text in enumerate(texts)))
    qrels = "".join(f"q{n}\td{n}\t1\n" for n in range(3))
    (beir / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n{qrels}", encoding="utf-8")
    written, plots = tmp_path / "found.json", tmp_path / "plots"
    finished = zhaiwen(
        *("benchmark", "--beir", beir, "--model", tiny_model_folder, "--cache", cache, "--clients", 2, 1),
        *("--seconds", 1, "--starts", 1, "--json", written, "--plots", plots),
    )
    assert finished.returncode == 0, finished.stderr
    found = json.loads(written.read_text(encoding="utf-8"))
    assert finished.stdout.strip() == written.with_suffix(".md").read_text(encoding="utf-8").strip()
    for service in ("plain", "ours", "cached"):
        assert [load["clients"] for load in found[service]["loads"]] == [1, 2]
        assert all(load["answered"] > 5 and not load["errors"] for load in found[service]["loads"])
    # Lexical search knows these; vectors of a tiny model do not, but the same in both processes.
    assert found["ours"]["ndcg"] == 1
    assert 0 < found["plain"]["ndcg"] <= 1
    assert abs(found["ranking"][0] - found["ranking"][1]) < 0.01
    assert found["ranking"][1] == found["plain"]["ndcg"]
    assert [name for name, _ in found["parts"]][:3] == ["Python", "imports", "tokenizer"]
    assert [name for name, _ in found["parts"]][-1] == "first searches"
    assert sorted(path.name for path in plots.iterdir()) == ["load.svg", "memory.svg"]


def test_mistakes(tmp_path: Path) -> None:
    missing = zhaiwen_here(
        "benchmark", "--index", tmp_path / "none", "--json", tmp_path / "x.json", "--plots", tmp_path
    )
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "none" in missing.stderr
    no_set = zhaiwen_here("benchmark", "--beir", tmp_path, "--json", tmp_path / "x.json", "--plots", tmp_path)
    assert no_set.returncode == 2
    assert "test.tsv" in no_set.stderr
    folder = zhaiwen_here("benchmark", "--json", tmp_path, "--plots", tmp_path)
    assert folder.returncode == 2
    assert "cannot be written" in folder.stderr


def test_nothing_else_of_the_rooms_imports_benchmarks() -> None:
    users = [
        path.relative_to(ROOT).as_posix()
        for room in ("corpus", "embeddings", "service", "scripts")
        for path in (ROOT / room).rglob("*.py")
        if "from benchmarks" in path.read_text(encoding="utf-8")
    ]
    assert users == ["scripts/benchmark.py"]
