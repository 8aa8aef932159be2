"""Load any sentence-transformers model, encode with it, and export it to ONNX."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import torch
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from embeddings.encoders.model_folder import ModelFolder
from embeddings.encoders.onnx_encoder import FILES, INPUTS, OUTPUT, OnnxEncoder, write_info
from embeddings.errors import ModelError, TextTooLongError
from embeddings.protocols import Progress
from embeddings.records import EncoderInfo, FloatArray

_OPSET = 17
# The exported encoder must agree with the original on each of these texts, which differ in
# length, script and kind; measured on the default model: 0.9999999 or more.
MIN_EXPORT_COSINE = 0.999
_PROBES = (
    "微粒贷逾期会上门吗",
    "催收人员晚上十一点还在打电话，我可以要求他们停下来吗？",
    "繁體中文的問題：催收可以聯絡我的家人嗎？",
    "May a debt collector call my employer?",
    "１２３ ＡＢＣ，2026年3月31日之前还清 ¥10,000.00",
    "逾期以后银行可能先发短信提醒，然后由客服打电话询问原因，再往后可能委托外部机构。" * 4,
)


# The shortest probe, and the shortest passage, fit into so many.
_LEAST_TOKENS = 32
# What a model's own code may raise when it meets a configuration or a trace that it does not expect.
_FOREIGN_ERRORS = (ValueError, KeyError, IndexError, RuntimeError, TypeError, AttributeError)


class SentenceTransformersEncoder:
    """Encode with sentence-transformers on PyTorch: the reference for the exported encoder."""

    def __init__(self, model: SentenceTransformer, info: EncoderInfo) -> None:
        self._model = model
        self._info = info

    @classmethod
    def load(cls, folder: ModelFolder) -> "SentenceTransformersEncoder":
        """Load a model from a folder that was checked to be safe.

        Raises:
            ModelError: sentence-transformers cannot load it, or it gives no vector for a text.
        """
        transformers_logging.set_verbosity_error()
        transformers_logging.disable_progress_bar()
        try:
            model = SentenceTransformer(
                str(folder.path),
                device="cpu",
                trust_remote_code=False,
                local_files_only=True,
                model_kwargs={"use_safetensors": True},
            )
            model.eval()
            dimension = model.encode(["。"], show_progress_bar=False).shape[1]
            max_tokens = int(model.max_seq_length or model.tokenizer.model_max_length)
        except (OSError, ImportError, *_FOREIGN_ERRORS) as error:
            raise ModelError(
                f"{folder.path} cannot be loaded as a sentence-transformers model ({str(error)[:300]}); "
                "use another model"
            ) from error
        if max_tokens < _LEAST_TOKENS:
            raise ModelError(
                f"{folder.name} reads {max_tokens} tokens, at least {_LEAST_TOKENS} are needed; use another model"
            )
        return cls(model, EncoderInfo(folder.name, folder.fingerprint, dimension, max_tokens, folder.prompts))

    @property
    def info(self) -> EncoderInfo:
        """Return what the encoder is."""
        return self._info

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the length of each passage text in tokens, prompt and special tokens included."""
        return self._lengths([self._info.prompts.passage + text for text in texts])

    def encode_queries(self, texts: Sequence[str], progress: Progress | None = None) -> FloatArray:
        """Return unit vectors of questions, shape (len(texts), dimension)."""
        return self._encode(texts, self._info.prompts.query, progress)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> FloatArray:
        """Return unit vectors of passages, shape (len(texts), dimension)."""
        return self._encode(texts, self._info.prompts.passage, progress)

    def _lengths(self, prompted: Sequence[str]) -> list[int]:
        tokenized = self._model.tokenizer(list(prompted), truncation=False, padding=False)
        return [len(ids) for ids in tokenized["input_ids"]]

    def _encode(self, texts: Sequence[str], prompt: str, progress: Progress | None) -> FloatArray:
        prompted = [prompt + text for text in texts]
        for text, length in zip(texts, self._lengths(prompted), strict=True):
            if length > self._info.max_tokens:
                raise TextTooLongError(
                    f"the text of {len(text)} characters has {length} tokens, {self._info.name} reads at most "
                    f"{self._info.max_tokens}; shorten it"
                )
        vectors = self._model.encode(prompted, prompt="", normalize_embeddings=True, show_progress_bar=False)
        if progress is not None:
            progress(len(texts))
        return np.asarray(vectors, dtype=np.float32)

    def export(self, folder: Path) -> None:
        """Write the encoder as ONNX files into an empty folder, and see that they agree.

        Raises:
            ModelError: the model cannot be traced, has no fast tokenizer, or the exported encoder
                differs on a probe text.
        """
        backend = getattr(self._model.tokenizer, "backend_tokenizer", None)
        if backend is None:
            raise ModelError(f"{self._info.name} has no fast tokenizer (tokenizer.json); use a model that has one")
        backend.save(str(folder / FILES.tokenizer))
        write_info(folder / FILES.info, self._info)
        self._write_graph(folder)
        self._compare(OnnxEncoder.load(folder))

    def _write_graph(self, folder: Path) -> None:
        example = self._model.tokenizer(["上门", "催收电话可以打几次"], padding=True, return_tensors="pt")
        axes = {0: "texts", 1: "tokens"}
        with TemporaryDirectory(dir=folder) as work, warnings.catch_warnings(), torch.no_grad():
            graph = Path(work) / FILES.graph
            # The tracing exporter is deprecated, but unlike its successor it needs no further
            # package; what its warnings fear is answered by `_compare`.
            warnings.simplefilter("ignore")
            try:
                torch.onnx.export(
                    _TensorsInTensorOut(self._model).eval(),
                    tuple(example[name] for name in INPUTS),
                    str(graph),
                    input_names=list(INPUTS),
                    output_names=[OUTPUT],
                    dynamic_axes={**dict.fromkeys(INPUTS, axes), OUTPUT: {0: "texts"}},
                    opset_version=_OPSET,
                    dynamo=False,
                )
            except (*_FOREIGN_ERRORS, torch.onnx.errors.OnnxExporterError) as error:
                raise ModelError(
                    f"{self._info.name} cannot be exported to ONNX ({str(error)[:300]}); use another model"
                ) from error
            # Weights in a file of their own are memory-mapped; inside the graph they are read twice.
            model = onnx.load(str(graph))
        onnx.save_model(model, str(folder / FILES.graph), save_as_external_data=True, location=FILES.weights)

    def _compare(self, exported: OnnxEncoder) -> None:
        lengths = self.count_tokens(_PROBES)
        # A model of few positions cannot read the longest probe.
        probes = [probe for probe, n in zip(_PROBES, lengths, strict=True) if n <= self._info.max_tokens]
        ours, theirs = exported.encode_passages(probes), self.encode_passages(probes)
        worst = float(np.min(np.sum(ours * theirs, axis=1)))
        same_lengths = exported.count_tokens(_PROBES) == lengths
        if worst < MIN_EXPORT_COSINE or not same_lengths:
            raise ModelError(
                f"{self._info.name} encodes differently after export to ONNX (cosine {worst:.5f}, at least "
                f"{MIN_EXPORT_COSINE} was wanted; same tokens: {same_lengths}); use another model"
            )


class _TensorsInTensorOut(torch.nn.Module):
    """Give the model's chain of modules the plain signature that a trace needs."""

    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__()
        self._modules_in_order = torch.nn.ModuleList(model.children())

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Return unit vectors of shape (texts, dimension)."""
        features = {"input_ids": input_ids, "attention_mask": attention_mask}
        for module in self._modules_in_order:
            features = module(features)
        return torch.nn.functional.normalize(features["sentence_embedding"], p=2, dim=1)
