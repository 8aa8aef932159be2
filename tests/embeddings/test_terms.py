"""Terms and words of texts and questions."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from corpus.lexicon import Lexicon, Translation, load_lexicon
from embeddings.terms import TermSplitter

LEXICON = Lexicon(
    words=("微粒贷", "停息挂账"),
    variants=(("老赖", "失信人", "怎么失信"), ("被告", "吃官司")),
    english=(Translation(("debt", "collector"), ("催收员",)), Translation(("debt",), ("债务",))),
    stopwords=frozenset({"吗", "怎么", "the"}),
    dangers=(),
    fingerprint="",
)
SPLITTER = TermSplitter(LEXICON)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "停息挂账，微粒貸APP三年吗",
            [*"停息挂账", "停息", "息挂", "挂账", *"微粒贷", "微粒", "粒贷", "app", "3", *"年吗", "年吗", "3年"],
        ),
        ("ＡＢＣ１２ 95384，GB/T", ["abc12", "95384", "gb", "t"]),
        ("上门，LPR 电\n话", ["上", "门", "上门", "lpr", "电", "话"]),
        ("催收吗", ["催", "收", "吗", "催收", "收吗"]),
        ("，。！ \n😭", []),
    ],
)
def test_terms(text: str, wanted: list[str]) -> None:
    assert SPLITTER.terms(text) == wanted


def test_words() -> None:
    assert SPLITTER.words("停息挂账，微粒貸APP三年吗") == ["停息挂账", "微粒贷", "app", "3", "年", "吗"]
    assert SPLITTER.words("，！\n😭") == []
    assert "失信被执行人" in TermSplitter(load_lexicon()).words("他是失信被执行人")


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_what_means_the_same_is_added(weight: float) -> None:
    # 怎么 says nothing, and no single character is added: of 失信人 and 怎么失信 that leaves the pairs.
    assert SPLITTER.expand("老赖吗", weight) == [
        *((term, 1.0) for term in ["老", "赖", "吗", "老赖", "赖吗"]),
        ("失信", weight),
        ("信人", weight),
    ]


def test_what_was_asked_is_not_added() -> None:
    assert [term for term, _ in SPLITTER.expand("老赖失信", 0.5)].count("失信") == 1
    assert dict(SPLITTER.expand("老赖失信", 0.5))["失信"] == 1.0


def test_variants_begin_and_end_with_words() -> None:
    assert dict(SPLITTER.expand("我被告了", 0.5))["官司"] == 0.5
    assert "官司" not in dict(SPLITTER.expand("我被告知了", 0.5))


def test_english_meets_chinese_by_the_longest_phrase() -> None:
    asked = [("the", 1.0), ("debt", 1.0), ("collectors", 1.0)]
    assert SPLITTER.expand("The Debt Collectors!", 0.5) == [*asked, ("催收", 0.5), ("收员", 0.5)]
    assert SPLITTER.expand("debts", 0.5)[1:] == [("债务", 0.5)]


def test_nothing_to_say() -> None:
    assert SPLITTER.expand("", 0.5) == []


def test_frequency() -> None:
    assert SPLITTER.frequency("我们") > 1000
    assert SPLITTER.frequency("崔收") == 0


def test_threads_share_a_splitter() -> None:
    expand = partial(TermSplitter(load_lexicon()).expand, added_weight=0.5)
    questions = [f"我欠了{n}万块钱催收会上门吗老赖能坐高铁吗" for n in range(50)] * 4
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(expand, questions)) == [expand(question) for question in questions]
