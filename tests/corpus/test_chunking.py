"""Passages: their borders, their sizes, and that nothing is lost or invented."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.chunking import OVERLAP_TOKENS, ChunkSizes, chunk
from corpus.errors import CorpusError
from corpus.normalising import normalise
from corpus.records import About, Article, CleanArticle, Edit, Markup, Passage
from corpus.structure import blocks

SIZES = ChunkSizes(target=32, maximum=48)


def count_characters(texts: Sequence[str]) -> list[int]:
    """Count one token a character, and two special tokens."""
    return [len(text) + 2 for text in texts]


def article(text: str, markup: Markup = Markup.PLAIN, title: str | None = None) -> CleanArticle:
    return CleanArticle(Article("a", "a.txt", text, markup, about=About(title=title)), text, ())


def passages(text: str, markup: Markup = Markup.PLAIN, sizes: ChunkSizes = SIZES) -> list[Passage]:
    return list(chunk(article(text, markup), sizes, count_characters))


def texts(text: str, markup: Markup = Markup.PLAIN, title: str | None = None) -> list[str]:
    return [passage.text for passage in chunk(article(text, markup, title), SIZES, count_characters)]


def test_paragraphs_are_packed_up_to_the_target() -> None:
    assert texts("一" * 14 + "\n" + "二" * 14 + "\n" + "三" * 14) == ["一" * 14 + "\n" + "二" * 14, "三" * 14]


def test_a_scrap_joins_its_neighbour_up_to_the_maximum() -> None:
    assert texts("短句。\n" + "二" * 29) == ["短句。\n" + "二" * 29]
    assert texts("二" * 29 + "\n短句。") == ["二" * 29 + "\n短句。"]


def test_a_long_paragraph_is_cut_after_sentences() -> None:
    # Each sentence of twenty, and the one before it: too long a repetition for a maximum of 40.
    sentences = ["一" * 19 + "。", "二" * 19 + "！”", "三" * 19 + "？"]
    found = passages("".join(sentences), sizes=ChunkSizes(target=32, maximum=40))
    assert [passage.text for passage in found] == sentences


def test_the_last_sentence_is_repeated_where_a_section_is_cut() -> None:
    sentences = ["一" * 17 + "。", "二" * 9 + "！”", "三" * 19 + "？"]
    assert texts("".join(sentences)) == [sentences[0] + sentences[1], sentences[1] + sentences[2]]
    assert texts(sentences[0] + sentences[1] + "\n" + sentences[2]) == [
        sentences[0] + sentences[1],
        sentences[1] + "\n" + sentences[2],
    ]
    # Not across sections, not where the sentence is long, and not where no sentence ends.
    sections = f"一、甲\n{sentences[0]}\n二、乙\n{sentences[2]}"
    assert texts(sections) == [sentences[0], sentences[2]]
    long = "长" * 39 + "。"
    assert texts(long + sentences[0]) == [long, sentences[0]]
    assert texts("一" * 20 + "\n" + sentences[2]) == ["一" * 20, sentences[2]]
    roomy = ChunkSizes(target=64, maximum=128)
    assert [p.text for p in passages(long + long, sizes=roomy)] == [long, long]


def test_a_list_that_must_be_cut_goes_on_under_its_lead() -> None:
    lead = "要带三样："
    items = [
        "- 工作证，有照片和公章，要原件。",
        "- 委托书，写明姓名和期限，要原件。",
        "- 录音笔，全程开着录音，要有电。",
    ]
    found = passages("\n".join([lead, *items]))
    assert [p.text for p in found] == [f"{lead}\n{items[0]}", items[1], items[2]]
    assert [p.indexed for p in found] == [f"{lead}\n{item}" for item in items]


def test_a_lead_is_never_left_behind() -> None:
    sentence, lead = "上门之前应当先约好时间和地点再来，不能突然来。", "要带："
    item = "\n- 工作证，有照片和公章，要原件。"
    assert texts(sentence + lead + item) == [sentence, sentence + lead + item]


def test_rows_stay_whole_and_keep_their_head() -> None:
    row = "| 国家标准，互联网金融 | 电话，每天不超过三次 | 第七条 |"
    text = f"| 文件 | 次数 |\n| --- | --- |\n{row}\n{row}\n"
    found = passages(text, Markup.MARKDOWN, ChunkSizes(target=48, maximum=64))
    assert [p.text for p in found] == [f"| 文件 | 次数 |\n| --- | --- |\n{row}", row]
    assert found[1].indexed == f"| 文件 | 次数 |\n{row}"


def test_question_and_answer_stay_together() -> None:
    text = "问：能录自己的通话吗？\n答：能。先说明在录音，再好好谈，保留原件。\n问：能拍人吗？\n答：能拍过程。"
    assert texts(text) == [
        "问：能录自己的通话吗？\n答：能。先说明在录音，再好好谈，保留原件。",
        "问：能拍人吗？\n答：能拍过程。",
    ]
    # A pair that is longer than the target, but not than the maximum, is not cut.
    pair = "问：能录吗？\n答：能。先说明在录音，再好好谈。保留好原件，别剪，别往网上发。"
    assert SIZES.target < len(pair) + 2 <= SIZES.maximum
    assert texts(pair) == [pair]
    answer = "答：" + "能录的，自己的通话。" * 6
    found = passages(f"问：能录吗？\n{answer}")
    assert found[0].text.startswith("问：能录吗？\n答：")
    assert all(p.indexed.startswith("问：能录吗？\n") for p in found)
    # A long question would crowd out its answer: it stands in front of the first part only.
    question = "问：对方天天打给我家里人，我能把电话录下来吗？"
    found = passages(f"{question}\n{answer}")
    assert [p.indexed.startswith(question) for p in found] == [True] + [False] * (len(found) - 1)


def test_no_border_lies_inside_an_edit() -> None:
    # "AB" stood where twelve characters stand now, in the middle of a run that must be halved.
    original = "一" * 40 + "AB" + "二" * 40
    text = "一" * 40 + "电话电话电话电话电话电话" + "二" * 40
    edited = CleanArticle(
        Article("a", "a.txt", original, Markup.PLAIN),
        text,
        (Edit(40, 42, "电话电话电话电话电话电话", "blank-restored"),),
    )
    found = chunk(edited, SIZES, count_characters)
    assert "".join(passage.text for passage in found) == text
    assert [(p.start, p.end, bool(p.edits)) for p in found] == [(0, 40, False), (40, 56, True), (56, 82, False)]


def test_what_is_indexed_is_normalised_and_what_is_shown_is_not() -> None:
    (passage,) = passages("催收人員上門，應當出示證件□。")
    assert (passage.text, passage.indexed) == ("催收人員上門，應當出示證件□。", "催收人员上门，应当出示证件 。")


def test_a_long_sentence_is_cut_at_clauses_then_between_characters() -> None:
    assert texts("一" * 30 + "，" + "二" * 30 + "。") == ["一" * 30 + "，", "二" * 30 + "。"]
    assert texts("一" * 80) == ["一" * 40, "一" * 40]


def test_sections_are_never_mixed() -> None:
    text = "## 甲\n正文一\n\n## 乙\n正文二\n"
    found = chunk(article(text, Markup.MARKDOWN, "题"), SIZES, count_characters)
    assert [(p.headings, p.text, p.indexed) for p in found] == [
        (("甲",), "正文一", "题 甲\n正文一"),
        (("乙",), "正文二", "题 乙\n正文二"),
    ]


def test_a_long_title_gives_way_to_the_heading() -> None:
    (passage,) = chunk(article("一、证件\n先看证。", title="长" * 20), SIZES, count_characters)
    assert passage.indexed == "一、证件\n先看证。"


def test_headings_that_leave_no_room_are_left_out() -> None:
    (passage,) = chunk(article("正文", title="长" * 30), SIZES, count_characters)
    assert passage.indexed == "正文"
    text = "一、" + "长" * 30 + "\n正文。"
    (passage,) = chunk(article(text), SIZES, count_characters)
    assert (passage.headings, passage.indexed) == (("一、" + "长" * 30,), "正文。")


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
    found = chunk(article(text, markup), sizes, count_characters)
    position = 0
    shown: list[int] = []
    for passage in found:
        assert passage.text == text[passage.start : passage.end] == passage.text.strip() != ""
        # A passage goes on from the one before, or repeats a little of it.
        assert passage.end > position
        assert len(normalise(text[passage.start : position])) <= OVERLAP_TOKENS
        assert len(passage.indexed) + 2 <= sizes.maximum
        position = passage.end
        shown += range(passage.start, passage.end)
    assert len({passage.id for passage in found}) == len(found)
    # Every visible character of every block stands in a passage, and what is in no block is in a
    # heading: nothing of the source is lost.
    in_blocks = {p for block in blocks(text, markup) for p in range(block.start, block.end) if not text[p].isspace()}
    assert in_blocks == {p for p in shown if not text[p].isspace()}
    kept = Counter(text[p] for p in in_blocks)
    for path in {passage.headings for passage in found}:
        kept.update("".join(path))
    assert not Counter(character for character in text if character.isalnum()) - kept


@given(DIRTY)
def test_chunking_is_repeatable(text: str) -> None:
    first = chunk(article(text), SIZES, count_characters)
    assert first == chunk(article(text), SIZES, count_characters)
