"""Passages: their borders, their sizes, and that nothing is lost or invented."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from corpus.chunking import ChunkSizes, chunk
from corpus.errors import CorpusError
from corpus.records import Markup
from corpus.structure import blocks
from tests.conftest import article

SIZES = ChunkSizes(target=32, maximum=48)


def count_characters(texts: Sequence[str]) -> list[int]:
    """Count one token a character, and two special tokens."""
    return [len(text) + 2 for text in texts]


def texts(text: str, markup: Markup = Markup.PLAIN, title: str | None = None) -> list[str]:
    return [passage.text for passage in chunk(article("a", text, title, markup), SIZES, count_characters)]


def test_paragraphs_are_packed_up_to_the_target() -> None:
    assert texts("一" * 14 + "\n" + "二" * 14 + "\n" + "三" * 14) == ["一" * 14 + "\n" + "二" * 14, "三" * 14]


def test_a_scrap_joins_its_neighbour_up_to_the_maximum() -> None:
    assert texts("短句。\n" + "二" * 29) == ["短句。\n" + "二" * 29]
    assert texts("二" * 29 + "\n短句。") == ["二" * 29 + "\n短句。"]


def test_a_long_paragraph_is_cut_after_sentences() -> None:
    sentences = ["一" * 19 + "。", "二" * 19 + "！”", "三" * 19 + "？"]
    assert texts("".join(sentences)) == sentences


def test_a_long_sentence_is_cut_at_clauses_then_between_characters() -> None:
    assert texts("一" * 30 + "，" + "二" * 30 + "。") == ["一" * 30 + "，", "二" * 30 + "。"]
    assert texts("一" * 80) == ["一" * 40, "一" * 40]


def test_sections_are_never_mixed() -> None:
    text = "## 甲\n正文一\n\n## 乙\n正文二\n"
    passages = chunk(article("a", text, "题", Markup.MARKDOWN), SIZES, count_characters)
    assert [(p.headings, p.text, p.indexed) for p in passages] == [
        (("甲",), "正文一", "题 甲\n正文一"),
        (("乙",), "正文二", "题 乙\n正文二"),
    ]


def test_headings_that_leave_no_room() -> None:
    with pytest.raises(CorpusError, match=r"take 33 of 48 tokens; shorten them"):
        texts("正文", title="长" * 30)


@pytest.mark.parametrize(("target", "maximum"), [(8, 100), (64, 32)])
def test_impossible_sizes(target: int, maximum: int) -> None:
    with pytest.raises(CorpusError, match=f"target {target}, maximum {maximum}"):
        ChunkSizes(target, maximum)


def test_sizes_never_exceed_what_the_encoder_reads() -> None:
    assert ChunkSizes(192, 320).fitted_to(512) == ChunkSizes(192, 320)
    assert ChunkSizes(192, 320).fitted_to(256) == ChunkSizes(192, 256)
    assert ChunkSizes(192, 320).fitted_to(128) == ChunkSizes(128, 128)


DIRTY = st.text(
    st.sampled_from("催收上门，。！？；：、\n\r\t 　#-*|>1.一、（）”a1\x00\u200b\U0001f600\u202e`"), max_size=300
)

GAPS = st.lists(st.sampled_from([" " * 70, "\n" * 50, "　" * 33, "上门要带证件", "。"]), max_size=12).map("".join)


@given(DIRTY | GAPS, st.sampled_from(Markup), st.sampled_from([SIZES, ChunkSizes(32, 32), ChunkSizes(16, 17)]))
def test_passages_are_the_source_in_order_and_complete(text: str, markup: Markup, sizes: ChunkSizes) -> None:
    source = article("a", text, markup=markup)
    try:
        passages = chunk(source, sizes, count_characters)
    except CorpusError:
        reject()  # headings that leave no room: tested above
    position = 0
    for passage in passages:
        assert passage.text == text[passage.start : passage.end]
        assert passage.start >= position
        assert passage.text == passage.text.strip() != ""
        assert len(passage.indexed) + 2 <= sizes.maximum
        position = passage.end
    assert len({passage.id for passage in passages}) == len(passages)
    # Every visible character of every block stands in exactly one passage, and what is in no block
    # is in a heading: nothing of the source is lost.
    wanted = "".join("".join(text[block.start : block.end].split()) for block in blocks(source))
    assert "".join("".join(passage.text.split()) for passage in passages) == wanted
    kept = Counter(wanted)
    for path in {passage.headings for passage in passages}:
        kept.update("".join(path))
    assert not Counter(character for character in text if character.isalnum()) - kept


@given(DIRTY)
def test_chunking_is_repeatable(text: str) -> None:
    first = chunk(article("a", text), SIZES, count_characters)
    assert first == chunk(article("a", text), SIZES, count_characters)
