"""The sentence that answers, in texts whose indexed form has other lengths than what a reader sees."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpus.lexicon import load_lexicon
from corpus.normalising import normalise
from corpus.reading import ArticleList
from corpus.sentences import sentence_spans
from embeddings.encoders.model_folder import ModelFolder
from embeddings.highlights import Highlighter
from embeddings.late_interaction.token_files import TokenWriter
from embeddings.late_interaction.token_space import TokenSpace
from embeddings.late_interaction.token_store import TokenStore
from embeddings.lexical import LexicalIndex
from embeddings.records import Mode, Query, SearchOptions, Span, TokenVectors
from embeddings.store.builder import build
from embeddings.store.loading import open_searcher
from embeddings.store.request import BuildRequest
from embeddings.terms import TermSplitter
from embeddings.tuning import Reranking, Tuning
from tests.conftest import SilentReporter, article

# Before the sentences: traditional and full-width characters, emoji, ligatures and invisible characters, so that
# the indexed form is shorter here and longer there.
TEXTS = (
    "上門要帶證件。電話一天不超過三次。征信保存五年。",
    "ＡＢＣ😭😭😭 上门要带证件！　　电话一天不超过三次？\n征信保存五年",
    "㍿㍿㍿上门要带证件。\u200b\u200b\u200b电话一天不超过三次。征信保存五年。😭😭😭",
    "  \n上门要带证件；ﬃ电话一天不超过三次；……征信\u200d保存五年……”\n\n",
    "1️⃣上門要帶證件。2️⃣電話一天不超過三次。3️⃣征信保存五年。",
)
WANTED = (("证件", "證件"), ("电话", "電話"), ("征信", "征信"))


@pytest.fixture(scope="module")
def splitter() -> TermSplitter:
    return TermSplitter(load_lexicon())


def encoded(text: str, alphabet: str) -> TokenVectors:
    """Make each character but white space a token, with a direction of its own; `text` is as an encoder is given it."""
    places = [place for place, character in enumerate(text) if not character.isspace()]
    ids = [alphabet.index(text[place]) for place in places]
    return TokenVectors(
        np.ones(1, dtype=np.float32),
        np.eye(len(alphabet), dtype=np.float32)[ids],
        np.array(ids, dtype=np.int32),
        np.array([[place, place + 1] for place in places], dtype=np.int32).reshape(-1, 2),
    )


def asked(question: str, splitter: TermSplitter, tokens: TokenVectors) -> Query:
    return Query(question, splitter.expand(question, 0.5), np.ones(1, dtype=np.float32), tokens)


def by_terms(texts: Sequence[str], splitter: TermSplitter) -> Highlighter:
    return Highlighter(splitter, LexicalIndex.from_texts(texts, splitter.terms), None)


def by_tokens(folder: Path, texts: Sequence[str], title: str, alphabet: str, splitter: TermSplitter) -> Highlighter:
    """Index texts under a title, as chunking does."""
    mean = np.zeros(len(alphabet), dtype=np.float32)
    space = TokenSpace(mean, mean, np.eye(len(alphabet), dtype=np.float32))
    with TokenWriter.create(folder, space) as writer:
        for text in texts:
            writer.add(space.place(encoded(normalise(title + text), alphabet)))
    return Highlighter(splitter, LexicalIndex.from_texts(texts, splitter.terms), TokenStore.open(folder))


NOTHING = TokenVectors(
    np.ones(1, np.float32), np.zeros((0, 1), np.float32), np.zeros(0, np.int32), np.zeros((0, 2), np.int32)
)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize(("question", "shown"), WANTED)
def test_by_terms(splitter: TermSplitter, text: str, question: str, shown: str) -> None:
    ((span,),) = by_terms(TEXTS, splitter).highlights(asked(question, splitter, NOTHING), [(0, text)])
    sentence = text[span.start : span.end]
    assert shown in sentence or question in sentence
    holding = [own for own in sentence_spans(text) if shown in text[slice(*own)] or question in text[slice(*own)]]
    assert [span] == holding


def test_rare_terms_count_for_more(splitter: TermSplitter) -> None:
    texts = ["催收要看证件。催收不能骂人。", "催收来了。", "催收走了。"]
    # Both sentences hold 催收, and one of them what no other passage holds.
    ((span,),) = by_terms(texts, splitter).highlights(asked("催收骂人", splitter, NOTHING), [(0, texts[0])])
    assert texts[0][span.start : span.end] == "催收不能骂人。"


def test_scores_of_terms_by_hand(splitter: TermSplitter) -> None:
    texts = ["证件。电话。", "征信。"]
    highlighter = by_terms(texts, splitter)
    query = Query("", [("证", 1.0), ("证件", 0.5), ("新", 9.0)], np.ones(1, np.float32), NOTHING)
    rarity = LexicalIndex.from_texts(texts, splitter.terms).rarity("证")
    spans = [Span(0, 3), Span(3, 6)]
    assert highlighter.by_terms(query, texts[0], spans) == pytest.approx([1.5 * rarity, 0])


def test_where_nothing_speaks_for_any_sentence(splitter: TermSplitter) -> None:
    highlighter = by_terms(TEXTS, splitter)
    for question in ("weather", "", "😭"):
        assert highlighter.highlights(asked(question, splitter, NOTHING), [(0, TEXTS[0])]) == [()]
    assert highlighter.highlights(asked("证件", splitter, NOTHING), [(0, " \n ")]) == [()]


def test_the_first_of_equal_sentences(splitter: TermSplitter) -> None:
    text = "看证件。看证件。"
    assert by_terms([text], splitter).highlights(asked("证件", splitter, NOTHING), [(0, text)]) == [(Span(0, 4),)]


@pytest.mark.parametrize("title", ["", "证件 电话 征信\n", "催收😭\n"])
@pytest.mark.parametrize(("question", "shown"), WANTED)
def test_by_tokens(splitter: TermSplitter, tmp_path: Path, title: str, question: str, shown: str) -> None:
    alphabet = "".join(sorted(set(normalise("".join([title, *TEXTS])))))
    highlighter = by_tokens(tmp_path / "tokens", TEXTS, title, alphabet, splitter)
    for row, text in enumerate(TEXTS):
        tokens = encoded(question, alphabet)
        ((span,),) = highlighter.highlights(asked(question, splitter, tokens), [(row, text)])
        assert shown in text[span.start : span.end] or question in text[span.start : span.end]
        assert span in [Span(*own) for own in sentence_spans(text)]


@pytest.mark.parametrize("row", range(len(TEXTS)))
def test_a_part_has_the_tokens_of_its_sentence_and_no_others(splitter: TermSplitter, tmp_path: Path, row: int) -> None:
    alphabet = "".join(sorted(set(normalise("题\n" + "".join(TEXTS)))))
    highlighter = by_tokens(tmp_path / "tokens", TEXTS, "题\n", alphabet, splitter)
    spans = [Span(*own) for own in sentence_spans(TEXTS[row])]
    for character in sorted(set(alphabet) - {"\n", " "}):
        query = asked(character, splitter, encoded(character, alphabet))
        (scores,) = highlighter.by_tokens(query, [(row, TEXTS[row])])
        found = [score > 0.5 for score in scores]
        # What stands between two sentences, such as an emoji, is white space in the indexed form.
        assert found == [character in normalise(TEXTS[row][span.start : span.end]) for span in spans]


def test_a_question_without_tokens(splitter: TermSplitter, tmp_path: Path) -> None:
    alphabet = "".join(sorted(set(normalise("".join(TEXTS)))))
    highlighter = by_tokens(tmp_path / "tokens", TEXTS, "", alphabet, splitter)
    nothing = replace(encoded("", alphabet), tokens=np.zeros((0, len(alphabet)), dtype=np.float32))
    assert highlighter.highlights(asked("", splitter, nothing), [(0, TEXTS[0])]) == [()]


@pytest.mark.parametrize("reranking", [Reranking.LATE, Reranking.NONE])
def test_of_an_index(tiny_model: ModelFolder, tmp_path: Path, reranking: Reranking) -> None:
    source = ArticleList(article(f"a{number}", text, title="😭規定") for number, text in enumerate(TEXTS))
    build(
        BuildRequest(source, tiny_model, tmp_path / "index", Tuning(reranking=reranking)),
        SilentReporter(),
    )
    searcher = open_searcher(tmp_path / "index")
    for mode in Mode:
        for question, shown in WANTED:
            results = searcher.search(question, SearchOptions(k=10, mode=mode)).results
            assert results
            for result in results:
                text = result.passage.text
                for span in result.highlights:
                    assert span in [Span(*own) for own in sentence_spans(text)]
                if reranking is Reranking.NONE:
                    (span,) = result.highlights
                    assert shown in text[span.start : span.end] or question in text[span.start : span.end]
