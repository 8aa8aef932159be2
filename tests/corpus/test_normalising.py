"""The form that is indexed, and the form whose words are compared."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.normalising import BLANK_MARK, comparable, normalise

# What the rules look at, so that they meet each other.
TRICKY = st.text(
    "零〇一二两三五十百千万亿第几数分之点元块年个月次人"
    "0125.,:：¥￥wkW%％壹仟圆 「」\"'“—–~〜【😭\ufe0f\u200b\ud800薴ẖH\u0331\n"
)


@pytest.mark.parametrize(
    ("given_text", "wanted"),
    [
        ("三個月ＡＰＰ", "三个月APP"),
        ("急😭😭怎么办❤️", "急 怎么办 "),
        ("还\u200b款\ufeff", "还款"),
        ('「逾期」『a』"b"', "“逾期”“a”“b”"),
        ("【催收】〖函〗", "[催收][函]"),
        ("a–b−c——d", "a-b-c—d"),
        ("8点〜22点～", "8点~22点~"),
        ("A•B・C", "A·B·C"),
        ("don’t", "don't"),
        ("，；：？！（）…", "，；：？！（）…"),
        ("一\n\n二\r\n", "一\n\n二\r\n"),
        (f"a{BLANK_MARK}b", "a b"),
        ("half \ud800 pair", "half pair"),
        ("欠了三万", "欠了三万"),
        ("a → b ①", "a → b 1"),
    ],
)
def test_normalised(given_text: str, wanted: str) -> None:
    assert normalise(given_text) == wanted


@pytest.mark.parametrize("form", [normalise, comparable])
@given(text=st.one_of(st.text(st.characters(codec=None)), TRICKY))
def test_twice_is_once_and_lines_stay(form: Callable[[str], str], text: str) -> None:
    once = form(text)
    assert form(once) == once
    assert once.count("\n") == text.count("\n")


def test_case_is_folded_where_words_are_compared() -> None:
    assert comparable("LPR四倍，微粒贷APP") == "lpr 4倍，微粒贷app"


@pytest.mark.parametrize(
    "part", ["一", "零", "百", "1", "1,", "¥", "¥ ", "第", "几", '"', "—", "千分之", "一.", "0.0", "😀", "壹"]
)
def test_long_texts_take_no_longer_than_their_length_says(part: str) -> None:
    started = time.perf_counter()
    comparable(part * (100_000 // len(part)))
    assert time.perf_counter() - started < 2
