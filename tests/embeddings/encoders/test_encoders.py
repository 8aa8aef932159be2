"""The contract of an encoder, for both engines, on the real default model."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from embeddings.encoders.model_folder import ModelFolder
from embeddings.encoders.onnx_encoder import OnnxEncoder
from embeddings.encoders.sentence_transformers_encoder import SentenceTransformersEncoder
from embeddings.errors import TextTooLongError
from embeddings.protocols import Encoder
from embeddings.records import Precision

TEXTS = [
    "催收人员能不能给我妈打电话",
    "上门",
    "他們說要到公司找我，怎麼辦？",
    "Can they call my boss?",
    "逾期之后，机构通常先发短信，再打电话；" * 12,
    "２０２６年３月３１日 ①②③ ㈱ 😀",
    "",
]


@pytest.fixture(scope="module")
def reference(default_model: ModelFolder) -> SentenceTransformersEncoder:
    return SentenceTransformersEncoder.load(default_model)


@pytest.fixture(params=["onnx", "sentence-transformers"])
def engine(request: pytest.FixtureRequest, encoder: OnnxEncoder, reference: SentenceTransformersEncoder) -> Encoder:
    return encoder if request.param == "onnx" else reference


def test_vectors_have_length_one(engine: Encoder) -> None:
    vectors = engine.encode_passages(TEXTS)
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)


def test_a_vector_does_not_depend_on_its_neighbours(engine: Encoder) -> None:
    together = engine.encode_queries(TEXTS)
    alone = np.concatenate([engine.encode_queries([text]) for text in TEXTS])
    assert np.sum(together * alone, axis=1).min() > 0.99999
    others = [*TEXTS, *(text * 3 for text in reversed(TEXTS))]
    crowded = engine.encode_queries(others)[: len(TEXTS)]
    assert np.sum(crowded * alone, axis=1).min() > 0.99999


def test_questions_and_passages_have_prompts_of_their_own(engine: Encoder) -> None:
    (question,), (passage,) = engine.encode_queries(["上门"]), engine.encode_passages(["上门"])
    assert 0.8 < float(question @ passage) < 0.99


def test_meaning_crosses_words(engine: Encoder) -> None:
    (question,) = engine.encode_queries(["收债的会不会来我家"])
    near, far = engine.encode_passages(["催收人员上门时应当出示证件。", "征信报告每年可以免费查询两次。"])
    assert question @ near > question @ far


def test_progress_and_empty_input(engine: Encoder) -> None:
    finished: list[int] = []
    engine.encode_passages(TEXTS, finished.append)
    assert sum(finished) == len(TEXTS)


@pytest.mark.parametrize("method", ["encode_queries", "encode_passages"])
def test_a_text_is_refused_rather_than_cut(engine: Encoder, method: str) -> None:
    encode: Callable[[list[str]], object] = getattr(engine, method)
    text = "催收电话，" * 300
    with pytest.raises(TextTooLongError, match=r"of 1500 characters has \d+ tokens, .* reads at most 512"):
        encode(["短", text])


def test_both_engines_agree(encoder: OnnxEncoder, reference: SentenceTransformersEncoder) -> None:
    assert encoder.info == replace(reference.info, precision=Precision.INT8)
    assert encoder.count_tokens(TEXTS) == reference.count_tokens(TEXTS)
    for ours, theirs in (
        (encoder.encode_queries(TEXTS), reference.encode_queries(TEXTS)),
        (encoder.encode_passages(TEXTS), reference.encode_passages(TEXTS)),
    ):
        cosines = np.sum(ours * theirs, axis=1)
        # Rounded to eight bits; the last text is empty, which is none that was tried when it was rounded.
        assert cosines[:-1].min() >= 0.998
        assert cosines[-1] >= 0.98


def test_token_count_is_what_the_model_reads(encoder: OnnxEncoder) -> None:
    # <s> ▁passage : ▁ 微 粒 贷 </s>
    assert encoder.count_tokens(["微粒贷"]) == [8]
