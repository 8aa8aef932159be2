"""Make a sentence-transformers folder of a random model that is small and quick."""

from collections.abc import Iterable
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
DIMENSION = 16
MAX_TOKENS = 128


def make_tiny_model(folder: Path, characters: Iterable[str], seed: int = 7) -> Path:
    """Write the model into `folder`; each of the characters is one token."""
    torch.manual_seed(seed)
    pieces = [*SPECIAL, *sorted(characters)]
    base = folder.with_name(f"{folder.name}-base")
    _tokenizer(pieces).save_pretrained(base)
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=DIMENSION,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=2 * DIMENSION,
        max_position_embeddings=MAX_TOKENS,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(base)
    modules = [Transformer(str(base), max_seq_length=MAX_TOKENS), Pooling(DIMENSION, "mean")]
    SentenceTransformer(modules=modules, device="cpu").save_pretrained(str(folder))
    return folder


def _tokenizer(pieces: list[str]) -> PreTrainedTokenizerFast:
    pad, unknown, start, end = SPECIAL
    tokenizer = Tokenizer(models.WordLevel({piece: i for i, piece in enumerate(pieces)}, unk_token=unknown))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}", special_tokens=[(start, pieces.index(start)), (end, pieces.index(end))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=pad,
        unk_token=unknown,
        cls_token=start,
        sep_token=end,
        model_max_length=MAX_TOKENS,
    )
