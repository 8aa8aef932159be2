"""What is kept of questions, and what is not."""

import pickle
from dataclasses import replace

import numpy as np

from embeddings.encoders.onnx_encoder import OnnxEncoder
from embeddings.encoders.query_cache import QueryCache
from embeddings.records import Precision, TokenVectors

SOME = TokenVectors(
    np.ones(2, np.float32), np.ones((1, 2), np.float32), np.zeros(1, np.int32), np.zeros((1, 2), np.int32)
)


def test_the_last_ones_are_kept(encoder: OnnxEncoder) -> None:
    cache = QueryCache(2)
    cache.keep(encoder, "上门", SOME)
    cache.keep(encoder, "电话", SOME)
    # Asked again, it is not the oldest any more.
    assert cache.known(encoder, ["上门", "征信"]) == [SOME, None]
    cache.keep(encoder, "征信", SOME)
    assert cache.known(encoder, ["上门", "电话", "征信"]) == [SOME, None, SOME]
    assert len(cache) == 2


def test_another_encoder_has_vectors_of_its_own(encoder: OnnxEncoder) -> None:
    cache = QueryCache(10)
    cache.keep(encoder, "上门", SOME)
    for info in (replace(encoder.info, fingerprint="other"), replace(encoder.info, precision=Precision.FP32)):
        assert cache.known(encoder.described(info), ["上门"]) == [None]


def test_none_are_kept_where_none_are_wanted(encoder: OnnxEncoder) -> None:
    cache = QueryCache(0)
    cache.keep(encoder, "上门", SOME)
    assert cache.known(encoder, ["上门"]) == [None]
    assert not len(cache)


def test_no_text_is_kept(encoder: OnnxEncoder) -> None:
    cache = QueryCache(10)
    cache.keep(encoder, "我欠了三万", SOME)
    kept = pickle.dumps(list(cache._kept.items()))
    assert "欠".encode() not in kept
    # Nor can a hash be looked up: another process has another secret.
    other = QueryCache(10)
    other.keep(encoder, "我欠了三万", SOME)
    assert cache._kept.keys().isdisjoint(other._kept)
