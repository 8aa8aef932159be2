"""Measure what a hybrid search of 100,000 passages adds to the encoding of its question, on one core.

usage: taskset -c 0 python benchmarks/hybrid_latency.py INDEX [QUESTIONS.jsonl]

INDEX gives all that does not grow with the passages, and the vectors that others are mixed from;
`zhaiwen rebuild --index INDEX` makes one of the shipped articles. Its tuning says what is measured.
Texts are recombined from the sentences of these articles, so their words are as frequent as in real
ones; a passage's tokens are some that stand together in such texts. A question is encoded alone,
then searched whole, again and again; between the two figures lies what the search adds. Stages are
timed from outside of the parts that a Searcher is made of; what is left is fusion, folding,
calibration and the making of results.
"""

import json
import os
import random
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.mixed_vectors import WINDOW, encoded, mixed_vectors
from corpus.lexicon import load_lexicon
from corpus.normalising import normalise
from corpus.reading import ArticleFolder, shipped_articles
from corpus.records import About, Article, Markup, Passage
from embeddings.encoders.onnx_encoder import OnnxEncoder
from embeddings.indexes.faiss_index import FaissIndex
from embeddings.late_interaction.reference import TOKEN_DIMENSIONS
from embeddings.late_interaction.token_files import TokenWriter
from embeddings.late_interaction.token_space import fit_token_space
from embeddings.lexical import LexicalIndex, TermStatistics
from embeddings.records import SearchOptions, TokenVectors
from embeddings.searcher import Searcher
from embeddings.store.layout import IndexLayout, SnapshotLayout
from embeddings.store.loading import assembled
from embeddings.store.manifest import read_current
from embeddings.store.passage_store import PassageWriter
from embeddings.terms import TermSplitter
from embeddings.tuning import Reranking

PASSAGES = 100_000
OF_AN_ARTICLE = 20
CHARACTERS = 150
OPTIONS = SearchOptions(k=5)
# Texts that the tokens of others are taken from.
SAMPLED = 256
REPEATS = 5
# Seconds between two questions: threads of a runtime that has finished look for more work for a while.
PAUSE = 0.05
SENTENCE = re.compile(r"[^。！？；\n#]{8,}[。！？；]")
QUESTIONS = (
    "微粒贷逾期三个月会有人上门吗",
    "催收一天能打几次电话",
    "催收给我爸妈打电话合法吗",
    "通讯录被爆了怎么办",
    "还清欠款以后征信多久恢复",
    "收到法院传票的短信是真的还是假的",
    "信用卡逾期怎么跟银行协商分期",
    "上门催收的人不出示证件可以报警吗",
    "网贷利息超过多少就不受法律保护",
    "欠钱不还会坐牢吗",
    "催收冒充警察怎么取证",
    "录音能当证据吗",
    "债务转让给别的公司还要还吗",
    "诉讼时效过了催收还能要债吗",
    "担保人要替他还多少钱",
    "人去世了欠的债子女要还吗",
    "失信被执行人能不能坐高铁",
    "公司同事接到我的催收电话怎么办",
    "怎么投诉暴力催收",
    "晚上十点以后打电话催收违规吗",
    "把我的照片P成遗像发给亲戚算犯罪吗",
    "换了手机号银行找不到我会怎么样",
    "支付令收到以后几天内可以提异议",
    "仲裁裁决书是网上发的有效吗",
    "第三方催收公司有没有资质要求",
    "最低还款额也还不起了",
    "被起诉以后房子会被拍卖吗",
    "工资卡被冻结了生活费能不能留",
    "停息挂账需要什么材料",
    "身份证被别人拿去贷款了",
    "反催收中介收费靠谱吗",
    "助学贷款逾期影响毕业吗",
    "夫妻一方欠的网贷另一方要还吗",
    "银行说要移交公安是吓唬人的吗",
    "欠款五千会被起诉吗",
    "催收到村委会张贴欠款公告",
    "怎样查自己的征信报告",
    "个人破产在哪里可以申请",
    "暂缓还款的申请被拒绝了怎么办",
    "花呗借呗逾期会怎么样",
)
Stages = dict[str, list[float]]


def sentences() -> list[str]:
    """Return the sentences of the shipped articles."""
    shipped = ArticleFolder(shipped_articles()).articles()
    return [sentence for item in shipped if isinstance(item, Article) for sentence in SENTENCE.findall(item.original)]


def texts(some: list[str], count: int) -> Iterator[str]:
    """Yield so many texts of some sentences, the same ones each time."""
    generator = random.Random(1)  # noqa: S311
    for _ in range(count):
        text = ""
        while len(text) < CHARACTERS:
            text += generator.choice(some)
        yield text


def windows(some: list[str], count: int) -> Iterator[list[str]]:
    """Yield the same texts as they are indexed, a window at a time."""
    window: list[str] = []
    for text in texts(some, count):
        window.append(normalise(text))
        if len(window) == WINDOW:
            yield window
            window = []
    yield window


def write_passages(path: Path, some: list[str], count: int) -> None:
    """Write the passages, so many to an article."""
    with PassageWriter.create(path) as writer:
        passages: list[Passage] = []
        for row, text in enumerate(texts(some, count)):
            article = f"generated/{row // OF_AN_ARTICLE}"
            passages.append(Passage(f"p{row}", article, 0, len(text), text, ("一、上门催收", "证件"), ""))
            if len(passages) == OF_AN_ARTICLE or row == count - 1:
                original = "\n".join(passage.text for passage in passages)
                about = About(title=article, tags=(f"第{row % 7}类",))
                writer.add(Article(article, "generated.jsonl", original, Markup.PLAIN, about=about), passages)
                passages = []


def write_lexical(parts: SnapshotLayout, some: list[str], count: int) -> None:
    """Write the lexical index, with the word lists that are there already."""
    splitter = TermSplitter(load_lexicon(parts.lexicon))
    statistic = TermStatistics(splitter.terms, splitter.words)
    for window in windows(some, count):
        for text in window:
            statistic.add(text)
    LexicalIndex.from_windows(statistic, windows(some, count)).save(parts.lexical)


def write_tokens(parts: SnapshotLayout, encoder: OnnxEncoder, some: list[str], count: int) -> None:
    """Write as many tokens for each passage as it would have, of those that stand together in real ones."""
    real = encoder.encode_passages_by_token([normalise(text) for text in texts(some, SAMPLED)])
    tokens, ids = np.concatenate([one.tokens for one in real]), np.concatenate([one.ids for one in real])
    length = len(ids) // SAMPLED
    asked = encoder.encode_queries_by_token(QUESTIONS)
    space = fit_token_space([one.tokens for one in real], [one.tokens for one in asked], TOKEN_DIMENSIONS)
    generator = np.random.default_rng(1)
    with TokenWriter.create(parts.tokens, space) as writer:
        for window in windows(some, count):
            for text, first in zip(window, generator.integers(len(ids) - length, size=len(window)), strict=True):
                borders = np.linspace(0, len(text), length + 1).astype(np.int32)
                offsets = np.stack([borders[:-1], borders[1:]], axis=1)
                its = slice(first, first + length)
                writer.add(space.place(TokenVectors(real[0].vector, tokens[its], ids[its], offsets)))


def build(folder: Path, index: Path, count: int) -> Searcher:
    """Write an index of so many passages, and open it."""
    parts, some, layout = SnapshotLayout(folder), sentences(), IndexLayout(index)
    manifest = read_current(layout)
    given = layout.snapshot(manifest.snapshot)
    encoder = OnnxEncoder.load(layout.encoder(manifest.encoder.fingerprint))
    shutil.copytree(given.lexicon, parts.lexicon)
    shutil.copy(given.space, parts.space)
    if manifest.calibrated:
        shutil.copy(given.calibration, parts.calibration)
    write_passages(parts.passages, some, count)
    write_lexical(parts, some, count)
    vectors = encoded(index)
    FaissIndex.from_windows(vectors.shape[1], mixed_vectors(vectors, count, seed=1)).save(parts.vectors)
    if manifest.tuning.reranking is Reranking.LATE:
        write_tokens(parts, encoder, some, count)
    articles = {f"generated/{number}": "" for number in range(-(-count // OF_AN_ARTICLE))}
    # As a service does, that opens an index.
    threadpool_limits(limits=1, user_api="blas")
    return assembled(parts, replace(manifest, passages=count, articles=articles), encoder)


class Timed:
    """Stand for a part, and note how long each of its methods takes."""

    def __init__(self, part: object, name: str, stages: Stages) -> None:
        self._part, self._name, self._stages = part, name, stages

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- whatever the part has
        found = getattr(self._part, name)
        if not callable(found):
            return found

        def timed(*arguments: object, **named: object) -> object:
            before = time.perf_counter()
            given = found(*arguments, **named)
            self._stages[f"{self._name}.{name}"].append(time.perf_counter() - before)
            return given

        return timed


def timed_parts(searcher: Searcher, stages: Stages) -> Searcher:
    """Return the same Searcher with its parts timed."""
    ranked: dict[str, Any] = {
        name: Timed(part, name, stages)
        for name in ("vectors", "lexical", "reranker")
        if (part := getattr(searcher.ranker, name)) is not None
    }
    parts: dict[str, Any] = {
        name: Timed(getattr(searcher, name), name, stages) for name in ("encoder", "reader", "passages", "highlighter")
    }
    return replace(searcher, ranker=replace(searcher.ranker, **ranked), **parts)


def milliseconds(work: Callable[[], object]) -> float:
    """Return how long the work takes, after a pause."""
    time.sleep(PAUSE)
    before = time.perf_counter()
    work()
    return (time.perf_counter() - before) * 1000


def show(name: str, values: list[float]) -> None:
    """Print a row."""
    ordered = sorted(values)
    print(f"{name:32}{statistics.median(ordered):9.2f}{ordered[int(len(ordered) * 0.95)]:9.2f}")


def measure(searcher: Searcher, questions: list[str]) -> None:
    """Print the figures of all questions, asked several times after a first time that does not count."""
    encoding, whole, added = [], [], []
    for turn in range(REPEATS + 1):
        for question in questions:
            alone = milliseconds(lambda text=question: searcher.encoder.encode_queries_by_token([normalise(text)]))  # type: ignore[misc]
            search = milliseconds(lambda text=question: searcher.search(text, OPTIONS))  # type: ignore[misc]
            if turn:
                encoding.append(alone)
                whole.append(search)
                added.append(search - alone)
    print(f"{'milliseconds':32}{'p50':>9}{'p95':>9}")
    show("encoding alone", encoding)
    show("whole search", whole)
    show("added by the search", added)


def break_down(searcher: Searcher, questions: list[str]) -> None:
    """Print how long each part takes of a search, and what is left."""
    spent: defaultdict[str, list[float]] = defaultdict(list)
    for question in questions * REPEATS:
        stages: defaultdict[str, list[float]] = defaultdict(list)
        timed = timed_parts(searcher, stages)
        stages.clear()
        whole = milliseconds(lambda text=question, asked=timed: asked.search(text, OPTIONS))  # type: ignore[misc]
        found = {name: sum(times) * 1000 for name, times in stages.items()}
        for name, value in (*found.items(), ("all else", whole - sum(found.values()))):
            spent[name].append(value)
    for name, values in spent.items():
        show(f"  {name}", values)


def main(index: Path, questions: list[str]) -> None:
    """Build, ask, print."""
    cores = len(os.sched_getaffinity(0))
    print(f"on {cores} core{'s' * (cores > 1)}; {len(questions)} questions, each asked {REPEATS} times")
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        searcher = build(Path(folder), index, PASSAGES)
        print(f"{PASSAGES} passages built in {time.perf_counter() - started:.0f} s")
        measure(searcher, questions)
        break_down(searcher, questions)
        searcher.passages.close()


if __name__ == "__main__":
    lines = [line for path in sys.argv[2:] for line in Path(path).read_text(encoding="utf-8").splitlines()]
    given = [json.loads(line)["question"] for line in lines]
    main(Path(sys.argv[1]), given or list(QUESTIONS))
