"""Rerank with a sentence-transformers CrossEncoder, which reads question and passage together."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from sentence_transformers import CrossEncoder
from torch.nn import Identity
from transformers.utils import logging as transformers_logging

from embeddings.errors import ModelError
from embeddings.records import FloatArray, Query, RowArray

# What a model's own code may raise when it meets a configuration that it does not expect.
_FOREIGN_ERRORS = (OSError, ImportError, ValueError, KeyError, IndexError, RuntimeError, TypeError, AttributeError)
_PROBE = ("上门要看证件吗", "催收人员上门时应当出示证件。")


class CrossEncoderReranker:
    """Give passages the probability of the model's logit.

    Args:
        model: with one output.
        texts: returns the texts of passages, in the given order.
    """

    def __init__(self, model: CrossEncoder, texts: Callable[[RowArray], Sequence[str]]) -> None:
        self._model = model
        self._texts = texts

    @classmethod
    def load(cls, folder: Path, texts: Callable[[RowArray], Sequence[str]]) -> "CrossEncoderReranker":
        """Load a model from a folder that was checked to be safe.

        Raises:
            ModelError: sentence-transformers cannot load it, or it gives more than one number for a pair.
        """
        transformers_logging.set_verbosity_error()
        transformers_logging.disable_progress_bar()
        try:
            model = CrossEncoder(
                str(folder),
                device="cpu",
                trust_remote_code=False,
                local_files_only=True,
                model_kwargs={"use_safetensors": True},
            )
            given = model.predict([_PROBE], activation_fn=Identity(), show_progress_bar=False)
        except _FOREIGN_ERRORS as error:
            raise ModelError(
                f"{folder} cannot be loaded as a sentence-transformers CrossEncoder ({str(error)[:300]}); "
                "use another model, or --reranking late-interaction"
            ) from error
        if np.shape(given) != (1,) or not np.isfinite(given).all():
            raise ModelError(
                f"{folder} gives {np.size(given)} numbers for a pair ({given}), one was wanted; use a model that ranks"
            )
        return cls(model, texts)

    def scores(self, query: Query, rows: RowArray) -> FloatArray:
        """Return the probability of the model's logit for each of the passages."""
        pairs = [(query.text, text) for text in self._texts(rows)]
        logits = np.asarray(self._model.predict(pairs, activation_fn=Identity(), show_progress_bar=False))
        # Between 0 and 1, as late scores are, so that one weight does for both.
        return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)), dtype=np.float32)
