"""Terms, and BM25 over them."""

import math
import random
from pathlib import Path

import bm25s
import pytest

from embeddings.errors import SnapshotError
from embeddings.lexical import LexicalIndex, TermStatistics, tokenize

TEXTS = ["催收电话", "上门催收", "征信记录", "上门"]


def test_terms() -> None:
    assert tokenize("微粒贷App") == ["微", "粒", "贷", "微粒", "粒贷", "app"]
    assert tokenize("ＡＢＣ１２ 95384，GB/T") == ["abc12", "95384", "gb", "t"]
    assert tokenize("，。！ \n") == []


def test_a_chinese_question_finds_what_shares_its_words() -> None:
    ranked = LexicalIndex.from_texts(TEXTS).search("催收会上门吗", 10)
    assert ranked.rows.tolist() == [1, 3, 0]
    assert ranked.scores[0] > 0


def test_score_is_lucene_bm25() -> None:
    ranked = LexicalIndex.from_texts(TEXTS).search("征", 1)
    # 征 stands once in row 2, which has 7 terms of 24 / 4 on average; in 1 of 4 texts.
    idf = math.log(1 + (4 - 1 + 0.5) / (1 + 0.5))
    tf = 1 / (1 + 1.5 * (1 - 0.75 + 0.75 * 7 / (24 / 4)))
    assert ranked.rows.tolist() == [2]
    assert ranked.scores[0] == pytest.approx(idf * tf, rel=1e-5)


def test_weights_are_those_of_the_library() -> None:
    generator = random.Random(3)  # noqa: S311
    texts = ["".join(generator.choices("催收电话上门征信a，", k=generator.randrange(40))) for _ in range(300)]
    library = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
    vocabulary: dict[str, int] = {}
    ids = [[vocabulary.setdefault(term, len(vocabulary)) for term in tokenize(text)] for text in texts]
    library.index((ids, vocabulary), show_progress=False)
    index = LexicalIndex.from_texts(texts)
    for question in ("催", "催收", "aa", "收电", "催收电话上门征信a"):
        assert index.scores(question) == pytest.approx(library.get_scores(tokenize(question)), rel=1e-5)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_windows_change_nothing(size: int) -> None:
    texts = [*TEXTS, "上门上门"]
    statistics = TermStatistics()
    for text in texts:
        statistics.add(text)
    windows = (texts[start : start + size] for start in range(0, len(texts), size))
    index = LexicalIndex.from_windows(statistics, windows)
    wanted = LexicalIndex.from_texts(texts)
    assert index.scores("上门催收电话").tolist() == wanted.scores("上门催收电话").tolist()
    assert index.count == 5


def test_scores_of_all_rows() -> None:
    index = LexicalIndex.from_texts(TEXTS)
    scores = index.scores("上门催收")
    ranked = index.search("上门催收", 4)
    assert scores.shape == (4,)
    assert scores[ranked.rows].tolist() == ranked.scores.tolist()
    assert scores[2] == 0


def test_nothing_shared() -> None:
    assert LexicalIndex.from_texts(TEXTS).search("weather", 5).rows.tolist() == []
    assert LexicalIndex.from_texts(TEXTS).search("？", 5).rows.tolist() == []


def test_equal_scores_are_in_order_of_row() -> None:
    ranked = LexicalIndex.from_texts(["电话", "上门", "上门", "上门"]).search("上门", 2)
    assert ranked.rows.tolist() == [1, 2]


def test_saved_and_loaded(tmp_path: Path) -> None:
    index = LexicalIndex.from_texts(TEXTS)
    index.save(tmp_path)
    loaded = LexicalIndex.load(tmp_path)
    assert loaded.count == 4
    wanted, found = index.search("上门催收", 4), loaded.search("上门催收", 4)
    assert found.rows.tolist() == wanted.rows.tolist()
    assert found.scores.tolist() == wanted.scores.tolist()


def test_a_text_without_terms_is_never_found() -> None:
    index = LexicalIndex.from_texts(["？", "上门"])
    assert index.count == 2
    assert index.search("上门", 5).rows.tolist() == [1]


def test_not_an_index(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="holds no lexical index"):
        LexicalIndex.load(tmp_path)
