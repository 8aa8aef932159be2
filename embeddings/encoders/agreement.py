"""See that an exported encoder gives what its original does."""

import numpy as np

from embeddings.errors import ModelError
from embeddings.late_interaction.token_space import unit_rows
from embeddings.protocols import Encoder
from embeddings.records import TokenVectors

# The exported encoder must agree with the original on each of these texts, which differ in length,
# script and kind, and on each of their tokens; measured on the default model: 0.9999999 or more.
MIN_EXPORT_COSINE = 0.999
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


def _least_cosine(ours: TokenVectors, theirs: TokenVectors) -> float:
    """Return the least of the cosines of two encodings of one text: of the whole, and of each token.

    Of unit vectors u and v it is 1 - |u - v|² / 2, which also has two tokens of all zeros agree.
    """
    apart = unit_rows(ours.tokens) - unit_rows(theirs.tokens)
    cosines = 1 - np.sum(apart**2, axis=1) / 2
    return float(np.minimum(ours.vector @ theirs.vector, cosines.min(initial=1.0)))
