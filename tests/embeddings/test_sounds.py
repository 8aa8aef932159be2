"""How characters and words are read."""

import re
from pathlib import Path

import pytest

from embeddings.errors import SnapshotError
from embeddings.pinyin import sounds_of
from embeddings.sounds import Sounds, blurred

WORDS = ("微粒贷", "还款", "恐吓", "长大")


@pytest.fixture(scope="module")
def sounds() -> Sounds:
    return sounds_of(WORDS)


def test_words_may_be_read_in_several_ways(sounds: Sounds) -> None:
    assert sounds.of_word("微粒贷") == {("wei", "li", "dai")}
    assert sounds.of_word("还款") == {("hai", "kuan"), ("huan", "kuan")}
    assert sounds.of_word("长大") == {("chang", "da"), ("zhang", "da")}
    # pypinyin knows the word; of the character alone it says xia first.
    assert ("kong", "he") in sounds.of_word("恐吓")
    assert ("kong", "he") not in sounds_of([]).of_word("恐吓")


def test_readings_of_characters(sounds: Sounds) -> None:
    assert sounds.of_character("还") == ("hai", "huan")
    assert sounds.of_character("红") == ("hong",)
    assert sounds.of_character("㐄") == ("kua",)
    for unread in ("a", "😭", "\U000323af", "\x00"):
        assert sounds.of_character(unread) == (unread,)


def test_no_more_than_sixteen_ways_are_gone_through() -> None:
    assert len(Sounds({"还": ("hai", "huan")}, {}).of_word("还" * 6)) == 16


def test_what_is_saved_is_read_again(sounds: Sounds, tmp_path: Path) -> None:
    path = tmp_path / "sounds.json"
    sounds.save(path)
    loaded = Sounds.load(path)
    for character in map(chr, range(0x3400, 0xA000)):
        assert loaded.of_character(character) == sounds.of_character(character)
    assert [loaded.of_word(word) for word in WORDS] == [sounds.of_word(word) for word in WORDS]
    again = tmp_path / "again.json"
    loaded.save(again)
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"characters": {"a": 1}, "words": {}}', '{"characters": {"a": "啊"}, "words": []}']
)
def test_a_file_of_another_kind(tmp_path: Path, content: str) -> None:
    path = tmp_path / "sounds.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SnapshotError, match=f"^{re.escape(str(path))} holds no sounds that can be read"):
        Sounds.load(path)
    with pytest.raises(SnapshotError, match="holds no sounds that can be read"):
        Sounds.load(tmp_path / "missing.json")


@pytest.mark.parametrize(
    ("one", "other"),
    [("zheng", "zen"), ("shang", "san"), ("xing", "xin"), ("ni", "li"), ("hu", "fu"), ("huang", "fang")],
)
def test_sounds_that_many_do_not_tell_apart(one: str, other: str) -> None:
    assert blurred(one) == blurred(other)


def test_other_sounds_stay_apart() -> None:
    assert len({blurred(sound) for sound in ("dai", "tai", "dan", "han", "fan", "hei", "li", "ri")}) == 8
