"""Finding a model, and refusing one that is not safe to load."""

import json
import shutil
from pathlib import Path

import pytest

from embeddings.encoders.model_folder import ModelRequest, find_model
from embeddings.errors import ModelError
from embeddings.records import Prompts


@pytest.fixture
def copy(tiny_model_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model_folder, tmp_path / "tiny-e5"))


def test_a_folder(copy: Path, tmp_path: Path) -> None:
    model = find_model(ModelRequest(str(copy)), tmp_path)
    assert (model.name, model.path, model.prompts) == ("tiny-e5", copy, Prompts("query: ", "passage: "))


def test_fingerprint_follows_weights_and_prompts(copy: Path, tmp_path: Path) -> None:
    before = find_model(ModelRequest(str(copy)), tmp_path).fingerprint
    assert find_model(ModelRequest(str(copy)), tmp_path).fingerprint == before
    assert find_model(ModelRequest(str(copy), query_prompt="q"), tmp_path).fingerprint != before
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert find_model(ModelRequest(str(copy)), tmp_path).fingerprint != before


def test_unknown_prompts(copy: Path, tmp_path: Path) -> None:
    other = copy.rename(tmp_path / "unheard-of")
    model = find_model(ModelRequest(str(other)), tmp_path)
    assert (model.prompts, model.prompts_known) == (Prompts(), False)


@pytest.mark.parametrize("source", ["./no/such/folder", "/no/such", "a/b/c", "", "?"])
def test_no_such_folder(source: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no model folder"):
        find_model(ModelRequest(source), tmp_path)


def test_a_hub_model_that_is_in_the_hub_cache(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = tmp_path / "hub" / "models--someone--tiny-e5"
    revision = "0123456789abcdef0123456789abcdef01234567"
    (hub / "refs").mkdir(parents=True)
    (hub / "refs" / "main").write_text(revision, encoding="utf-8")
    shutil.copytree(copy, hub / "snapshots" / revision)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    model = find_model(ModelRequest("someone/tiny-e5"), tmp_path)
    assert model.name == "someone/tiny-e5"
    assert model.prompts == Prompts("query: ", "passage: ")
    with pytest.raises(ModelError, match="'someone/other' is neither a folder here nor to be had from the hub"):
        find_model(ModelRequest("someone/other"), tmp_path)


def test_pickled_weights_are_refused(copy: Path, tmp_path: Path) -> None:
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(ModelError, match="holds no weights in .safetensors files"):
        find_model(ModelRequest(str(copy)), tmp_path)


def test_a_pickle_in_a_later_module_is_refused(copy: Path, tmp_path: Path) -> None:
    modules = json.loads((copy / "modules.json").read_text(encoding="utf-8"))
    modules.append({"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"})
    (copy / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
    (copy / "2_Dense").mkdir()
    (copy / "2_Dense" / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(ModelError, match="2_Dense/pytorch_model.bin, which could run code"):
        find_model(ModelRequest(str(copy)), tmp_path)


@pytest.mark.parametrize("path", ["../2_Dense", "x/../2_Dense", "/tmp/2_Dense"])  # noqa: S108
def test_a_module_outside_of_the_folder_is_refused(copy: Path, tmp_path: Path, path: str) -> None:
    modules = json.loads((copy / "modules.json").read_text(encoding="utf-8"))
    modules.append({"idx": 2, "name": "2", "path": path, "type": "sentence_transformers.models.Dense"})
    (copy / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
    with pytest.raises(ModelError, match="outside of its own place"):
        find_model(ModelRequest(str(copy)), tmp_path)


def test_a_linked_folder_is_refused(copy: Path, tmp_path: Path) -> None:
    (copy / "1_Pooling").rename(tmp_path / "elsewhere")
    (copy / "1_Pooling").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ModelError, match="holds a link to a folder"):
        find_model(ModelRequest(str(copy)), tmp_path)


def test_foreign_modules_are_refused(copy: Path, tmp_path: Path) -> None:
    modules = [{"idx": 0, "name": "0", "path": "", "type": "os.system"}]
    (copy / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
    with pytest.raises(ModelError, match="names the module os.system, which is not part of sentence-transformers"):
        find_model(ModelRequest(str(copy)), tmp_path)


def test_not_a_sentence_transformers_folder(copy: Path, tmp_path: Path) -> None:
    for content in ("[]", "3", '[{"type": 1}]', "{"):
        (copy / "modules.json").write_text(content, encoding="utf-8")
        with pytest.raises(ModelError, match="a list of modules was wanted"):
            find_model(ModelRequest(str(copy)), tmp_path)
    (copy / "modules.json").unlink()
    with pytest.raises(ModelError, match="has no modules.json, a sentence-transformers folder was wanted"):
        find_model(ModelRequest(str(copy)), tmp_path)
