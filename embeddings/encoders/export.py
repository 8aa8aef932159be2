"""Give the encoder that serves: exported once, then loaded without torch."""

import importlib
import shutil
from collections.abc import Callable
from pathlib import Path

from embeddings.encoders.model_folder import ModelFolder
from embeddings.encoders.onnx_encoder import OnnxEncoder
from embeddings.errors import INSTALL_HINT, DependencyError, SnapshotError
from embeddings.files import is_intact, new_folder, seal


def exported_encoder(model: ModelFolder, folder: Path, say: Callable[[str], None]) -> OnnxEncoder:
    """Return the model's encoder from `folder`, exporting it first where it is missing, damaged or outdated.

    Raises:
        DependencyError: an export is needed and sentence-transformers is not installed.
        ModelError: the model cannot be loaded or exported.
    """
    encoder = _intact(folder)
    if encoder is None:
        say(f"exporting the encoder {model.name} to ONNX")
        shutil.rmtree(folder, ignore_errors=True)
        with new_folder(folder) as unfinished:
            _export(model, unfinished, say)
            seal(unfinished)
        encoder = OnnxEncoder.load(folder)
    return encoder


def _intact(folder: Path) -> OnnxEncoder | None:
    if not is_intact(folder):
        return None
    try:
        return OnnxEncoder.load(folder)
    except SnapshotError:  # whole, but written by an older version
        return None


def _export(model: ModelFolder, folder: Path, say: Callable[[str], None]) -> None:
    try:
        # Torch takes seconds to import: only who exports pays for it.
        engine = importlib.import_module("embeddings.encoders.sentence_transformers_encoder")
    except ModuleNotFoundError as error:
        raise DependencyError(f"exporting a model needs the package {error.name}; {INSTALL_HINT}") from error
    engine.SentenceTransformersEncoder.load(model).export(folder, say)
