"""Terms of texts and questions."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from corpus.lexicon import Lexicon, Translation, load_lexicon
from embeddings.terms import ADDED_WEIGHT, TermKind, TermSplitter

LEXICON = Lexicon(
    words=("微粒贷", "停息挂账"),
    variants=(("老赖", "失信人", "怎么失信"), ("被告", "吃官司")),
    english=(Translation(("debt", "collector"), ("催收员",)), Translation(("debt",), ("债务",))),
    stopwords=frozenset({"吗", "怎么", "the"}),
    crisis=frozenset(),
    fingerprint="",
)


def splitter(kind: TermKind, *, drops: bool = False) -> TermSplitter:
    return TermSplitter(LEXICON, kind, drops_stopwords=drops)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (TermKind.WORDS, ["停息", "挂账", "停息挂账", "微粒", "微粒贷", "app", "3", "年", "吗"]),
        (
            TermKind.PAIRS,
            [*"停息挂账", "停息", "息挂", "挂账", *"微粒贷", "微粒", "粒贷", "app", "3", *"年吗", "年吗", "3年"],
        ),
    ],
)
def test_terms(kind: TermKind, wanted: list[str]) -> None:
    assert splitter(kind).terms("停息挂账，微粒貸APP三年吗") == wanted


def test_both_kinds_count_nothing_twice() -> None:
    text = "停息挂账，微粒貸APP三年吗"
    pairs = splitter(TermKind.PAIRS).terms(text)
    assert splitter(TermKind.BOTH).terms(text) == [*pairs, "停息挂账", "微粒贷"]


def test_width_and_case_are_folded_and_punctuation_is_no_term() -> None:
    pairs = splitter(TermKind.PAIRS)
    assert pairs.terms("ＡＢＣ１２ 95384，GB/T") == ["abc12", "95384", "gb", "t"]
    assert pairs.terms("，。！ \n") == []


def test_pairs_end_with_a_run() -> None:
    terms = splitter(TermKind.PAIRS).terms("上门，LPR 电\n话")
    assert terms == ["上", "门", "上门", "lpr", "电", "话"]


def test_long_words_give_the_words_in_them() -> None:
    words = TermSplitter(load_lexicon(), TermKind.WORDS).terms("失信被执行人")
    assert words[-1] == "失信被执行人"
    assert {"失信", "执行"} < set(words)


def test_stopwords_part_their_neighbours() -> None:
    assert splitter(TermKind.WORDS, drops=True).terms("催收吗上门the") == ["催收", "上门"]
    pairs = splitter(TermKind.PAIRS, drops=True).terms("催收吗上门the")
    assert pairs == ["催", "收", "催收", "上", "门", "上门"]


def test_what_means_the_same_is_added() -> None:
    assert splitter(TermKind.WORDS).expand("老赖吗") == [
        ("老赖", 1.0),
        ("吗", 1.0),
        ("失信", ADDED_WEIGHT),
    ]


def test_variants_begin_and_end_with_words() -> None:
    weights = dict(splitter(TermKind.WORDS).expand("我被告了"))
    assert weights["吃官司"] == ADDED_WEIGHT
    assert "吃官司" not in dict(splitter(TermKind.WORDS).expand("我被告知了"))


# 催收员 is two words here: 催收, and 员, which as a single character is never added.
def test_english_meets_chinese_by_the_longest_phrase() -> None:
    question = splitter(TermKind.WORDS).expand("The Debt Collectors!")
    assert question == [("the", 1.0), ("debt", 1.0), ("collectors", 1.0), ("催收", ADDED_WEIGHT)]
    assert splitter(TermKind.WORDS).expand("debts")[1:] == [("债务", ADDED_WEIGHT)]


def test_nothing_to_say() -> None:
    assert splitter(TermKind.BOTH).terms("，！\n😭") == []
    assert splitter(TermKind.BOTH).expand("") == []


def test_frequency() -> None:
    assert splitter(TermKind.BOTH).frequency("我们") > 1000
    assert splitter(TermKind.BOTH).frequency("崔收") == 0


def test_threads_share_a_splitter() -> None:
    shared = TermSplitter(load_lexicon())
    questions = [f"我欠了{n}万块钱催收会上门吗老赖能坐高铁吗" for n in range(50)] * 4
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(shared.expand, questions)) == [shared.expand(question) for question in questions]
