"""Try the gate: faults inside a build that it must refuse, and harmless rebuilds that it must let through.

usage: python benchmarks/gate.py [HARMLESS]

The shipped articles are built with the default model and measured by the dev questions, as the command
does it. Each fault is then put into the build's own code, once in a build that takes nothing over, and
the build is tried. Cleaning is switched off on articles made dirty. After that so many harmless rebuilds
follow one another, each from the shipped articles and beside what the one before published: articles
gain a paragraph, lose a sentence, come and go. What comes or goes by itself holds no answer to a question
that must find one: to take that away would be no harmless edit.
"""

import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from unittest import mock

import numpy as np
import platformdirs

import corpus
from corpus.reading import ArticleFolder, ArticleList, shipped_articles
from corpus.records import Article, CleanArticle, Passage
from embeddings.encoders.model_folder import ModelRequest, find_model
from embeddings.encoders.onnx_encoder import OnnxEncoder
from embeddings.evaluation.evaluating import Asked
from embeddings.evaluation.matching import holds, quotes_of
from embeddings.evaluation.question_sets import read_questions
from embeddings.gating.index_gate import IndexGate
from embeddings.indexes.faiss_index import FaissIndex
from embeddings.records import FloatArray
from embeddings.store import texts
from embeddings.store.builder import build
from embeddings.store.request import BuildRequest, RefusedError
from embeddings.store.texts import TextTools
from embeddings.tuning import SHIPPED, read_tuning
from scripts.progress import TerminalReporter

HARMLESS = 50
OF_A_NEW_ARTICLE = 8
# How often an article is gone.
GONE = 0.3
# A paragraph has more characters.
SHORT = 20
QUESTIONS = read_questions(Path(corpus.__file__).parent / "questions" / "dev.jsonl")
SHOWN = 160
NAVIGATION = "首页 > 资讯 > 正文\n\n"
FOOTER = "\n\n版权声明：本文来自网络，如有侵权请联系删除。\n\n上一篇：没有了\n\n下一篇：没有了\n"


def dirty(item: Article) -> Article:
    """Return an article as a scraper would have brought it."""
    body = item.original[item.body_start :].replace("。", "。&nbsp;").replace("催收", "催\u200b收")
    return replace(item, original=f"{NAVIGATION}{body}{FOOTER}", body_start=0)


@contextmanager
def wrong_prefixes() -> Iterator[None]:
    """Encode passages with the prompt of questions."""
    with mock.patch.object(OnnxEncoder, "encode_passages_by_token", OnnxEncoder.encode_queries_by_token):
        yield


@contextmanager
def lost_passages() -> Iterator[None]:
    """Lose each tenth passage before it is written."""
    plain, numbers = texts._passages, iter(range(1_000_000))

    def lossy(item: Article, tools: TextTools) -> tuple[Article, tuple[Passage, ...]]:
        found, passages = plain(item, tools)
        return found, tuple(one for one in passages if next(numbers) % 10)

    with mock.patch.object(texts, "_passages", lossy):
        yield


@contextmanager
def shuffled_vectors() -> Iterator[None]:
    """Put the vectors into other rows."""
    plain = FaissIndex.build

    def shuffled(path: Path, dimension: int, windows: Iterator[FloatArray]) -> FaissIndex:
        vectors = np.concatenate(list(windows))
        return plain(path, dimension, [np.random.default_rng(0).permutation(vectors)])

    with mock.patch.object(FaissIndex, "build", shuffled):
        yield


@contextmanager
def no_cleaning() -> Iterator[None]:
    """Cut articles as they were read."""
    with mock.patch.object(texts, "clean", lambda item: CleanArticle(item, item.original[item.body_start :], ())):
        yield


@contextmanager
def changed_program() -> Iterator[None]:
    """Let the faulty build pass for one of a new version, which may cut otherwise."""
    with mock.patch("embeddings.store.base.PASSAGES_VERSION", 0):
        yield


FAULTS: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "wrong prefixes": wrong_prefixes,
    "10 % of passages lost": lost_passages,
    "vectors shuffled": shuffled_vectors,
    "cleaning off": no_cleaning,
}


def tried(request: BuildRequest) -> Sequence[str]:
    """Return what the gate refuses a build for, nothing where it lets it through."""
    try:
        build(request, TerminalReporter())
    except RefusedError as error:
        return error.verdict.refusals
    return ()


def harmless(shipped: list[Article], generator: random.Random) -> list[Article]:
    """Return the shipped articles after an editor's day: two are longer, two shorter, one came, one may be gone."""
    changed = list(shipped)
    places = generator.sample(range(len(changed)), 5)
    for place in places[:2]:
        paragraph = generator.choice(_paragraphs(generator.choice(shipped)))
        changed[place] = replace(changed[place], original=f"{changed[place].original}\n\n{paragraph}\n")
    for place in places[2:4]:
        changed[place] = _without_a_sentence(changed[place], generator)
    id_ = f"new-{generator.randrange(10**9)}"
    texts_ = [generator.choice(_paragraphs(generator.choice(shipped))) for _ in range(OF_A_NEW_ARTICLE)]
    changed.append(replace(shipped[0], id=id_, path=f"{id_}.md", original="\n\n".join(texts_), body_start=0))
    if generator.random() < GONE:
        changed.pop(places[4])
    return changed


def _paragraphs(item: Article) -> list[str]:
    return [one for one in item.original[item.body_start :].split("\n\n") if len(one) > SHORT and _is_free(one)]


def _is_free(text: str) -> bool:
    """Return whether a text holds no answer to a question that must find one."""
    return not any(holds(text, quote) for one in QUESTIONS if one.must_find for quote in quotes_of(one))


def _without_a_sentence(item: Article, generator: random.Random) -> Article:
    ends = [place + 1 for place, character in enumerate(item.original) if character in "。！？\n"]
    sentences = [pair for pair in pairwise(ends) if pair[0] >= item.body_start]
    first, end = generator.choice([pair for pair in sentences if _is_free(item.original[slice(*pair)])])
    return replace(item, original=item.original[:first] + item.original[end:])


def try_faults(name: str, request: BuildRequest) -> None:
    """Print what each fault is refused for, once as it is, and once in what passes for a new version."""
    for fault, put_in in FAULTS.items():
        for how, version in (("", nullcontext), (", in a new version", changed_program)):
            with put_in(), version():
                refusals = tried(replace(request, full=True))
            print(f"{name} articles, {fault}{how}: {len(refusals)} reasons", flush=True)
            print("".join(f"    {reason[:SHOWN]}\n" for reason in refusals[:1]), end="", flush=True)


def try_harmless(request: BuildRequest, articles: list[Article], rounds: int) -> None:
    """Print how many harmless rebuilds are let through."""
    through, generator = 0, random.Random(1)  # noqa: S311
    for number in range(rounds):
        edited = ArticleList(harmless(articles, generator))
        refusals = tried(replace(request, source=edited, full=number % 10 == 0))
        through += not refusals
        for reason in refusals:
            print(f"harmless rebuild {number} refused: {reason}", flush=True)
    print(f"{through} of {rounds} harmless rebuilds let through", flush=True)


def main(rounds: int) -> None:
    """Try all faults, then the harmless rebuilds."""
    shipped = [item for item in ArticleFolder(shipped_articles()).articles() if isinstance(item, Article)]
    gate = IndexGate(Asked(QUESTIONS))
    model = find_model(ModelRequest(), Path(platformdirs.user_cache_dir("zhaiwen")))
    tuning = read_tuning(SHIPPED).tuning
    for name, articles in (("dirty", [dirty(item) for item in shipped]), ("clean", shipped)):
        with tempfile.TemporaryDirectory() as folder:
            request = BuildRequest(ArticleList(articles), model, Path(folder) / "index", tuning, gate=gate, keep=2)
            build(request, TerminalReporter())
            # Clean ones have nothing that cleaning would take away.
            try_faults(name, request) if name == "dirty" else try_harmless(request, articles, rounds)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else HARMLESS)
