"""The default model: read from its wheel, converted once, whole or not at all."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors import SafetensorError

from embeddings.encoders import default_model as module
from embeddings.encoders.default_model import default_model_folder
from embeddings.encoders.e5_file import E5File, unpack_4bit
from embeddings.encoders.model_folder import ModelFolder
from embeddings.errors import DependencyError, ModelError
from embeddings.files import is_intact
from embeddings.records import Prompts


def test_unpacking_by_hand() -> None:
    block = np.zeros(18, dtype=np.uint8)
    block[:2] = np.frombuffer(np.float16(0.5).tobytes(), np.uint8)
    block[2:] = 0x88
    block[2] = 0x1F  # weight 0 in the low nibble: 15; weight 16 in the high one: 1
    weights = unpack_4bit(block)
    assert weights[0] == (15 - 8) * 0.5
    assert weights[16] == (1 - 8) * 0.5
    assert np.count_nonzero(weights) == 2
    assert weights.shape == (32,)


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ModelError, match=r"no E5S1 model file \(it begins with b'GGUF'"):
        E5File.load(tmp_path / "a.bin")
    (tmp_path / "a.bin").write_bytes(b"E5S1")
    with pytest.raises(ModelError, match="no E5S1 model file"):
        E5File.load(tmp_path / "a.bin")


def test_prompts_and_name(default_model: ModelFolder) -> None:
    assert default_model.name == "multilingual-e5-small-q4"
    assert default_model.prompts == Prompts("query: ", "passage: ")
    assert default_model.prompts_known


def test_a_second_call_reads_what_the_first_wrote(default_model: ModelFolder, cache: Path) -> None:
    weights = default_model.path / "model.safetensors"
    before = weights.stat().st_mtime_ns
    assert default_model_folder(cache) == default_model.path
    assert weights.stat().st_mtime_ns == before


def test_processes_that_start_together_make_one_whole_folder(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from embeddings.encoders.default_model import default_model_folder; "
        "print(default_model_folder(Path(sys.argv[1])))"
    )
    together = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    printed = {process.communicate(timeout=120)[0].strip() for process in together}
    assert [process.returncode for process in together] == [0, 0]
    (folder,) = map(Path, printed)
    assert is_intact(folder)
    assert sorted(path.name for path in folder.parent.iterdir()) == [folder.name, f"{folder.name}.lock"]

    # A damaged copy is made anew.
    weights = folder / "model.safetensors"
    with weights.open("r+b") as file:
        file.seek(1000)
        file.write(b"\xff\xff\xff\xff")
    assert not is_intact(folder)
    assert is_intact(default_model_folder(tmp_path))


def test_another_file_than_the_tested_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MODEL_SHA256", "0" * 64)
    with pytest.raises(ModelError, match=r"has SHA-256 1571fc98.*, 0{64} was wanted"):
        default_model_folder(tmp_path)
    assert not list((tmp_path / "models").glob("*/"))


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(ModelError, match="cannot be written to .* name another folder with --cache"):
        default_model_folder(tmp_path / "file")


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(module, "save_file", full)
    with pytest.raises(ModelError, match="cannot be written to .*No space left on device"):
        default_model_folder(tmp_path)
    assert not list((tmp_path / "models").glob("*/"))


def test_without_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PACKAGE", "no_such_package")
    with pytest.raises(DependencyError, match="needs the package no_such_package; run `pip install"):
        default_model_folder(tmp_path)
