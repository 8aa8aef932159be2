"""Sentences: by hand, and what holds of every text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.sentences import sentence_spans

TEXTS = st.text(alphabet='催收上门。！？!?；;…”』）)" \t　\n\r.，3😭', max_size=60)


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("先看证件。再开门", ["先看证件。", "再开门"]),
        ("先看证件！？再开门？", ["先看证件！？", "再开门？"]),
        ("他说：“别怕。”然后走了。", ["他说：“别怕。”", "然后走了。"]),
        ("（先看证件。）再开门", ["（先看证件。）", "再开门"]),
        ('"先看。"再开', ['"先看。"', "再开"]),
        ("可以报警；也可以投诉;都行", ["可以报警；", "也可以投诉;", "都行"]),
        ("等一等……再说……", ["等一等……", "再说……"]),
        # A line break ends a sentence, a comma and a full stop of Latin script do not.
        ("标题\n第一句，第二句\r\n末句。", ["标题", "第一句，第二句", "末句。"]),
        ("年利率3.5%以上", ["年利率3.5%以上"]),
        ("  先看。 　再开  ", ["先看。", "再开"]),
        ("。", ["。"]),
        ("", []),
        (" \n　\n", []),
    ],
)
def test_by_hand(text: str, wanted: list[str]) -> None:
    assert sentences(text) == wanted


@given(TEXTS)
def test_spans_hold_all_but_white_space_once_and_in_order(text: str) -> None:
    spans = list(sentence_spans(text))
    borders = [border for span in spans for border in span]
    assert borders == sorted(borders)
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


@given(TEXTS)
def test_a_sentence_is_stripped_stands_on_one_line_and_is_its_own_only_one(text: str) -> None:
    for sentence in sentences(text):
        assert sentence
        assert sentence == sentence.strip()
        assert not {"\n", "\r"} & set(sentence)
        assert sentences(sentence) == [sentence]


def test_long_lines_take_time_that_grows_with_their_length_only() -> None:
    assert sentences("催" * 200_000) == ["催" * 200_000]
    assert sentences("。" * 200_000) == ["。" * 200_000]
    assert len(sentences("催。" * 100_000)) == 100_000
