"""Load any sentence-transformers model, encode with it, and export it to ONNX."""

import shutil
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from transformers.utils import logging as transformers_logging

from embeddings.encoders.agreement import MIN_ROUNDED_COSINE, least_agreement, refuse_difference
from embeddings.encoders.model_folder import ModelFolder
from embeddings.encoders.onnx_encoder import FILES, INPUTS, OUTPUT, TOKENS_OUTPUT, OnnxEncoder, write_info
from embeddings.encoders.onnx_graph import Graph
from embeddings.encoders.rounded_export import write_rounded
from embeddings.encoders.stored_tables import TABLES
from embeddings.encoders.text_tokens import text_tokens, without_tokens
from embeddings.encoders.tokenizer_files import write_tokenizer
from embeddings.errors import ModelError, TextTooLongError
from embeddings.protocols import Progress
from embeddings.records import EncoderInfo, FloatArray, Precision, TokenVectors
from embeddings.reference_texts import reference_passages, reference_sentences

_OPSET = 17
# The shortest probe, and the shortest passage, fit into so many.
_LEAST_TOKENS = 32
# Of the reference texts, so many are tried: 96 passages and 96 sentences.
_EVERY = 2
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
                # The plain computation of attention is traced to fewer and faster operators than the fused one.
                model_kwargs={"use_safetensors": True, "attn_implementation": "eager"},
            )
            return cls.of(model, folder)
        except (OSError, ImportError, *_FOREIGN_ERRORS) as error:
            raise ModelError(
                f"{folder.path} cannot be loaded as a sentence-transformers model ({str(error)[:300]}); "
                "use another model"
            ) from error

    @classmethod
    def of(cls, model: SentenceTransformer, folder: ModelFolder) -> "SentenceTransformersEncoder":
        """Return the encoder of a model that was loaded from the folder.

        Raises:
            ModelError: the model reads too few tokens.
        """
        model.eval()
        max_tokens = int(model.max_seq_length or model.tokenizer.model_max_length)
        if max_tokens < _LEAST_TOKENS:
            raise ModelError(
                f"{folder.name} reads {max_tokens} tokens, at least {_LEAST_TOKENS} are needed; use another model"
            )
        (features,) = _features(model, ["。"])
        dimension = features["sentence_embedding"].shape[0]
        tokens = features.get("token_embeddings")
        token_dimension = None if tokens is None else tokens.shape[1]
        info = EncoderInfo(
            folder.name, folder.fingerprint, dimension, max_tokens, folder.prompts, token_dimension=token_dimension
        )
        return cls(model, info)

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

    def encode_queries_by_token(self, texts: Sequence[str], progress: Progress | None = None) -> list[TokenVectors]:
        """Return for each question its unit vector and its tokens' vectors, if the model has any."""
        return self._encode_by_token(texts, self._info.prompts.query, progress)

    def encode_passages_by_token(self, texts: Sequence[str], progress: Progress | None = None) -> list[TokenVectors]:
        """Return for each passage its unit vector and its tokens' vectors, if the model has any."""
        return self._encode_by_token(texts, self._info.prompts.passage, progress)

    def _lengths(self, prompted: Sequence[str]) -> list[int]:
        if not prompted:  # which the tokenizer cannot take
            return []
        tokenized = self._model.tokenizer(list(prompted), truncation=False, padding=False)
        return [len(ids) for ids in tokenized["input_ids"]]

    def _prompted(self, texts: Sequence[str], prompt: str) -> list[str]:
        prompted = [prompt + text for text in texts]
        for text, length in zip(texts, self._lengths(prompted), strict=True):
            if length > self._info.max_tokens:
                raise TextTooLongError(
                    f"the text of {len(text)} characters has {length} tokens, {self._info.name} reads at most "
                    f"{self._info.max_tokens}; shorten it"
                )
        return prompted

    def _encode(self, texts: Sequence[str], prompt: str, progress: Progress | None) -> FloatArray:
        prompted = self._prompted(texts, prompt)
        vectors = self._model.encode(prompted, prompt="", normalize_embeddings=True, show_progress_bar=False)
        if progress is not None:
            progress(len(texts))
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), self._info.dimension)

    def _encode_by_token(self, texts: Sequence[str], prompt: str, progress: Progress | None) -> list[TokenVectors]:
        if self._info.token_dimension is None:
            return [without_tokens(vector) for vector in self._encode(texts, prompt, progress)]
        tokenizer = self._fast_tokenizer()
        encoded = []
        for text, features in zip(texts, _features(self._model, self._prompted(texts, prompt)), strict=True):
            own = text_tokens(tokenizer.encode(prompt + text), len(prompt))
            vector = torch.nn.functional.normalize(features["sentence_embedding"], p=2, dim=0)
            tokens = features["token_embeddings"][features["attention_mask"].bool()][torch.from_numpy(own.places)]
            encoded.append(TokenVectors(vector.float().numpy(), tokens.float().numpy(), own.ids, own.offsets))
        if progress is not None:
            progress(len(texts))
        return encoded

    def export(self, folder: Path, say: Callable[[str], None]) -> None:
        """Write the encoder as ONNX files into an empty folder, and see that they agree.

        It computes with whole numbers of eight bits where that changes little, else with floating-point ones.

        Args:
            folder: for the files.
            say: told where the encoder takes more time or memory than others.

        Raises:
            ModelError: the model cannot be traced, has no fast tokenizer, or the exported encoder
                differs on a probe text.
        """
        hindrance = write_tokenizer(self._fast_tokenizer(), folder)
        if hindrance is not None:
            say(f"the tokenizer of {self._info.name} is held in memory as a whole: {hindrance}")
        write_info(folder / FILES.info, self._info)
        with TemporaryDirectory(dir=folder) as work:
            graph = self._graph(Path(work))
            graph.save(folder / FILES.graph, FILES.weights)
            exact = OnnxEncoder.load(folder)
            refuse_difference(exact, self)
            if not _round(graph, exact, folder, Path(work)):
                say(
                    f"{self._info.name} cannot be rounded to eight bits without harm; it stays in fp32, "
                    "which takes twice as long"
                )

    def _fast_tokenizer(self) -> Tokenizer:
        """Return a copy of the tokenizer's core, which neither cuts nor pads."""
        backend = getattr(self._model.tokenizer, "backend_tokenizer", None)
        if backend is None:
            raise ModelError(f"{self._info.name} has no fast tokenizer (tokenizer.json); use a model that has one")
        tokenizer = Tokenizer.from_str(backend.to_str())
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    def _graph(self, work: Path) -> Graph:
        example = self._model.tokenizer(["上门", "催收电话可以打几次"], padding=True, return_tensors="pt")
        axes = {0: "texts", 1: "tokens"}
        by_token = self._info.token_dimension is not None
        traced = work / FILES.graph
        with warnings.catch_warnings(), torch.no_grad():
            # The tracing exporter is deprecated, but unlike its successor it needs no further
            # package; what its warnings fear is answered by `refuse_difference`.
            warnings.simplefilter("ignore")
            try:
                torch.onnx.export(
                    _TensorsInTensorsOut(self._model, by_token).eval(),
                    tuple(example[name] for name in INPUTS),
                    str(traced),
                    input_names=list(INPUTS),
                    output_names=[OUTPUT, TOKENS_OUTPUT] if by_token else [OUTPUT],
                    dynamic_axes={**dict.fromkeys((*INPUTS, TOKENS_OUTPUT), axes), OUTPUT: {0: "texts"}},
                    opset_version=_OPSET,
                    dynamo=False,
                )
            except (*_FOREIGN_ERRORS, torch.onnx.errors.OnnxExporterError) as error:
                raise ModelError(
                    f"{self._info.name} cannot be exported to ONNX ({str(error)[:300]}); use another model"
                ) from error
        return Graph.load(traced)


def _round(graph: Graph, exact: OnnxEncoder, folder: Path, work: Path) -> bool:
    """Replace an exported encoder by one that is rounded, if its vectors stay near enough."""
    texts = _texts_read(exact)
    rounded = work / "rounded"
    shutil.copytree(folder, rounded, ignore=shutil.ignore_patterns(work.name, FILES.graph, FILES.weights))
    if not write_rounded(graph, [exact.token_ids(text) for text in texts], rounded):
        return False
    write_info(rounded / FILES.info, replace(exact.info, precision=Precision.INT8))
    if not least_agreement(OnnxEncoder.load(rounded), exact, texts) >= MIN_ROUNDED_COSINE:
        return False
    for name in (FILES.info, FILES.graph, FILES.weights, TABLES):
        (rounded / name).replace(folder / name)
    return True


def _texts_read(encoder: OnnxEncoder) -> list[str]:
    """Return texts with their prompts that the encoder reads whole, evenly from the reference texts."""
    prompts = encoder.info.prompts
    passages = [prompts.passage + text for text in reference_passages()[::_EVERY]]
    questions = [prompts.query + text for text in reference_sentences()[1::_EVERY]]
    return [text for text in (*passages, *questions) if len(encoder.token_ids(text)) <= encoder.info.max_tokens]


def _features(model: SentenceTransformer, prompted: Sequence[str]) -> list[dict[str, Any]]:
    """Return for each text all that the model's modules make of it, among them its tokens' vectors."""
    features = model.encode(list(prompted), prompt="", output_value=None, show_progress_bar=False)
    return [dict(each) for each in features]


class _TensorsInTensorsOut(torch.nn.Module):
    """Give the model's chain of modules the plain signature that a trace needs."""

    def __init__(self, model: SentenceTransformer, by_token: bool) -> None:
        super().__init__()
        self._modules_in_order = torch.nn.ModuleList(model.children())
        self._by_token = by_token

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return unit vectors of shape (texts, dimension), and tokens' vectors where the model has any."""
        features = {"input_ids": input_ids, "attention_mask": attention_mask}
        for module in self._modules_in_order:
            features = module(features)
        vectors = torch.nn.functional.normalize(features["sentence_embedding"], p=2, dim=1)
        return (vectors, features["token_embeddings"]) if self._by_token else (vectors,)
