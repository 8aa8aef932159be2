"""Whatever is sent, the service answers as its OpenAPI schema says, and never fails."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Served

HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
# Of an operation; half a minute in all. ZHAIWEN_EXAMPLES=2000 looks longer.
EXAMPLES = os.environ.get("ZHAIWEN_EXAMPLES", "200")


@pytest.fixture(scope="module")
def told(served: Served, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Run Schemathesis with every check on; return what it printed."""
    seed = ["--seed", "1"] if "CI" in os.environ else []
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{served.url}/openapi.json"),
            *("--checks", "all", "--continue-on-failure", "--max-examples", EXAMPLES, "--request-timeout", "60"),
            *("--generation-database", "none", "--no-color", *seed),
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=600,
        cwd=tmp_path_factory.mktemp("schemathesis"),
        env={**os.environ, "SCHEMATHESIS_HOOKS": str(HOOKS), "PYTHONPATH": str(ROOT)},
    )
    text = finished.stdout + finished.stderr
    assert finished.returncode == 0, text
    return text


def test_every_operation_does_as_the_schema_says(told: str, served: Served) -> None:
    assert re.search(r"Selected: ([0-9]+)/\1\n +Tested: \1\n", told), told
    found = re.search(r"([0-9]+) generated, \1 passed", told)
    assert found is not None, told
    assert int(found[1]) > 300
    assert served.process.poll() is None
