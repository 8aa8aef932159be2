"""Shared words, by hand."""

import pytest

from embeddings.evaluation.overlap import character_pairs, overlap


def test_pairs_pass_over_punctuation_script_and_case() -> None:
    assert character_pairs("上門, App！") == {"上门", "门a", "ap", "pp"}
    assert character_pairs("上") == frozenset()


def test_the_answer_that_shares_most_counts() -> None:
    # Of 会上, 上门, 门吗 the second text has two.
    assert overlap("会上门吗", ["电话一天三次", "他们会上门，你可以不开门"]) == pytest.approx(2 / 3)
    assert overlap("会上门吗", ["会。上门吗"]) == 1.0


@pytest.mark.parametrize(("question", "answers"), [("？", ["上门"]), ("会上门吗", [])])
def test_nothing_to_compare(question: str, answers: list[str]) -> None:
    with pytest.raises(ValueError, match="no two letters|empty"):
        overlap(question, answers)
