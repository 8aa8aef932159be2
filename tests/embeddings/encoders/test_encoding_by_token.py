"""The contract of encoding by token, for both engines, on the default model and on a tiny one."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest

from embeddings.encoders.export import exported_encoder
from embeddings.encoders.model_folder import ModelFolder
from embeddings.encoders.onnx_encoder import OnnxEncoder
from embeddings.encoders.sentence_transformers_encoder import SentenceTransformersEncoder
from embeddings.errors import TextTooLongError
from embeddings.late_interaction.token_space import unit_rows
from embeddings.protocols import Encoder
from embeddings.records import Precision, TokenVectors

TEXTS = [
    "催收人员能不能给我妈打电话",
    "上门",
    " 他們說要到公司找我，怎麼辦？ ",
    "Can they call my boss?",
    "逾期之后，机构先发短信；" * 7,
    "３１日 ①② ㈱ 😀",
    "",
]
METHODS = ("encode_queries", "encode_passages")


class Engines(NamedTuple):
    onnx: Encoder
    reference: Encoder


def by_token(engine: Encoder, method: str, texts: list[str]) -> list[TokenVectors]:
    encode: Callable[[list[str]], list[TokenVectors]] = getattr(engine, f"{method}_by_token")
    return encode(texts)


@pytest.fixture(scope="module")
def default(encoder: OnnxEncoder, default_model: ModelFolder) -> Engines:
    return Engines(encoder, SentenceTransformersEncoder.load(default_model))


@pytest.fixture(scope="module")
def tiny(tiny_model: ModelFolder, tmp_path_factory: pytest.TempPathFactory) -> Engines:
    folder = tmp_path_factory.mktemp("tiny-onnx") / "encoder"
    return Engines(exported_encoder(tiny_model, folder, print), SentenceTransformersEncoder.load(tiny_model))


@pytest.fixture(params=["default", "tiny"])
def engines(request: pytest.FixtureRequest) -> Engines:
    found: Engines = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["onnx", "reference"])
def engine(request: pytest.FixtureRequest, engines: Engines) -> Encoder:
    found: Encoder = getattr(engines, request.param)
    return found


@pytest.mark.parametrize("method", METHODS)
def test_shapes_and_kinds(engine: Encoder, method: str) -> None:
    for text, encoded in zip(TEXTS, by_token(engine, method, TEXTS), strict=True):
        count = len(encoded.ids)
        assert encoded.vector.shape == (engine.info.dimension,)
        assert encoded.tokens.shape == (count, engine.info.token_dimension)
        assert (encoded.ids.shape, encoded.offsets.shape) == ((count,), (count, 2))
        arrays = (encoded.vector, encoded.tokens, encoded.ids, encoded.offsets)
        assert [str(array.dtype) for array in arrays] == ["float32", "float32", "int32", "int32"]
        starts, ends = encoded.offsets.T
        assert bool(np.all((starts >= 0) & (starts < ends) & (ends <= len(text))))
        covered = {place for start, end in encoded.offsets.tolist() for place in range(start, end)}
        assert {place for place, character in enumerate(text) if not character.isspace()} <= covered


@pytest.mark.parametrize("method", METHODS)
def test_the_vector_is_that_of_encoding_without_tokens(engine: Encoder, method: str) -> None:
    vectors = getattr(engine, method)(TEXTS)
    for vector, encoded in zip(vectors, by_token(engine, method, TEXTS), strict=True):
        assert encoded.vector == pytest.approx(vector, abs=1e-5)


def test_each_character_of_the_tiny_model_is_a_token(tiny: Engines) -> None:
    for engine in tiny:
        (question,), (passage,) = (
            engine.encode_queries_by_token(["上门上"]),
            engine.encode_passages_by_token(["上门上"]),
        )
        assert question.offsets.tolist() == [[0, 1], [1, 2], [2, 3]]
        assert question.ids[0] == question.ids[2] != question.ids[1]
        assert question.ids.tolist() == passage.ids.tolist()
        # The same characters stand behind another prompt, and at other places.
        assert float(np.abs(question.tokens - passage.tokens).min(axis=1).max()) > 0
        assert float(np.abs(question.tokens[0] - question.tokens[2]).max()) > 0.01


@pytest.mark.parametrize("method", METHODS)
def test_tokens_do_not_depend_on_the_texts_beside_them(engine: Encoder, method: str) -> None:
    for text, together in zip(TEXTS, by_token(engine, method, TEXTS), strict=True):
        (alone,) = by_token(engine, method, [text])
        assert alone.ids.tolist() == together.ids.tolist()
        assert unit_rows(alone.tokens) == pytest.approx(unit_rows(together.tokens), abs=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_both_engines_agree(engines: Engines, method: str) -> None:
    assert engines.onnx.info == replace(engines.reference.info, precision=Precision.INT8)
    ours, theirs = (by_token(engine, method, TEXTS) for engine in engines)
    for our, their in zip(ours, theirs, strict=True):
        assert our.ids.tolist() == their.ids.tolist()
        assert our.offsets.tolist() == their.offsets.tolist()
        cosines = np.sum(unit_rows(our.tokens) * unit_rows(their.tokens), axis=1)
        # Rounded to eight bits: 0.9962 or more.
        assert cosines.min(initial=1) >= 0.995


def test_the_same_word_is_nearer_than_another(default: Engines) -> None:
    for engine in default:
        (question,) = engine.encode_queries_by_token(["上门"])
        (passage,) = engine.encode_passages_by_token(["他们可以上门吗"])
        nearest = (question.tokens @ passage.tokens.T).argmax(axis=1)
        assert passage.offsets[nearest].tolist() == [[4, 5], [5, 6]]


@pytest.mark.parametrize("method", METHODS)
def test_progress_and_texts_that_are_too_long(engine: Encoder, method: str) -> None:
    finished: list[int] = []
    getattr(engine, f"{method}_by_token")(TEXTS, finished.append)
    assert sum(finished) == len(TEXTS)
    assert by_token(engine, method, []) == []
    with pytest.raises(TextTooLongError, match=r"of 1500 characters has \d+ tokens, .* reads at most \d+"):
        by_token(engine, method, ["短", "催收电话，" * 300])
