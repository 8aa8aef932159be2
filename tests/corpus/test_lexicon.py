"""The word lists: what is read, what is refused, and that the shipped ones are sound."""

import re
from pathlib import Path

import pytest

from corpus.errors import CorpusError
from corpus.lexicon import Translation, english_stems, load_lexicon, stem
from corpus.records import Danger

FILES = {
    "words.txt": "# comment\n停息挂账 微粒貸\n",
    "variants.txt": "老赖 = 失信被执行人\n\n差佬=警察 = 民警\n",
    "english.txt": "Debt Collectors = 催收员, 催收\ndebt collector = 讨债\n",
    "stopwords.txt": "吗 the\n",
    "dangers.txt": "# 危机\n[self_harm]\n想死 ; 我想死 ; 想死磕\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def test_read(folder: Path) -> None:
    lexicon = load_lexicon(folder)
    assert lexicon.words == ("停息挂账", "微粒贷")
    assert lexicon.variants == (("老赖", "失信被执行人"), ("差佬", "警察", "民警"))
    assert lexicon.english == (Translation(("debt", "collector"), ("催收员", "催收", "讨债")),)
    assert lexicon.stopwords == {"吗", "the"}
    assert [(rule.danger, rule.example) for rule in lexicon.dangers] == [(Danger.SELF_HARM, "我想死")]


@pytest.mark.parametrize("name", FILES)
def test_the_fingerprint_tells_every_file_apart(folder: Path, name: str) -> None:
    before = load_lexicon(folder).fingerprint
    assert load_lexicon(folder).fingerprint == before
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write("# one more line\n")
    assert load_lexicon(folder).fingerprint != before


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("words.txt", "a=b", "'a=b' is no word; wanted words of up to 16"),
        ("words.txt", "长" * 17, "is no word"),
        ("variants.txt", "老赖", "'老赖' is no group; wanted two ways"),
        ("variants.txt", "老赖 = ", "is no group"),
        ("variants.txt", "电话 = 電話", "is no group"),
        ("english.txt", "debt", "'debt' is no translation"),
        ("english.txt", "债 = 债务", "is no translation; wanted english phrase"),
        ("english.txt", "debt = 债务,", "is no translation"),
        ("dangers.txt", "想死", "stands before the first section"),
    ],
)
def test_malformed_lines(folder: Path, name: str, line: str, message: str) -> None:
    (folder / name).write_text(f"# first\n{line}\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=re.escape(f"{folder / name}:2: ") + ".*" + re.escape(message)):
        load_lexicon(folder)


def test_a_form_stands_in_one_group(folder: Path) -> None:
    (folder / "variants.txt").write_text("a = b\nc = B\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"variants.txt:2: 'b' stands at .*variants.txt:1 already"):
        load_lexicon(folder)


def test_a_mark_and_blanks_before_a_comment_are_no_words(folder: Path) -> None:
    (folder / "words.txt").write_bytes("\ufeff# 催收的词\n  # 又一行\n催收\n".encode())
    assert load_lexicon(folder).words == ("催收",)


def test_what_nothing_is_left_of_is_no_word(folder: Path) -> None:
    (folder / "words.txt").write_text("催收 😭\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="words.txt:1: .* is no word"):
        load_lexicon(folder)


def test_a_file_instead_of_a_folder(folder: Path) -> None:
    with pytest.raises(CorpusError, match=r"words.txt/words.txt cannot be read \(Not a directory\)"):
        load_lexicon(folder / "words.txt")


def test_a_file_is_missing_or_no_text(folder: Path) -> None:
    (folder / "english.txt").write_bytes(b"debt = \xff")
    with pytest.raises(CorpusError, match="english.txt is not UTF-8 at byte 7"):
        load_lexicon(folder)
    (folder / "words.txt").unlink()
    with pytest.raises(
        CorpusError,
        match=r"words.txt cannot be read \(No such file or directory\); a lexicon is a",
    ):
        load_lexicon(folder)


@pytest.mark.parametrize(
    "forms",
    ["call calls called calling", "family families", "harass harassed harassing", "freeze freezing", "stop stopped"],
)
def test_inflections_meet(forms: str) -> None:
    assert len({stem(form) for form in forms.split()}) == 1


def test_short_words_stay() -> None:
    assert english_stems("the bus, don't use!") == ["the", "bus", "dont", "use"]
    assert stem("rate") != stem("ride")


def test_shipped() -> None:
    lexicon = load_lexicon()
    assert len(lexicon.words) >= 300
    assert len(lexicon.variants) >= 250
    assert len(lexicon.english) >= 350
    assert {"停息挂账", "爆通讯录", "综合融资成本"} <= set(lexicon.words)
    assert all(word == word.strip() and word for word in lexicon.stopwords)
