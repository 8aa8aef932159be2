"""What is exported, what is refused, and what is exported anew."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

from embeddings.encoders.agreement import refuse_difference
from embeddings.encoders.export import exported_encoder
from embeddings.encoders.light_tokenizer import LIGHT_FILES
from embeddings.encoders.model_folder import ModelFolder, ModelRequest, find_model
from embeddings.encoders.onnx_encoder import FILES, OnnxEncoder
from embeddings.encoders.sentence_transformers_encoder import SentenceTransformersEncoder
from embeddings.errors import ModelError, SnapshotError
from embeddings.files import files_below, is_intact, seal
from embeddings.protocols import Progress
from embeddings.records import TokenVectors
from tests.tiny_model import DIMENSION, MAX_TOKENS


@pytest.fixture
def exported(tiny_model: ModelFolder, tmp_path: Path) -> Path:
    exported_encoder(tiny_model, tmp_path / "encoder", print)
    return tmp_path / "encoder"


def rewrite_info(folder: Path, **changes: object) -> None:
    """Change fields of an encoder's description, or take them out where None, and seal it again."""
    path = folder / FILES.info
    fields = {**json.loads(path.read_text(encoding="utf-8")), **changes}
    kept = {name: value for name, value in fields.items() if value is not None}
    path.write_text(json.dumps(kept), encoding="utf-8")
    seal(folder)


def test_a_second_call_exports_nothing(tiny_model: ModelFolder, exported: Path) -> None:
    said: list[str] = []
    assert exported_encoder(tiny_model, exported, said.append).info.token_dimension == DIMENSION
    assert not said


def test_an_export_of_an_older_version_is_refused_and_exported_anew(tiny_model: ModelFolder, exported: Path) -> None:
    rewrite_info(exported, token_dimension=None)
    assert is_intact(exported)
    with pytest.raises(SnapshotError, match="does not describe an encoder .*token_dimension.*; build it anew with"):
        OnnxEncoder.load(exported)
    said: list[str] = []
    encoder = exported_encoder(tiny_model, exported, said.append)
    assert said == [f"exporting the encoder {tiny_model.name} to ONNX"]
    assert encoder.encode_queries_by_token(["上门"])[0].tokens.shape == (2, DIMENSION)


class _NoTokens(torch.nn.Module):
    """Drop the tokens' vectors, as a model without any would never make them."""

    def forward(self, features: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        del features["token_embeddings"]
        return features


@pytest.fixture
def without_tokens(tiny_model: ModelFolder) -> SentenceTransformersEncoder:
    transformer = Transformer(str(tiny_model.path), max_seq_length=MAX_TOKENS)
    model = SentenceTransformer(modules=[transformer, Pooling(DIMENSION, "mean"), _NoTokens()], device="cpu")
    return SentenceTransformersEncoder.of(model, tiny_model)


def test_a_model_without_tokens(without_tokens: SentenceTransformersEncoder, tmp_path: Path) -> None:
    without_tokens.export(tmp_path, print)
    exported = OnnxEncoder.load(tmp_path)
    for engine in (without_tokens, exported):
        assert engine.info.token_dimension is None
        (vector,), (encoded,) = engine.encode_queries(["上门"]), engine.encode_queries_by_token(["上门"])
        assert encoded.vector.tolist() == vector.tolist()
        assert (encoded.tokens.shape, encoded.ids.shape, encoded.offsets.shape) == ((0, 0), (0,), (0, 2))


def test_a_graph_that_is_not_as_described(without_tokens: SentenceTransformersEncoder, tmp_path: Path) -> None:
    without_tokens.export(tmp_path, print)
    rewrite_info(tmp_path, token_dimension=DIMENSION)
    with pytest.raises(SnapshotError, match="holds a graph and a description that differ on tokens"):
        OnnxEncoder.load(tmp_path)


class _OneOther(SentenceTransformersEncoder):
    """Give for one token of the last text another vector, or another id."""

    other_id = False

    def encode_passages_by_token(self, texts: Sequence[str], progress: Progress | None = None) -> list[TokenVectors]:
        *others, last = super().encode_passages_by_token(texts, progress)
        tokens, ids = last.tokens.copy(), last.ids.copy()
        if self.other_id:
            ids[-1] += 1
        else:
            tokens[-1] = np.roll(tokens[-1], 1)
        return [*others, replace(last, tokens=tokens, ids=ids)]


@pytest.mark.parametrize(("other_id", "same_tokens"), [(False, True), (True, False)])
def test_one_token_that_differs_is_noticed(tiny_model: ModelFolder, other_id: bool, same_tokens: bool) -> None:
    original, other = SentenceTransformersEncoder.load(tiny_model), _OneOther.load(tiny_model)
    refuse_difference(original, original)
    assert isinstance(other, _OneOther)
    other.other_id = other_id
    with pytest.raises(ModelError, match=f"encodes differently after export .*same tokens: {same_tokens}"):
        refuse_difference(other, original)


def with_unigram(tiny_model: ModelFolder, folder: Path, byte_fallback: bool) -> ModelFolder:
    """Return a copy of the tiny model whose tokenizer is a Unigram one of the same pieces."""
    copy = Path(shutil.copytree(tiny_model.path, folder / "tiny-e5"))
    path = copy / "tokenizer.json"
    description = json.loads(path.read_text(encoding="utf-8"))
    by_id = sorted(description["model"]["vocab"].items(), key=lambda piece: piece[1])
    vocabulary = [(piece, -1.0) for piece, _ in by_id]
    unigram = {"type": "Unigram", "unk_id": 1, "vocab": vocabulary, "byte_fallback": byte_fallback}
    path.write_text(json.dumps({**description, "model": unigram}), encoding="utf-8")
    return find_model(ModelRequest(str(copy)), folder)


def test_a_light_tokenizer(tiny_model: ModelFolder, exported: Path, tmp_path: Path) -> None:
    said: list[str] = []
    folder = tmp_path / "light"
    light = exported_encoder(with_unigram(tiny_model, tmp_path, False), folder, said.append)
    assert said == ["exporting the encoder tiny-e5 to ONNX"]
    assert set(asdict(LIGHT_FILES).values()) <= set(files_below(folder))
    assert not (folder / "tokenizer.json").exists()
    full = OnnxEncoder.load(exported)
    texts = ["上门催收要带证件", "微粒贷", ""]
    assert light.count_tokens(texts) == full.count_tokens(texts)
    assert light.encode_passages(texts) == pytest.approx(full.encode_passages(texts), abs=1e-6)


def test_a_tokenizer_that_cannot_be_light_is_told_of(tiny_model: ModelFolder, tmp_path: Path) -> None:
    said: list[str] = []
    exported_encoder(with_unigram(tiny_model, tmp_path, True), tmp_path / "full", said.append)
    assert said == [
        "exporting the encoder tiny-e5 to ONNX",
        "the tokenizer of tiny-e5 is held in memory as a whole: it spells unknown characters in bytes",
    ]


@pytest.mark.parametrize("name", asdict(LIGHT_FILES).values())
def test_a_damaged_light_tokenizer(tiny_model: ModelFolder, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "light"
    exported_encoder(with_unigram(tiny_model, tmp_path, False), folder, print)
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(SnapshotError, match="holds no encoder that can be loaded .*; build it anew with"):
        OnnxEncoder.load(folder)
    (folder / name).unlink()
    with pytest.raises(SnapshotError, match="holds no encoder that can be loaded .*; build it anew with"):
        OnnxEncoder.load(folder)
