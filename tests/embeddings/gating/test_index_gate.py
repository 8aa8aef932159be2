"""The gate: every seeded fault is refused for its own reason, and what is harmless passes."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpus.reading import ArticleList
from corpus.records import Article, CleanArticle, Markup, Passage
from embeddings.encoders.model_folder import ModelFolder
from embeddings.encoders.onnx_encoder import OnnxEncoder
from embeddings.evaluation.evaluating import Asked
from embeddings.evaluation.records import Judgement, Question, Section
from embeddings.gating.index_gate import IndexGate
from embeddings.gating.stored_questions import stored_form, stored_questions
from embeddings.indexes.faiss_index import FaissIndex
from embeddings.lexical import LexicalIndex, TermStatistics
from embeddings.protocols import Progress
from embeddings.records import TokenVectors
from embeddings.store import builder, texts
from embeddings.store.builder import build
from embeddings.store.encoded import EncodedPassage
from embeddings.store.encoded_files import EncodedWriter
from embeddings.store.layout import IndexLayout
from embeddings.store.manifest import read_current
from embeddings.store.request import BuildRequest, RefusedError
from embeddings.store.texts import TextTools
from tests.conftest import SilentReporter, article

CHARACTERS = "上门要带证件催收电话一天不超过三次征信记录保存五年家人同事不要打监管部门投诉协商还款书面合同利息法院传票"


def text_of(number: int) -> str:
    """Return some sentences that only this article has, with what cleaning takes away between them."""
    generator = np.random.default_rng(number)
    sentences = ["".join(generator.choice(list(CHARACTERS), 18)) + "。" for _ in range(4)]
    return "\n".join(f"{one}\u200b" for one in sentences)


ARTICLES = tuple(article(f"a{number:02}", text_of(number), f"{number}号") for number in range(40))
QUESTIONS = tuple(
    Question(f"q{number}", one.original[:10], (Judgement(Section(one.id, None), 2),), "plain", None, number < 10)
    for number, one in enumerate(ARTICLES)
)
ASKED = Asked(QUESTIONS)


@pytest.fixture
def request_(tiny_model: ModelFolder, tmp_path: Path) -> BuildRequest:
    """Return the request of a build after a first one, which a gate let through."""
    request = BuildRequest(ArticleList(ARTICLES), tiny_model, tmp_path / "index", gate=IndexGate(ASKED))
    assert build(request, SilentReporter()).verdict.refusals == ()
    return replace(request, full=True)


def refusal(request: BuildRequest) -> str:
    """Return why a build is refused, after seeing that all is as it was."""
    layout = IndexLayout(request.index)
    before = layout.current.read_bytes(), sorted(layout.snapshots.iterdir())
    with pytest.raises(RefusedError, match="^the new index was not published, for") as refused:
        build(request, SilentReporter())
    assert (layout.current.read_bytes(), sorted(layout.snapshots.iterdir())) == before
    return "\n".join(refused.value.verdict.refusals)


Encode = Callable[[OnnxEncoder, Sequence[str], Progress | None], list[TokenVectors]]


def test_passages_that_are_encoded_as_questions(request_: BuildRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OnnxEncoder, "encode_passages_by_token", OnnxEncoder.encode_queries_by_token)
    assert "passages have another vector when they are encoded again (cosine down to 0." in refusal(request_)


def test_shuffled_vectors(request_: BuildRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    plain: Encode = OnnxEncoder.encode_passages_by_token

    def shuffled(self: OnnxEncoder, some: Sequence[str], progress: Progress | None = None) -> list[TokenVectors]:
        return plain(self, some, progress)[::-1]

    monkeypatch.setattr(OnnxEncoder, "encode_passages_by_token", shuffled)
    assert "passages have another vector when they are encoded again" in refusal(request_)


def test_vectors_in_the_rows_of_others(request_: BuildRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = FaissIndex.build

    def turned(path: Path, dimension: int, windows: Iterator[np.ndarray]) -> object:
        return plain(path, dimension, [np.roll(np.concatenate(list(windows)), 1, axis=0)])

    monkeypatch.setattr(FaissIndex, "build", turned)
    assert "vectors are not those of their passages" in refusal(request_)


def test_words_in_the_rows_of_others(request_: BuildRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = LexicalIndex.build

    def turned(folder: Path, statistics: TermStatistics, windows: Iterator[Sequence[str]]) -> object:
        every = [text for window in windows for text in window]
        return plain(folder, statistics, [[*every[20:], *every[:20]]])

    monkeypatch.setattr(LexicalIndex, "build", turned)
    assert "passages find themselves by their own words, at least 99% must" in refusal(request_)


def test_vectors_of_another_length(request_: BuildRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    get = EncodedWriter.add

    def doubled(self: EncodedWriter, passage: EncodedPassage) -> None:
        get(self, passage._replace(vector=2 * passage.vector))

    monkeypatch.setattr(EncodedWriter, "add", doubled)
    assert "vectors have lengths from 2 to 2, 1 was wanted" in refusal(request_)


def losing(every: int) -> Callable[[Article, TextTools], tuple[Article, tuple[Passage, ...]]]:
    """Return what cuts an article into passages and loses some of them."""
    plain = texts._passages
    cut = iter(range(10_000))

    def lossy(item: Article, tools: TextTools) -> tuple[Article, tuple[Passage, ...]]:
        found, passages = plain(item, tools)
        return found, tuple(one for one in passages if next(cut) % every)

    return lossy


def test_a_tenth_of_the_passages_is_lost(request_: BuildRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "_passages", losing(10))
    assert "articles have not changed, but their passages have" in refusal(request_)
    # Even where another way of cutting is the reason for other passages.
    monkeypatch.setattr("embeddings.store.base.PASSAGES_VERSION", 0)
    assert "of the text is left in passages, at least 95% was wanted" in refusal(replace(request_, gate=IndexGate()))


def test_cleaning_is_off(request_: BuildRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    def as_it_is(item: Article) -> CleanArticle:
        return CleanArticle(item, item.original, ())

    monkeypatch.setattr(texts, "clean", as_it_is)
    assert "articles have not changed, but their passages have" in refusal(request_)
    monkeypatch.setattr("embeddings.store.base.PASSAGES_VERSION", 0)
    assert "cleaning made 0 repairs in 40 articles that have not changed" in refusal(request_)


def test_texts_that_are_not_in_their_articles(request_: BuildRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = texts._passages

    def invented(item: Article, tools: TextTools) -> tuple[Article, tuple[Passage, ...]]:
        found, passages = plain(item, tools)
        return found, tuple(replace(one, text=f"{one.text}的") for one in passages)

    monkeypatch.setattr(texts, "_passages", invented)
    assert "passages are not what stands in their articles" in refusal(request_)


def test_empty_and_overlong_passages(request_: BuildRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = texts._passages

    def blank(item: Article, tools: TextTools) -> tuple[Article, tuple[Passage, ...]]:
        found, passages = plain(item, tools)
        return found, tuple(replace(one, text="\n　") for one in passages)

    monkeypatch.setattr(texts, "_passages", blank)
    assert "40 passages are empty: 'a00' characters 0-" in refusal(request_)
    monkeypatch.setattr(texts, "_passages", plain)
    fitting = builder._fitting

    def smaller(*given: object) -> object:
        tuning = fitting(*given)  # type: ignore[arg-type]
        return replace(tuning, target_tokens=30, max_tokens=30)

    # What the manifest promises is shorter than what was cut.
    tools = builder._tools
    monkeypatch.setattr(builder, "_fitting", smaller)
    monkeypatch.setattr(
        builder, "_tools", lambda tuning, *rest: tools(replace(tuning, target_tokens=100, max_tokens=120), *rest)
    )
    assert "40 of 40 passages have more than 30 tokens" in refusal(request_)


def test_too_many_articles_are_gone(request_: BuildRequest) -> None:
    most = replace(request_, source=ArticleList(ARTICLES[3:]), full=False)
    assert "3 of 40 articles are gone (7.5%), at most 5.0% may be: 'a00', 'a01', 'a02'; give" in refusal(most)
    summary = build(replace(most, gate=IndexGate(ASKED, max_removed=0.1)), SilentReporter())
    # A question about what has left is no question that is lost.
    assert summary.verdict.notes[0] == "set aside: q0: a00 is not there any more; the question is not asked"
    assert summary.verdict.refusals == ()


def test_worse_answers_are_refused_question_by_question(request_: BuildRequest) -> None:
    # Half of the articles say something else now.
    changed = [replace(one, original=text_of(1000 + n)) for n, one in enumerate(ARTICLES[:20])]
    worse = replace(request_, source=ArticleList((*changed, *ARTICLES[20:])), full=False)
    told = refusal(worse)
    assert re.search(r"^[1-9] questions that must find their answer have lost it:\n      q\d: ", told)
    assert re.search(r"^nDCG@10 falls by more than 0\.01: [01]\.\d{3} → 0\.\d{3}, p 0\.\d{4}$", told, re.MULTILINE)
    assert "questions of the kind 'plain' (40) are answered worse" in told
    assert "the questions that are answered worse:\n      q" in told
    summary = build(replace(worse, force="新文章是对的"), SilentReporter())
    assert summary.built
    assert (summary.forced, "\n".join(summary.verdict.refusals)) == ("新文章是对的", told)
    manifest = read_current(IndexLayout(request_.index))
    assert (manifest.forced, "\n".join(manifest.refusals)) == ("新文章是对的", told)
    # What is served now is what the next one is compared with.
    again = build(replace(worse, full=True), SilentReporter())
    assert (again.forced, again.verdict.refusals) == ("", ())


def test_tokens_of_other_passages(request_: BuildRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    add, before = EncodedWriter.add, list[EncodedPassage]()

    def late(self: EncodedWriter, passage: EncodedPassage) -> None:
        before.append(passage)
        add(self, passage._replace(tokens=before[max(len(before) - 2, 0)].tokens))

    monkeypatch.setattr(EncodedWriter, "add", late)
    assert "passages have other tokens when they are encoded again" in refusal(request_)


def test_articles_that_were_cut_short_where_they_come_from(request_: BuildRequest) -> None:
    short = [replace(one, original=f"请登录后查看。{one.id}") for one in ARTICLES]
    told = refusal(replace(request_, source=ArticleList(short), gate=IndexGate()))
    assert told.startswith("of the text of 40 articles, ")
    assert "is left in passages, at least 80% was wanted: were they cut short" in told


def test_a_damaged_index_is_no_way_around_the_gate(request_: BuildRequest) -> None:
    layout = IndexLayout(request_.index)
    (layout.snapshot(read_current(layout).snapshot).folder / ".DS_Store").write_bytes(b"")
    few = replace(request_, source=ArticleList(ARTICLES[:3]), full=False)
    assert "37 of 40 articles are gone" in refusal(few)
    reporter = SilentReporter()
    summary = build(replace(few, source=ArticleList(ARTICLES)), reporter)
    assert reporter.said[0].startswith("what is served cannot be relied on: ")
    assert summary.verdict.notes[0] == reporter.said[0]
    # Three were encoded by the build that was refused.
    assert (summary.built, summary.encoded, summary.taken_over) == (True, 37, 3)


def test_a_heading_that_an_editor_changed_is_set_aside(tiny_model: ModelFolder, tmp_path: Path) -> None:
    def about(heading: str) -> list[Article]:
        return [article("a", f"## {heading}\n\n{text_of(1)}", markup=Markup.MARKDOWN), *ARTICLES]

    asked = Asked((*QUESTIONS, Question("h", "征信", (Judgement(Section("a", ("征信",)), 2),), must_find=True)))
    request = BuildRequest(ArticleList(about("征信")), tiny_model, tmp_path / "index", gate=IndexGate(asked))
    build(request, SilentReporter())
    summary = build(replace(request, source=ArticleList(about("征信记录"))), SilentReporter())
    assert summary.verdict.refusals == ()
    assert summary.verdict.notes[0] == "set aside: h: a#征信 is not there any more; the question is not asked"


def test_harmless_rebuilds_are_let_through(request_: BuildRequest) -> None:
    generator = np.random.default_rng(7)
    articles = list(ARTICLES)
    for number in range(10):
        place = int(generator.integers(len(articles)))
        articles[place] = replace(articles[place], original=f"{articles[place].original}\n{text_of(2000 + number)}")
        articles.append(article(f"b{number}", text_of(3000 + number)))
        if number % 3 == 0:
            articles.pop(int(generator.integers(1, len(articles))))
        summary = build(replace(request_, source=ArticleList(articles), full=number % 4 == 0), SilentReporter())
        assert summary.verdict.refusals == ()


@pytest.mark.parametrize(("rivals", "is_lost"), [(6, False), (12, True)])
def test_an_answer_may_slide_from_what_is_shown_by_a_few_places(
    request_: BuildRequest, rivals: int, is_lost: bool
) -> None:
    asked = QUESTIONS[3].text
    others = [article(f"c{number}", f"{asked * 4}\n{text_of(5000 + number)}") for number in range(rivals)]
    build(replace(request_, source=ArticleList([*ARTICLES, *others[:2]])), SilentReporter())
    request = replace(request_, source=ArticleList([*ARTICLES, *others]))
    if is_lost:
        assert f"1 questions that must find their answer have lost it:\n      q3: {asked}" in refusal(request)
    else:
        assert f"q3 finds its answer at place 7, at 3 before: {asked}" in build(request, SilentReporter()).verdict.notes


def test_without_questions_the_overlap_is_told(request_: BuildRequest) -> None:
    summary = build(replace(request_, gate=IndexGate()), SilentReporter())
    (note,) = summary.verdict.notes
    assert note == (
        "no questions to measure by; asked by 40 of its headings, the new index shares 100% of the first 10 results "
        "with the one that is served"
    )


def test_questions_are_kept_for_the_next_build(request_: BuildRequest) -> None:
    assert stored_questions(request_.index) is None
    anywhere = Question(
        "x", "哪里", (Judgement(None, 2, "上门"), Judgement(Section("a01", ("一",)), 1)), must_find=True
    )
    asked = Asked((*QUESTIONS, anywhere), (Question("u", "天气", ()),), names=("/a/dev.jsonl",))
    build(replace(request_, questions=stored_form(asked)), SilentReporter())
    kept = stored_questions(request_.index)
    assert kept == replace(asked, names=("dev.jsonl",))
    assert kept is not None
    assert kept.hash == asked.hash


def test_the_gate_needs_no_index_before(tiny_model: ModelFolder, tmp_path: Path) -> None:
    plain = [replace(one, markup=Markup.MARKDOWN) for one in ARTICLES]
    request = BuildRequest(ArticleList(plain), tiny_model, tmp_path / "index", gate=IndexGate(ASKED))
    summary = build(request, SilentReporter())
    assert summary.verdict.notes == (f"nDCG@10 {summary.verdict.measured['nDCG@10']:.3f} on 40 questions",)
    assert build(replace(request, full=True, gate=IndexGate()), SilentReporter()).verdict.refusals == ()
