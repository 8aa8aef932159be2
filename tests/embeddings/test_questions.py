"""Which questions are refused before anything is searched."""

import pytest

from embeddings.errors import QuestionError
from embeddings.questions import MAX_QUESTION_CHARACTERS, check_question


def test_white_space_around_a_question_is_dropped() -> None:
    assert check_question(" 会上门吗？\n") == "会上门吗？"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        (" \n\t　", "is empty"),
        ("？！", "is empty"),
        ("催" * (MAX_QUESTION_CHARACTERS + 1), f"has {MAX_QUESTION_CHARACTERS + 1} characters, at most"),
        ("催收\ud83d", "half a character"),
    ],
)
def test_refused(text: str, message: str) -> None:
    with pytest.raises(QuestionError, match=message):
        check_question(text)
