"""How characters and words are read."""

import pytest

from embeddings.sounds import blurred, readings, readings_of_word


def test_words_may_be_read_in_several_ways() -> None:
    assert readings_of_word("微粒贷") == {("wei", "li", "dai")}
    assert readings_of_word("还款") == {("hai", "kuan"), ("huan", "kuan")}
    assert ("kong", "he") in readings_of_word("恐吓")


def test_readings() -> None:
    assert readings("还") == ("hai", "huan")
    assert readings("红") == ("hong",)


@pytest.mark.parametrize(
    ("one", "other"),
    [("zheng", "zen"), ("shang", "san"), ("xing", "xin"), ("ni", "li"), ("hu", "fu"), ("huang", "fang")],
)
def test_sounds_that_many_do_not_tell_apart(one: str, other: str) -> None:
    assert blurred(one) == blurred(other)


def test_other_sounds_stay_apart() -> None:
    assert len({blurred(sound) for sound in ("dai", "tai", "dan", "han", "fan", "hei", "li", "ri")}) == 8
