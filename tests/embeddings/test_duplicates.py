"""Which passages are copies of one another."""

import random
import tracemalloc
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.normalising import normalise
from embeddings import duplicates
from embeddings.duplicates import (
    LEAST_SHINGLES,
    LEAST_SIMILARITY,
    SHINGLE,
    DuplicateFinder,
    shingles,
    similar_pairs,
)
from embeddings.records import SimilarPair

CLAIM = (
    "催收人员上门的时候，应当主动出示工作证和委托书，说明自己是哪家公司的人。"
    "如果他们拿不出来，你可以不开门，也可以报警，并且用手机录音录像留下证据。"
)
# As long as the claim, and about the same matter.
OTHER_CLAIM = (
    "欠款人没有义务让陌生人进屋谈话，在楼道里说完也行，家里的老人和孩子更不必出面。"
    "对方如果赖着不走、堵住门口或者大声喊叫，先提醒他这样做违法，再打电话求助。"
)
REWORDED = CLAIM.replace("主动", "当面").replace("手机", "录音笔").replace("拿不出来", "不肯拿")


def firsts(*texts: str) -> list[int]:
    finder = DuplicateFinder()
    for text in texts:
        finder.add(text)
    return [int(first) for first in finder.firsts()]


def test_shingles_by_hand() -> None:
    letters = "".join(map(chr, range(0x4E00, 0x4E00 + LEAST_SHINGLES + SHINGLE - 1)))
    wanted = [letters[start : start + 2] for start in range(LEAST_SHINGLES)]
    assert SHINGLE == 2
    assert shingles(f"“{letters[:5]}， {letters[5:]}_。”\n") == wanted
    assert shingles(letters[:-1]) == [letters[:-1]]
    assert shingles("上门, 要证件") == ["上门要证件"]
    assert shingles("！？") == ["！？"]


@pytest.mark.parametrize(
    "copy",
    [
        CLAIM,
        REWORDED,
        f"首页 > 债务问题 > 催收知识 > {CLAIM}",
        CLAIM.replace("，", "、").replace("。", "\n\n"),
        CLAIM.replace("委托书", "委託書").replace("公司", "ＧＳ"),
        CLAIM.replace("说明自己是哪家公司的人", ""),
    ],
    ids=["equal", "words swapped", "navigation kept", "punctuation", "another script and width", "a clause lost"],
)
def test_copies(copy: str) -> None:
    assert firsts(OTHER_CLAIM, CLAIM, copy) == [-1, 1, 1]


@pytest.mark.parametrize(
    "other",
    [OTHER_CLAIM, CLAIM[: len(CLAIM) // 2] + OTHER_CLAIM[: len(CLAIM) // 2], CLAIM[::-1], ""],
    ids=["other claim", "half of it", "backwards", "nothing"],
)
def test_no_copies(other: str) -> None:
    assert firsts(CLAIM, other) == [-1, -1]


@pytest.mark.parametrize(
    ("one", "other", "copies"),
    [
        ("年利率不超过24%的部分应当归还。", "年利率不超过36%的部分应当归还。", False),
        ("每天最多打三次电话。", "每天最多打五次电话。", False),
        ("先打3次，再打2次。", "先打3次，再打3次。", False),
        ("诉讼时效是3年。", "诉讼时效要看情况。", True),
        ("他们一定要先说清楚。", "他们三方要先说清楚。", True),
    ],
    ids=["another rate", "another number of times", "one of them twice", "a number lost", "no numbers"],
)
def test_what_names_other_numbers_is_no_copy(one: str, other: str, copies: bool) -> None:
    assert firsts(CLAIM + one, CLAIM + other) == ([0, 0] if copies else [-1, -1])


def test_short_texts_are_copies_only_if_equal() -> None:
    assert firsts("上门要带证件。", "上门要带证件", "上门要看证件。", "！！", "？？", "！！") == [0, 0, -1, 3, -1, 3]


def test_case_width_and_script_make_no_other_text() -> None:
    assert firsts("請下載APP！", "请下载ａｐｐ", "请下载app") == [0, 0, 0]


def test_a_group_is_named_by_its_first_row_however_it_is_found() -> None:
    assert firsts("别的话。", CLAIM, OTHER_CLAIM, REWORDED, OTHER_CLAIM, CLAIM) == [-1, 1, 2, 1, 2, 1]


def test_two_numbers_are_not_joined_by_a_copy_that_names_none() -> None:
    # The middle one is a copy of both others, which are none of each other.
    three, none, five = (CLAIM + end for end in ("时效是3年。", "时效看情况。", "时效是5年。"))
    assert firsts(three, none, five) == [0, 0, -1]
    assert firsts(none, three, five) == [0, 0, 0]


def drift(text: str, steps: int) -> list[str]:
    """Return texts each of which has lost a little more of the first's beginning and gained other characters."""
    return [text[3 * step :] + "".join(chr(0x5200 + 7 * i) for i in range(3 * step)) for step in range(steps)]


def test_members_of_a_chain_are_copies_of_its_first() -> None:
    texts = drift(CLAIM + OTHER_CLAIM, 40)
    found = firsts(*texts)
    assert len(set(found)) > 2
    for row, first in enumerate(found):
        if first >= 0:
            assert estimated(texts[first], texts[row]) >= LEAST_SIMILARITY


def estimated(one: str, other: str) -> float:
    pair = [duplicates._signature(shingles(normalise(text).casefold())) for text in (one, other)]
    return float((pair[0] == pair[1]).mean())


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30), st.booleans()), min_size=1, max_size=12))
def test_groups_are_sound(made: list[tuple[int, int, bool]]) -> None:
    sources = (CLAIM, OTHER_CLAIM, CLAIM[::-1], "短句。")
    texts = [sources[source][skip:] + ("第九年。" if number else "") for source, skip, number in made]
    found = firsts(*texts)
    for row, first in enumerate(found):
        assert first <= row
        if first >= 0:
            assert found[first] == first
            assert found.count(first) > 1
            assert estimated(texts[first], texts[row]) >= LEAST_SIMILARITY
        for before in range(row):
            if texts[before] == texts[row]:
                assert first == found[before] >= 0


def test_no_passage_at_all() -> None:
    assert firsts() == []


def test_few_bytes_are_kept_of_a_passage_and_none_in_memory(tmp_path: Path) -> None:
    finder = DuplicateFinder(tmp_path)
    for _ in range(1000):
        finder.add(CLAIM)
    assert finder._file.tell() == 1000 * DuplicateFinder.bytes_per_passage
    assert DuplicateFinder.bytes_per_passage <= 300
    tracemalloc.start()
    try:
        for _ in range(1000):
            finder.add(CLAIM)
        assert tracemalloc.get_traced_memory()[0] < 100 * DuplicateFinder.bytes_per_passage
    finally:
        tracemalloc.stop()
    assert finder.firsts().tolist() == [0] * 2000
    # The file has no name, so nothing is left of it whatever happens.
    assert list(tmp_path.iterdir()) == []


def compared(texts: Iterable[str], monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], int]:
    """Return the groups, and how many pairs were compared to find them."""
    counts: list[int] = []
    alike = duplicates._Comparison.alike

    def counted(self: duplicates._Comparison, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        counts.append(len(rows))
        return alike(self, rows, others)

    monkeypatch.setattr(duplicates._Comparison, "alike", counted)
    return firsts(*texts), sum(counts)


def test_a_copy_in_every_article_does_not_compare_all_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    found, pairs = compared([CLAIM] * 20_000, monkeypatch)
    assert found == [0] * 20_000
    # Once with the first to be joined, once to be proven its copy.
    assert pairs == 2 * 20_000 - 1


def test_shared_words_do_not_compare_all_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    endings = ["".join(map(chr, rng.integers(0x4E00, 0x9FFF, len(CLAIM)))) for _ in range(2_000)]
    found, pairs = compared((CLAIM + ending for ending in endings), monkeypatch)
    assert set(found) == {-1}
    assert pairs < 2_000 * 32 * 8


def test_similar_pairs_by_hand() -> None:
    text = "上门催收要带工作证和委托书，还要先说清身份，至少来两个人"
    texts = [text, "电话催收一天三次，夜里十点以后不能打来", "", text.replace("两个人", "三个人")]
    # Of as many pairs of characters, those before and after the numeral differ.
    same = len(text.replace("，", "")) - 1 - 2
    (pair,) = similar_pairs(texts, 0.5)
    assert pair == SimilarPair(0, 3, same / (same + 4))
    assert similar_pairs(texts, same / (same + 4) + 0.001) == []


def test_equal_texts_are_similar_and_no_texts_have_no_pairs() -> None:
    assert similar_pairs([], 0.1) == []
    assert similar_pairs(["一样的一段话", "一样的，一段话！"], 1.0) == [SimilarPair(0, 1, 1.0)]


def test_similar_pairs_are_those_that_comparing_all_gives() -> None:
    rng = random.Random(0)  # noqa: S311 -- texts, not secrets
    letters = list(OTHER_CLAIM.replace("，", "").replace("。", ""))
    base = [rng.choices(letters, k=90) for _ in range(12)]
    texts = [
        "".join(rng.choice(letters) if rng.random() < share else one for one in text)
        for text in base
        for share in (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
    ]
    sets = [set(shingles(text)) for text in texts]
    for least in (0.33, 0.5):
        wanted = [
            SimilarPair(first, second, similarity)
            for first, second in combinations(range(len(texts)), 2)
            if (similarity := len(sets[first] & sets[second]) / len(sets[first] | sets[second])) >= least
        ]
        assert len(wanted) > 50
        assert similar_pairs(texts, least) == wanted


def test_script_and_case_make_no_difference() -> None:
    first = "Collection calls 上門催收要帶工作證和委託書，還要先說清身份"
    second = "COLLECTION CALLS 上门催收要带工作证和委托书，还要先说清身份"
    assert similar_pairs([first, second], 1.0) == [SimilarPair(0, 1, 1.0)]
