"""Prove the arrows of the house, and the sizes that its files keep."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("corpus", "embeddings", "service", "scripts")
MAY_IMPORT = {
    "corpus": {"corpus"},
    "embeddings": {"corpus", "embeddings"},
    "service": {"corpus", "embeddings", "service"},
    "scripts": {"corpus", "embeddings", "service", "scripts"},
}
# Each runs another kind of model.
TORCH_ENGINES = {"embeddings/encoders/sentence_transformers_encoder.py", "embeddings/rerankers/cross_encoder.py"}
# Every heavy library → the one file that imports it, or one file an engine that needs it.
HEAVY: dict[str, str | set[str]] = {
    "faiss": "embeddings/indexes/faiss_index.py",
    "onnxruntime": "embeddings/encoders/onnx_encoder.py",
    "onnx": "embeddings/encoders/onnx_graph.py",
    "torch": TORCH_ENGINES,
    "sentence_transformers": TORCH_ENGINES,
    "rjieba": "embeddings/terms.py",
    "pypinyin": "embeddings/pinyin.py",
    "threadpoolctl": "embeddings/store/loading.py",
    "rensa": "embeddings/duplicates.py",
    "opencc": "corpus/script.py",
    "trafilatura": "corpus/readers/web_page.py",
    "lxml": "corpus/readers/html_tree.py",
    "docx": "corpus/readers/word.py",
    "pypdfium2": "corpus/readers/pdf.py",
    "ir_measures": "embeddings/evaluation/measures.py",
    "scipy": "embeddings/evaluation/significance.py",
    "matplotlib": "embeddings/evaluation/plots.py",
    "jinja2": "embeddings/evaluation/report.py",
    "prometheus_client": "service/metrics.py",
    "throttled": "service/rate_limits.py",
    "httpx2": "embeddings/evaluation/service_client.py",
}
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            # A module named at run time: by a constant, or by the table of commands.
            yield from (str(argument.value) for argument in node.args if isinstance(argument, ast.Constant))


def test_sources_are_found() -> None:
    assert len(SOURCES) > 40


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_imports_point_one_way(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    ours = {name.split(".")[0] for name in imports(path)} & {*ROOMS, "tests"}
    assert ours <= MAY_IMPORT[room]


def test_web_framework_stays_in_service() -> None:
    users = {path.relative_to(ROOT).parts[0] for path in SOURCES if any(n.startswith("fastapi") for n in imports(path))}
    assert users == {"service"}


def test_each_heavy_library_has_one_door() -> None:
    doors: dict[str, set[str]] = {}
    for path in SOURCES:
        for name in imports(path):
            if name.split(".")[0] in HEAVY:
                doors.setdefault(name.split(".")[0], set()).add(path.relative_to(ROOT).as_posix())
    assert doors == {library: {door} if isinstance(door, str) else door for library, door in HEAVY.items()}


def test_no_import_cycle() -> None:
    modules = {path.relative_to(ROOT).with_suffix("").as_posix().replace("/", "."): path for path in SOURCES}
    graph = {name: {other for other in imports(path) if other in modules} for name, path in modules.items()}
    while leaves := {name for name, needs in graph.items() if not needs & graph.keys()}:
        graph = {name: needs for name, needs in graph.items() if name not in leaves}
    assert not graph


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MAX_FILE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < MAX_FUNCTION_LINES, node.name
