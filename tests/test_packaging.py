"""What `pip install .` gives: the packages, and the files that they read."""

import subprocess
import sys
import zipfile
from pathlib import Path

from corpus.reading import shipped_articles
from tests.conftest import ROOT


def test_the_wheel_holds_what_the_packages_read(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, check=True, capture_output=True, cwd=ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    wanted = {f"corpus/articles/{path.name}" for path in shipped_articles().glob("*.md")}
    wordlists = list((ROOT / "corpus" / "wordlists").glob("*.txt"))
    assert len(wordlists) > 2
    wanted |= {path.relative_to(ROOT).as_posix() for path in wordlists}
    wanted |= {"corpus/questions/dev.jsonl", "corpus/questions/unanswerable-dev.jsonl", "embeddings/tuned.json"}
    wanted |= {"embeddings/danger_weights.json"}
    wanted |= {"service/web/index.html", "service/web/app.js", "service/web/texts/en.js"}
    page = ROOT / "embeddings" / "evaluation" / "page"
    wanted |= {path.relative_to(ROOT).as_posix() for path in page.iterdir()}
    assert wanted <= names
    assert {name.split("/")[0] for name in names} == {
        "corpus",
        "embeddings",
        "scripts",
        "service",
        f"zhaiwen-{wheel.name.split('-')[1]}.dist-info",
    }
