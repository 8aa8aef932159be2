"""See that an exported encoder gives what its original does."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from embeddings.encoders.onnx_encoder import OnnxEncoder
from embeddings.errors import ModelError
from embeddings.late_interaction.token_space import unit_rows
from embeddings.protocols import Encoder
from embeddings.records import Prompts, TokenVectors

# The exported encoder must agree with the original on each of these texts, which differ in length,
# script and kind, and on each of their tokens; measured on the default model: 0.9999999 or more.
MIN_EXPORT_COSINE = 0.999
# Of whole vectors, an encoder rounded to eight bits must agree so well with the exact one on every text; the default
# model has 0.997 or more.
MIN_ROUNDED_COSINE = 0.99
_PROBES = (
    "微粒贷逾期会上门吗",
    "催收人员晚上十一点还在打电话，我可以要求他们停下来吗？",
    "繁體中文的問題：催收可以聯絡我的家人嗎？",
    "May a debt collector call my employer?",
    "１２３ ＡＢＣ，2026年3月31日之前还清 ¥10,000.00",
    "逾期以后银行可能先发短信提醒，然后由客服打电话询问原因，再往后可能委托外部机构。" * 4,
)


def refuse_difference(exported: Encoder, original: Encoder) -> None:
    """Compare two encoders on probe texts of many kinds.

    Raises:
        ModelError: they cut a text into other tokens, or a vector is another.
    """
    lengths = original.count_tokens(_PROBES)
    # A model of few positions cannot read the longest probe.
    probes = [probe for probe, n in zip(_PROBES, lengths, strict=True) if n <= original.info.max_tokens]
    ours, theirs = exported.encode_passages_by_token(probes), original.encode_passages_by_token(probes)
    same_tokens = exported.count_tokens(_PROBES) == lengths and all(
        np.array_equal(our.ids, their.ids) for our, their in zip(ours, theirs, strict=True)
    )
    worst = min(map(_least_cosine, ours, theirs)) if same_tokens else float("nan")
    if not worst >= MIN_EXPORT_COSINE:
        raise ModelError(
            f"{original.info.name} encodes differently after export to ONNX (cosine {worst:.5f}, at least "
            f"{MIN_EXPORT_COSINE} was wanted; same tokens: {same_tokens}); use another model"
        )


def least_agreement(rounded: OnnxEncoder, exact: OnnxEncoder, texts: Sequence[str]) -> float:
    """Return the least cosine of two encoders' vectors of one text, the texts as they are read, prompts and all."""
    without = Prompts()
    ours, theirs = (one.described(replace(one.info, prompts=without)) for one in (rounded, exact))
    return float(np.sum(ours.encode_passages(texts) * theirs.encode_passages(texts), axis=1).min())


def _least_cosine(ours: TokenVectors, theirs: TokenVectors) -> float:
    """Return the least of the cosines of two encodings of one text: of the whole, and of each token.

    Of unit vectors u and v it is 1 - |u - v|² / 2, which also has two tokens of all zeros agree.
    """
    apart = unit_rows(ours.tokens) - unit_rows(theirs.tokens)
    cosines = 1 - np.sum(apart**2, axis=1) / 2
    return float(np.minimum(ours.vector @ theirs.vector, cosines.min(initial=1.0)))
