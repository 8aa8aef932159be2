"""Prompts: from options, the model's configuration, or its family."""

import json
from pathlib import Path

import pytest

from embeddings.encoders.prompts import CONFIG_FILE, prompts_for
from embeddings.errors import ModelError
from embeddings.records import Prompts


def configure(folder: Path, prompts: object) -> None:
    (folder / CONFIG_FILE).write_text(json.dumps({"prompts": prompts}), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("intfloat/multilingual-e5-small", Prompts("query: ", "passage: ")),
        ("my_e5_base_v2", Prompts("query: ", "passage: ")),
        ("BAAI/bge-small-zh-v1.5", Prompts("为这个句子生成表示以用于检索相关文章：", "")),
        ("BAAI/bge-base-en-v1.5", Prompts("Represent this sentence for searching relevant passages: ", "")),
        ("BAAI/bge-m3", Prompts()),
        ("BAAI/bge-large-zh-noinstruct", None),
        ("Alibaba-NLP/gte-multilingual-base", Prompts()),
    ],
)
def test_family(tmp_path: Path, name: str, wanted: Prompts | None) -> None:
    assert prompts_for(tmp_path, name) == wanted


def test_instruct_models_prompt_questions_only(tmp_path: Path) -> None:
    prompts = prompts_for(tmp_path, "intfloat/multilingual-e5-large-instruct")
    assert prompts is not None
    assert prompts.query.endswith("\nQuery: ")
    assert prompts.passage == ""


def test_configuration_goes_before_family_and_options_before_both(tmp_path: Path) -> None:
    configure(tmp_path, {"query": "问：", "document": "文："})
    assert prompts_for(tmp_path, "multilingual-e5-small") == Prompts("问：", "文：")
    assert prompts_for(tmp_path, "multilingual-e5-small", query="") == Prompts("", "文：")
    configure(tmp_path, {"query": "", "document": ""})
    assert prompts_for(tmp_path, "multilingual-e5-small", passage="p ") == Prompts("query: ", "p ")


def test_a_default_prompt_serves_both_sides(tmp_path: Path) -> None:
    content = {"prompts": {"retrieval": "r: "}, "default_prompt_name": "retrieval"}
    (tmp_path / CONFIG_FILE).write_text(json.dumps(content), encoding="utf-8")
    assert prompts_for(tmp_path, "multilingual-e5-small") == Prompts("r: ", "r: ")


def test_unknown(tmp_path: Path) -> None:
    assert prompts_for(tmp_path, "core5-model") is None
    assert prompts_for(tmp_path, "core5-model", query="q ") == Prompts("q ", "")


@pytest.mark.parametrize("content", ["{", "[]", '{"prompts": {"query": 1}}'])
def test_unreadable_configuration(tmp_path: Path, content: str) -> None:
    (tmp_path / CONFIG_FILE).write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=r"JSON object with prompts was wanted|prompts must be texts"):
        prompts_for(tmp_path, "any")
