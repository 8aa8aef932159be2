"""Find a model by name or folder, and see that its files are safe to load."""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

from embeddings.encoders import default_model
from embeddings.encoders.prompts import prompts_for
from embeddings.errors import ModelError
from embeddings.files import files_below, sha256_of
from embeddings.records import Prompts

DEFAULT = "default"
# What a sentence-transformers folder needs; weights as safetensors only, no code, no pickle.
_HUB_PATTERNS = ("*.json", "*.txt", "*.model", "*.safetensors")
# Matches "2_Dense/pytorch_model.bin", "model.pkl"; must not match "openvino/openvino_model.bin".
_PICKLED = re.compile(r"(^|/)pytorch_model[^/]*\.bin$|\.(pt|pth|pkl|pickle|ckpt)$")
# Matches "intfloat/multilingual-e5-small"; must not match "./models/mine" or "a/b/c".
_HUB_NAME = re.compile(r"[\w.-]*\w/[\w.-]+|[\w][\w.-]*")
# Bump when the export to ONNX gives other vectors or other outputs than before, so that old ones are
# not mixed in, and what was exported for older snapshots stays as it is.
EXPORT_VERSION = 3


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """Say which model is wanted: `default`, a folder, or a hub name; and prompts, to override its own."""

    source: str = DEFAULT
    query_prompt: str | None = None
    passage_prompt: str | None = None


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """Hold a model that is ready to load. `prompts_known` is False where none were found."""

    name: str
    path: Path
    prompts: Prompts
    prompts_known: bool
    fingerprint: str


def find_model(request: ModelRequest, cache: Path) -> ModelFolder:
    """Return the folder of the wanted model, fetching or converting it where needed.

    Args:
        request: the model and its prompts.
        cache: where the converted default model is kept; hub models stay in the hub's own cache.

    Raises:
        ModelError: there is no such model, or its files are not safe to load.
        DependencyError: the package that carries the default model is missing.
    """
    name, path = _locate(request.source, cache)
    _check_safe(path)
    prompts = prompts_for(path, name, request.query_prompt, request.passage_prompt)
    fingerprint = _fingerprint(path, prompts or Prompts())
    return ModelFolder(name, path, prompts or Prompts(), prompts is not None, fingerprint)


def find_cross_encoder(source: str, cache: Path) -> ModelFolder:
    """Return the folder of a sentence-transformers CrossEncoder, fetching it where needed.

    Raises:
        ModelError: there is no such model, or its files are not safe to load.
    """
    name, path = _locate(source, cache)
    _check_files(path)
    return ModelFolder(name, path.resolve(), Prompts(), True, _fingerprint(path, Prompts()))


def checked_cross_encoder(path: Path, fingerprint: str) -> Path:
    """Return the folder of a cross-encoder after seeing that it is the one that an index was built with.

    Raises:
        ModelError: it is not there, or has changed.
    """
    if not path.is_dir() or _fingerprint(path, Prompts()) != fingerprint:
        raise ModelError(
            f"{path} does not hold the model that this index was built to be reranked with; bring it back, or build "
            "the index anew"
        )
    _check_files(path)
    return path


def _locate(source: str, cache: Path) -> tuple[str, Path]:
    if source == DEFAULT:
        return default_model.NAME, default_model.default_model_folder(cache)
    folder = Path(source).expanduser()
    try:
        if source and folder.is_dir():
            return folder.resolve().name, folder
    except OSError as error:
        raise ModelError(f"{source[:60]!r} cannot be read ({error.strerror}); name an existing folder") from error
    if not _HUB_NAME.fullmatch(source):
        raise ModelError(
            f"there is no model folder {source!r}; name an existing sentence-transformers folder, "
            "a hub model such as BAAI/bge-small-zh-v1.5, or leave --model out for the default"
        )
    try:
        return source, Path(snapshot_download(source, allow_patterns=list(_HUB_PATTERNS)))
    except (LocalEntryNotFoundError, HfHubHTTPError, HFValidationError, OSError) as error:
        reason = str(error).strip().split("\n")[0][:200]
        raise ModelError(
            f"the model {source!r} is neither a folder here nor to be had from the hub ({reason}); "
            "check the name and the network, or name a folder"
        ) from error


def _check_safe(folder: Path) -> None:
    """Refuse a folder that is no sentence-transformers model or would load a pickle or foreign code."""
    _check_files(folder)
    for type_, path in _modules(folder / "modules.json"):
        if not type_.startswith("sentence_transformers."):
            raise ModelError(
                f"{folder} names the module {type_}, which is not part of sentence-transformers and would run "
                "foreign code; use a model without custom modules"
            )
        if Path(path).is_absolute() or ".." in Path(path).parts:
            raise ModelError(f"{folder} names a module at {path!r}, outside of its own place; correct modules.json")


def _check_files(folder: Path) -> None:
    """Refuse a folder without safe weights, or with a pickle that would be loaded."""
    if any(path.is_symlink() and path.is_dir() for path in folder.rglob("*")):
        raise ModelError(f"{folder} holds a link to a folder, which is not followed; copy the folder itself there")
    names = files_below(folder)
    if not any(name.endswith(".safetensors") for name in names):
        raise ModelError(f"{folder} holds no weights in .safetensors files; convert the model first")
    for name in names:
        beside = {other for other in names if Path(other).parent == Path(name).parent}
        if _PICKLED.search(name) and not any(other.endswith(".safetensors") for other in beside):
            raise ModelError(
                f"{folder} holds {name}, which could run code when loaded, and no .safetensors beside it; "
                "convert the model first"
            )


def _modules(path: Path) -> list[tuple[str, str]]:
    """Return type and path of each module that the file names."""
    if not path.exists():
        raise ModelError(
            f"{path.parent} has no modules.json, a sentence-transformers folder was wanted; "
            "save the model with SentenceTransformer(…).save_pretrained(…)"
        )
    try:
        modules = [(str(entry["type"]), str(entry["path"])) for entry in json.loads(path.read_text("utf-8"))]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError(f"{path} cannot be read ({error}); a list of modules was wanted") from error
    if not modules:
        raise ModelError(f"{path} names no module; a list of modules was wanted")
    return modules


def _fingerprint(folder: Path, prompts: Prompts) -> str:
    hashes = {name: sha256_of(folder / name) for name in files_below(folder) if _matters(name)}
    content = json.dumps([EXPORT_VERSION, sorted(hashes.items()), prompts.query, prompts.passage])
    return hashlib.sha256(content.encode("utf-8")).hexdigest()


def _matters(name: str) -> bool:
    hidden = any(part.startswith(".") for part in Path(name).parts)
    return not hidden and name.endswith(tuple(pattern[1:] for pattern in _HUB_PATTERNS))
