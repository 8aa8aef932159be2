"""Rerankers: late interaction, and a real cross-encoder too small to know anything."""

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from math import exp
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import CrossEncoder
from torch.nn import Identity
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

from corpus.normalising import normalise
from corpus.reading import ArticleList
from embeddings.encoders.model_folder import ModelFolder, checked_cross_encoder, find_cross_encoder
from embeddings.errors import ModelError
from embeddings.protocols import Reranker
from embeddings.records import Mode, RowArray, SearchOptions, Stage, StoredPassage
from embeddings.rerankers.cross_encoder import CrossEncoderReranker
from embeddings.rerankers.late_reranker import LateReranker
from embeddings.searcher import Searcher
from embeddings.store.builder import build
from embeddings.store.layout import IndexLayout
from embeddings.store.loading import open_searcher
from embeddings.store.manifest import read_current
from embeddings.store.request import BuildRequest
from embeddings.tuning import Reranking, Tuning
from tests.conftest import SilentReporter, article, zhaiwen_here
from tests.tiny_model import DIMENSION, MAX_TOKENS

QUESTION = "催收上门要带证件吗"
TEXTS = (
    "上门要带证件。",
    "催收电话一天不超过三次。",
    "征信记录保存五年。",
    "还款以后要开结清证明。",
    "收到传票先打法院电话。",
    "通讯录里的人不该被打扰。",
)
SOURCE = ArticleList(article(f"a{number}", text) for number, text in enumerate(TEXTS))


def rows(*given: int) -> RowArray:
    return np.array(given, dtype=np.int64)


def make_cross_encoder(folder: Path, tokenizer: Path, labels: int = 1, seed: int = 5) -> Path:
    """Write a random model, which gives each pair its own number."""
    torch.manual_seed(seed)
    base = folder.with_name(f"{folder.name}-base")
    tokens = AutoTokenizer.from_pretrained(tokenizer)
    config = BertConfig(
        vocab_size=len(tokens),
        hidden_size=DIMENSION,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=2 * DIMENSION,
        max_position_embeddings=MAX_TOKENS,
        num_labels=labels,
        # A random model with the usual deviation gives all pairs much the same.
        initializer_range=0.7,
    )
    BertForSequenceClassification(config).save_pretrained(base)
    tokens.save_pretrained(base)
    CrossEncoder(str(base), device="cpu").save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="module")
def made(tiny_model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_cross_encoder(tmp_path_factory.mktemp("cross") / "tiny-cross", tiny_model_folder)


@pytest.fixture
def cross_encoder(made: Path, tmp_path: Path) -> Path:
    """Give a copy that a test may spoil."""
    return shutil.copytree(made, tmp_path / "cross-encoder")


def probabilities(folder: Path, passages: Sequence[StoredPassage]) -> list[float]:
    """Return the sigmoid of the model's logit for the question and each passage with what stands above it."""
    model = CrossEncoder(str(folder), device="cpu")
    texts = [normalise("\n".join([one.article.title, *one.headings, one.text])) for one in passages]
    pairs = [(QUESTION, text) for text in texts]
    logits = model.predict(pairs, activation_fn=Identity(), show_progress_bar=False)
    return [1 / (1 + exp(-float(one))) for one in logits]


def built(model: ModelFolder, cross_encoder: Path, index: Path, weight: float = 1000.0) -> Searcher:
    found = find_cross_encoder(str(cross_encoder), index.parent)
    tuning = Tuning(reranking=Reranking.CROSS_ENCODER, cross_encoder=str(found.path), rerank_weight=weight, reranked=4)
    build(BuildRequest(SOURCE, model, index, tuning=tuning, cross_encoder=found), SilentReporter())
    return open_searcher(index)


def test_what_is_served_is_in_the_order_of_the_logits(
    tiny_model: ModelFolder, cross_encoder: Path, tmp_path: Path
) -> None:
    searcher = built(tiny_model, cross_encoder, tmp_path / "index")
    results = searcher.search(QUESTION, SearchOptions(k=10, explain=True)).results
    stages = [{one.stage: one for one in result.stages} for result in results]
    first = sorted(range(len(results)), key=lambda place: stages[place][Stage.FUSION].rank or 0)[:4]
    assert sorted(first) == [0, 1, 2, 3]
    # Nothing else counts beside that weight.
    given = probabilities(cross_encoder, [result.passage for result in results[:4]])
    assert given == sorted(given, reverse=True)
    assert min(np.diff(given[::-1])) > 1e-5
    assert [stages[place][Stage.RERANK].score for place in range(4)] == pytest.approx(given, abs=1e-5)
    assert [stages[place][Stage.RERANK].rank for place in range(4)] == [1, 2, 3, 4]
    assert all(Stage.RERANK not in stage for stage in stages[4:])
    assert [stages[place][Stage.FUSION].rank for place in (4, 5)] == [5, 6]
    # Without the model they would stand in another order.
    plain = replace(searcher, ranker=replace(searcher.ranker, reranker=None))
    assert [one.passage.id for one in plain.search(QUESTION, SearchOptions(k=4)).results] != [
        one.passage.id for one in results[:4]
    ]
    # Nor is there a token of any passage on the disk.
    layout = IndexLayout(tmp_path / "index")
    assert not layout.snapshot(read_current(layout).snapshot).tokens.exists()


def test_highlights_are_there_all_the_same(tiny_model: ModelFolder, cross_encoder: Path, tmp_path: Path) -> None:
    searcher = built(tiny_model, cross_encoder, tmp_path / "index")
    results = searcher.search(QUESTION, SearchOptions(k=10, mode=Mode.LEXICAL)).results
    assert results
    assert all(result.highlights for result in results)


def test_a_model_that_is_gone(tiny_model: ModelFolder, cross_encoder: Path, tmp_path: Path) -> None:
    built(tiny_model, cross_encoder, tmp_path / "index")
    cross_encoder.rename(tmp_path / "elsewhere")
    with pytest.raises(ModelError, match=r"cross-encoder does not hold the model that this index was built"):
        open_searcher(tmp_path / "index")
    (tmp_path / "elsewhere").rename(cross_encoder)
    open_searcher(tmp_path / "index")


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
def test_a_model_that_has_changed(tiny_model: ModelFolder, cross_encoder: Path, tmp_path: Path, name: str) -> None:
    built(tiny_model, cross_encoder, tmp_path / "index")
    path = cross_encoder / name
    content = path.read_bytes()
    path.write_bytes(content + b" ")
    with pytest.raises(ModelError, match="bring it back, or build the index anew"):
        open_searcher(tmp_path / "index")
    # A file that is none of the model's does not matter.
    path.write_bytes(content)
    (cross_encoder / "notes.md").write_text("mine", encoding="utf-8")
    open_searcher(tmp_path / "index")


def test_another_model_builds_anew(tiny_model: ModelFolder, cross_encoder: Path, tiny_model_folder: Path) -> None:
    index = cross_encoder.with_name("index")
    before = built(tiny_model, cross_encoder, index).info
    assert built(tiny_model, cross_encoder, index).info == before
    shutil.rmtree(cross_encoder)
    make_cross_encoder(cross_encoder, tiny_model_folder, seed=6)
    after = built(tiny_model, cross_encoder, index).info
    assert (after.snapshot, after.settings) != (before.snapshot, before.settings)
    assert after.settings != before.settings


def no_texts(_: RowArray) -> list[str]:
    return []


def test_two_labels(tiny_model_folder: Path, tiny_model: ModelFolder, tmp_path: Path) -> None:
    folder = make_cross_encoder(tmp_path / "two", tiny_model_folder, labels=2)
    with pytest.raises(ModelError, match="two gives 2 numbers for a pair .*, one was wanted; use a model that ranks"):
        CrossEncoderReranker.load(folder, no_texts)
    with pytest.raises(ModelError, match="two gives 2 numbers for a pair"):
        built(tiny_model, folder, tmp_path / "index")


def test_no_cross_encoder(cross_encoder: Path, tmp_path: Path) -> None:
    config = json.loads((cross_encoder / "config.json").read_text("utf-8"))
    (cross_encoder / "config.json").write_text(json.dumps(config | {"hidden_size": 99}), encoding="utf-8")
    with pytest.raises(ModelError, match="cannot be loaded as a sentence-transformers CrossEncoder"):
        CrossEncoderReranker.load(cross_encoder, no_texts)
    (tmp_path / "nothing").mkdir()
    with pytest.raises(ModelError, match="cannot be loaded as a sentence-transformers CrossEncoder"):
        CrossEncoderReranker.load(tmp_path / "nothing", no_texts)


def pickle_weights(folder: Path) -> None:
    weights = folder / "model.safetensors"
    torch.save({}, folder / "pytorch_model.bin")
    weights.unlink()


def test_pickled_weights_are_refused(cross_encoder: Path, tmp_path: Path) -> None:
    safe = find_cross_encoder(str(cross_encoder), tmp_path)
    pickle_weights(cross_encoder)
    with pytest.raises(ModelError, match=r"holds no weights in \.safetensors files; convert the model first"):
        find_cross_encoder(str(cross_encoder), tmp_path)
    with pytest.raises(ModelError, match="does not hold the model that this index was built"):
        checked_cross_encoder(cross_encoder, safe.fingerprint)
    # Nor are they loaded where nobody looked before.
    with pytest.raises(ModelError, match="cannot be loaded as a sentence-transformers CrossEncoder"):
        CrossEncoderReranker.load(cross_encoder, no_texts)


def test_pickled_weights_below_are_refused(cross_encoder: Path, tmp_path: Path) -> None:
    fingerprint = find_cross_encoder(str(cross_encoder), tmp_path).fingerprint
    below = cross_encoder / "1_Dense"
    below.mkdir()
    torch.save({}, below / "pytorch_model.bin")
    message = r"holds 1_Dense/pytorch_model\.bin, which could run code when loaded, and no \.safetensors beside it"
    with pytest.raises(ModelError, match=message):
        find_cross_encoder(str(cross_encoder), tmp_path)
    # What is not loaded does not change the model: it is refused by itself.
    with pytest.raises(ModelError, match=message):
        checked_cross_encoder(cross_encoder, fingerprint)


def test_logits_do_not_depend_on_what_is_beside(cross_encoder: Path, tiny_model: ModelFolder, tmp_path: Path) -> None:
    searcher = built(tiny_model, cross_encoder, tmp_path / "index")
    reranker = searcher.ranker.reranker
    assert isinstance(reranker, CrossEncoderReranker)
    query = searcher.find_many([QUESTION], SearchOptions())[0].query
    together = reranker.scores(query, rows(0, 1, 2, 3, 4, 5))
    assert together.dtype == np.float32
    assert together.tolist() == pytest.approx(
        probabilities(cross_encoder, searcher.passages.get(rows(0, 1, 2, 3, 4, 5))), abs=1e-5
    )
    assert reranker.scores(query, rows(4, 1)).tolist() == pytest.approx(together[[4, 1]].tolist(), abs=1e-5)
    assert reranker.scores(query, rows(3)).shape == (1,)


def test_longer_pairs_than_the_model_reads(cross_encoder: Path, tiny_model: ModelFolder, tmp_path: Path) -> None:
    searcher = built(tiny_model, cross_encoder, tmp_path / "index")
    reranker = CrossEncoderReranker.load(cross_encoder, lambda given: [TEXTS[0] * 100] * len(given))
    query = searcher.find_many([QUESTION], SearchOptions())[0].query
    assert np.all(np.isfinite(reranker.scores(query, rows(0, 1))))


def test_late_interaction(tiny_model: ModelFolder, tmp_path: Path) -> None:
    build(BuildRequest(SOURCE, tiny_model, tmp_path / "index"), SilentReporter())
    searcher = open_searcher(tmp_path / "index")
    reranker: Reranker | None = searcher.ranker.reranker
    assert isinstance(reranker, LateReranker)
    query = searcher.find_many([QUESTION], SearchOptions())[0].query
    scores = reranker.scores(query, rows(0, 1, 2, 3, 4, 5))
    # The only passage that has the question's rare characters.
    assert int(scores.argmax()) == 0
    assert reranker.scores(query, rows(5, 0)).tolist() == scores[[5, 0]].tolist()
    assert reranker.scores(query, rows()).shape == (0,)
    same = searcher.find_many([TEXTS[2]], SearchOptions())[0].query
    assert int(reranker.scores(same, rows(0, 1, 2, 3, 4, 5)).argmax()) == 2


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    for number, text in enumerate(TEXTS):
        (folder / f"a{number}.txt").write_text(text, encoding="utf-8")
    return folder


def test_by_the_command(
    tiny_model_folder: Path, cross_encoder: Path, articles: Path, cache: Path, tmp_path: Path
) -> None:
    command = ("rebuild", articles, "--index", tmp_path / "index", "--model", tiny_model_folder, "--cache", cache)
    ran = zhaiwen_here(*command, "--cross-encoder", cross_encoder)
    assert (ran.returncode, ran.stdout.count("now serves 6 articles, 6 passages")) == (0, 1), ran.stderr
    manifest = read_current(IndexLayout(tmp_path / "index"))
    assert manifest.tuning.reranking is Reranking.CROSS_ENCODER
    assert manifest.tuning.cross_encoder == str(cross_encoder.resolve())
    assert isinstance(open_searcher(tmp_path / "index").ranker.reranker, CrossEncoderReranker)
    for value, wanted in (("none", type(None)), ("late-interaction", LateReranker)):
        ran = zhaiwen_here(*command, "--reranking", value)
        assert ran.returncode == 0, ran.stderr
        assert isinstance(open_searcher(tmp_path / "index").ranker.reranker, wanted)


def test_the_model_of_a_tuning_file(
    tiny_model_folder: Path, cross_encoder: Path, articles: Path, cache: Path, tmp_path: Path
) -> None:
    tuned = tmp_path / "tuned.json"
    named = {"reranking": "cross-encoder", "cross_encoder": str(cross_encoder)}
    tuned.write_text(json.dumps({"tuning": named}), encoding="utf-8")
    command = ("rebuild", articles, "--index", tmp_path / "index", "--model", tiny_model_folder, "--cache", cache)
    ran = zhaiwen_here(*command, "--tuning", tuned)
    assert ran.returncode == 0, ran.stderr
    assert isinstance(open_searcher(tmp_path / "index").ranker.reranker, CrossEncoderReranker)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--reranking", "cross-encoder"], "a cross-encoder is to rerank, but none is named; name one by"),
        (["--reranking", "none", "--cross-encoder", "MODEL"], "--reranking none and --cross-encoder .* were given"),
        (["--cross-encoder", "./no/such/model"], "there is no model folder './no/such/model'"),
        (["--cross-encoder", "EMPTY"], r"holds no weights in \.safetensors files"),
    ],
)
def test_options_that_cannot_be_used(
    tiny_model_folder: Path,
    cross_encoder: Path,
    articles: Path,
    cache: Path,
    options: list[str],
    message: str,
) -> None:
    folders = {"MODEL": str(cross_encoder), "EMPTY": str(articles)}
    index = articles.with_name("index")
    command = ("rebuild", articles, "--index", index, "--model", tiny_model_folder, "--cache", cache)
    ran = zhaiwen_here(*command, *(folders.get(option, option) for option in options))
    assert ran.returncode == 2
    # It is told before anything is encoded.
    assert not index.exists()
    assert re.search(message, ran.stderr), ran.stderr
