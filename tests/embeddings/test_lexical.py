"""BM25 over terms."""

import math
import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import bm25s
import numpy as np
import pytest

from corpus.lexicon import Lexicon
from embeddings import postings
from embeddings.errors import SnapshotError
from embeddings.lexical import LexicalIndex, TermStatistics, WeightedTerms
from embeddings.records import RowArray
from embeddings.terms import TermSplitter

TEXTS = ["催收电话", "上门催收", "征信记录", "上门"]
SPLITTER = TermSplitter(Lexicon((), (), (), frozenset(), (), ""))


def index_of(texts: Sequence[str]) -> LexicalIndex:
    return LexicalIndex.from_texts(texts, SPLITTER.terms)


def asked(question: str) -> WeightedTerms:
    return [(term, 1.0) for term in SPLITTER.terms(question)]


def test_what_is_counted_is_what_the_splitter_gives() -> None:
    index = LexicalIndex.from_texts(["a b", "b c"], str.split)
    assert index.search([("b", 1.0)], 5).rows.tolist() == [0, 1]
    assert index.search([("a b", 1.0)], 5).rows.tolist() == []


def test_a_chinese_question_finds_what_shares_its_words() -> None:
    ranked = index_of(TEXTS).search(asked("催收会上门吗"), 10)
    assert ranked.rows.tolist() == [1, 3, 0]
    assert ranked.scores[0] > 0


def test_score_is_lucene_bm25() -> None:
    ranked = index_of(TEXTS).search(asked("征"), 1)
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
    ids = [[vocabulary.setdefault(term, len(vocabulary)) for term in SPLITTER.terms(text)] for text in texts]
    library.index((ids, vocabulary), show_progress=False)
    index = index_of(texts)
    for question in ("催", "催收", "aa", "收电", "催收电话上门征信a"):
        assert index.scores(asked(question)) == pytest.approx(library.get_scores(SPLITTER.terms(question)), rel=1e-5)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_windows_change_nothing(size: int) -> None:
    texts = [*TEXTS, "上门上门"]
    statistics = TermStatistics(SPLITTER.terms, SPLITTER.words)
    for text in texts:
        statistics.add(text)
    windows = (texts[start : start + size] for start in range(0, len(texts), size))
    index = LexicalIndex.from_windows(statistics, windows)
    wanted = index_of(texts)
    assert index.scores(asked("上门催收电话")).tolist() == wanted.scores(asked("上门催收电话")).tolist()
    assert index.count == 5


def test_sorting_in_parts_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = many_texts(500)
    for common_from in (1, 1_000):
        folders = [tmp_path / f"{name}-{common_from}" for name in ("whole", "parts")]
        LexicalIndex.build(folders[0], statistics_of(texts), [texts], common_from)
        with monkeypatch.context() as patched:
            # A common term alone has more postings than that.
            patched.setattr(postings, "_SORTED_TOGETHER", 100)
            windows = (texts[start : start + 7] for start in range(0, 500, 7))
            LexicalIndex.build(folders[1], statistics_of(texts), windows, common_from)
        names = sorted(path.name for path in folders[0].iterdir())
        assert sorted(path.name for path in folders[1].iterdir()) == names
        for name in names:
            assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()


def test_scores_of_all_rows() -> None:
    index = index_of(TEXTS)
    scores = index.scores(asked("上门催收"))
    ranked = index.search(asked("上门催收"), 4)
    assert scores.shape == (4,)
    assert scores[ranked.rows].tolist() == ranked.scores.tolist()
    assert scores[2] == 0


def test_nothing_shared() -> None:
    assert index_of(TEXTS).search(asked("weather"), 5).rows.tolist() == []
    assert index_of(TEXTS).search(asked("？"), 5).rows.tolist() == []


def test_equal_scores_are_in_order_of_row() -> None:
    ranked = index_of(["电话", "上门", "上门", "上门"]).search(asked("上门"), 2)
    assert ranked.rows.tolist() == [1, 2]


def test_saved_and_loaded(tmp_path: Path) -> None:
    index = index_of(TEXTS)
    index.save(tmp_path)
    loaded = LexicalIndex.load(tmp_path)
    assert loaded.count == 4
    wanted, found = index.search(asked("上门催收"), 4), loaded.search(asked("上门催收"), 4)
    assert found.rows.tolist() == wanted.rows.tolist()
    assert found.scores.tolist() == wanted.scores.tolist()


def test_a_text_without_terms_is_never_found() -> None:
    index = index_of(["？", "上门"])
    assert index.count == 2
    assert index.search(asked("上门"), 5).rows.tolist() == [1]


def test_not_an_index(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="holds no lexical index"):
        LexicalIndex.load(tmp_path)


def test_words_are_counted_once_a_text() -> None:
    statistics = TermStatistics(SPLITTER.terms, str.split)
    for text in ("催收 催收 电话", "催收", "上门"):
        statistics.add(text)
    index = LexicalIndex.from_windows(statistics, [["催收 催收 电话", "催收", "上门"]])
    assert index.words == {"催收": 2, "电话": 1, "上门": 1}


def test_words_are_saved_too(tmp_path: Path) -> None:
    index = index_of(TEXTS)
    index.save(tmp_path)
    assert index.words["催收"] == 2
    assert LexicalIndex.load(tmp_path).words == index.words
    (tmp_path / "words.json").write_text('["催收"]', encoding="utf-8")
    with pytest.raises(SnapshotError, match="holds no lexical index that can be read"):
        LexicalIndex.load(tmp_path)


def test_weights_count_as_often() -> None:
    index = index_of(TEXTS)
    alone = index.scores([("催收", 1.0)])
    assert index.scores([("催收", 0.5)]).tolist() == pytest.approx((alone / 2).tolist())
    assert index.scores([("催收", 1.0), ("催收", 0.5)]).tolist() == pytest.approx((alone * 1.5).tolist())
    both = alone + index.scores([("征信", 0.25)])
    assert index.scores([("催收", 1.0), ("征信", 0.25), ("天气", 3.0)]).tolist() == pytest.approx(both.tolist())
    assert index.scores([]).tolist() == [0, 0, 0, 0]


def test_rarity_is_the_inverse_document_frequency() -> None:
    index = index_of(TEXTS)
    assert index.rarity("征信") == pytest.approx(math.log(1 + (4 - 1 + 0.5) / (1 + 0.5)))
    assert index.rarity("上门") == pytest.approx(math.log(1 + (4 - 2 + 0.5) / (2 + 0.5)))
    assert index.rarity("天气") == 0


def test_an_index_without_terms() -> None:
    index = index_of(["？", "！"])
    assert index.search(asked("上门"), 5).rows.tolist() == []
    assert index.scores(asked("上门")).tolist() == [0, 0]
    assert index.rarity("上门") == 0


def test_the_best_of_some_rows() -> None:
    index = LexicalIndex.from_texts(["b", "a a a", "a b", "a a a", "a a"], str.split)
    scores = index.scores([("a", 1.0)])
    for within, k, wanted in (
        (None, 9, [1, 3, 4, 2]),
        (None, 2, [1, 3]),
        ([0, 2, 3], 9, [3, 2]),
        ([0, 2, 3], 1, [3]),
        ([0], 5, []),
        ([], 5, []),
    ):
        rows = None if within is None else np.array(within, dtype=np.int64)
        ranked = index.matches([("a", 1.0)]).best(k, rows)
        assert ranked.rows.tolist() == wanted
        assert ranked.scores.tolist() == scores[wanted].tolist()


COMMON = "催收电话上门征信"


def many_texts(count: int) -> list[str]:
    """Return texts of a few characters that nearly all hold, and of many that few do; some are longer than a block."""
    generator = random.Random(5)  # noqa: S311
    rare = [chr(0x5000 + number) for number in range(400)]
    return [
        "".join(
            generator.choices(COMMON, k=generator.randrange(25)) + generator.choices(rare, k=generator.randrange(9))
        )
        for _ in range(count)
    ]


@pytest.fixture(scope="module")
def both() -> tuple[LexicalIndex, LexicalIndex]:
    """Return the index of texts that fill two blocks and a part, with postings alone and with codes."""
    texts = many_texts(20_000)
    return index_of(texts), LexicalIndex.from_texts(texts, SPLITTER.terms, common_from=1)


QUESTIONS = (
    "催收",
    "催收电话上门征信",
    "倀倁倂",
    "催收倀倁上门",
    "征征征信倃",
    "龘",
)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(
    "within", [None, np.arange(0, 20_000, 3), np.arange(300), np.arange(0)], ids=["all", "1/3", "few", "none"]
)
def test_codes_find_what_postings_find(
    both: tuple[LexicalIndex, LexicalIndex], question: str, within: RowArray | None
) -> None:
    plain, coded = (index.matches([(term, 1.0) for term in SPLITTER.terms(question)]) for index in both)
    assert not plain.common
    assert bool(coded.common) == any(character in COMMON for character in question)
    for k in (1, 10, 200, 3_000):
        found, wanted = coded.best(k, within), plain.best(k, within)
        # Terms are added in another order, and so rounded otherwise: what is as good as equal may change places.
        assert found.scores == pytest.approx(wanted.scores, rel=1e-5)
        differ = np.setxor1d(found.rows, wanted.rows)
        assert plain.of(differ) == pytest.approx(np.full(len(differ), wanted.scores[-1:].sum()), rel=1e-5)


@pytest.mark.parametrize("question", QUESTIONS)
def test_estimates_are_within_their_error(both: tuple[LexicalIndex, LexicalIndex], question: str) -> None:
    plain, coded = (index.matches([(term, 1.0) for term in SPLITTER.terms(question)]) for index in both)
    rows = np.arange(20_000)
    assert coded.of(rows) == pytest.approx(plain.of(rows), rel=1e-5, abs=1e-6)
    assert float(np.abs(coded.estimated - plain.of(rows)).max()) <= coded.error
    wanted = plain.moments()
    assert coded.moments() == pytest.approx(wanted, abs=max(coded.error, 1e-6))
    # In practice errors cancel out.
    assert coded.moments() == pytest.approx(wanted, rel=2e-4, abs=1e-6)


def test_equal_texts_have_equal_scores_with_codes() -> None:
    index = LexicalIndex.from_texts(["催收上门电话倀"] * 9_000, SPLITTER.terms, common_from=1)
    ranked = index.search(asked("催收电话"), 300)
    assert ranked.rows.tolist() == list(range(300))
    assert len(set(ranked.scores.tolist())) == 1


def test_a_term_that_stands_more_often_than_a_byte_counts() -> None:
    index = LexicalIndex.from_texts(["a " * 300, "a " * 255, "b"], str.split, common_from=1)
    assert index.matches([("a", 1.0)]).common
    plain = LexicalIndex.from_texts(["a " * 300, "a " * 255, "b"], str.split)
    assert index.scores([("a", 1.0)]) == pytest.approx(plain.scores([("a", 1.0)]), rel=2e-3)


@pytest.mark.parametrize("name", ["rows", "weights", "starts", "holders", "terms", "damping", "counts", "codes"])
def test_a_file_of_another_index(tmp_path: Path, name: str) -> None:
    texts = many_texts(300)
    LexicalIndex.build(tmp_path / "one", statistics_of(texts), [texts], common_from=1)
    LexicalIndex.build(tmp_path / "other", statistics_of(texts[:150]), [texts[:150]], common_from=200)
    shutil.copy(tmp_path / "other" / f"{name}.npy", tmp_path / "one")
    if name == "damping":
        np.save(tmp_path / "one" / "damping.npy", np.ones(9_000, dtype=np.float32))
    with pytest.raises(SnapshotError, match="do not fit one another"):
        LexicalIndex.load(tmp_path / "one")
    (tmp_path / "one" / f"{name}.npy").write_bytes(b"")
    with pytest.raises(SnapshotError, match=rf"{name}\.npy holds no"):
        LexicalIndex.load(tmp_path / "one")


def statistics_of(texts: Sequence[str]) -> TermStatistics:
    statistics = TermStatistics(SPLITTER.terms, SPLITTER.words)
    for text in texts:
        statistics.add(text)
    return statistics
