"""A question is normalised, corrected, and split into the terms that are searched."""

import pytest

from corpus.lexicon import load_lexicon
from corpus.records import Danger
from embeddings.correction import Corrector
from embeddings.dangers import DangerFinder
from embeddings.pinyin import sounds_of
from embeddings.question_reader import QuestionReader
from embeddings.records import Change
from embeddings.terms import TermSplitter

NO_DANGERS = DangerFinder(())
# Of 12 passages nearly all speak of 催收.
WORDS = {"催收": 12, "上门": 6, "征信": 5, "电话": 6}


@pytest.fixture(scope="module")
def splitter() -> TermSplitter:
    return TermSplitter(load_lexicon())


@pytest.fixture(scope="module")
def reader(splitter: TermSplitter) -> QuestionReader:
    finder = DangerFinder(splitter.lexicon.dangers)
    return QuestionReader(splitter, Corrector(WORDS, splitter, sounds_of(WORDS)), 0.25, finder)


def own(reader: QuestionReader, question: str) -> list[str]:
    return [term for term, weight in reader.read(question).terms if weight == 1]


def test_the_form_that_is_searched(reader: QuestionReader) -> None:
    read = reader.read("催收會上門嗎ＡＰＰ😭")
    assert read.text == "催收会上门吗APP "
    assert read.changes == ()
    terms = [*"催收会上门吗", "催收", "收会", "会上", "上门", "门吗", "app"]
    assert sorted(own(reader, "催收會上門嗎ＡＰＰ😭")) == sorted(terms)


def test_a_slip_is_corrected_and_told(reader: QuestionReader) -> None:
    read = reader.read("崔收會上門嗎")
    assert read.text == "催收会上门吗"
    assert read.changes == (Change(0, 2, "崔收", "催收"),)
    assert read.terms == reader.read("催收会上门吗").terms


def test_a_change_counts_in_the_normalised_question(reader: QuestionReader) -> None:
    # The zero-width space is left out, three blanks become one.
    read = reader.read("請\u200b問   崔收")
    assert read.text == "请问 催收"
    (change,) = read.changes
    assert "请问 崔收"[change.start : change.end] == change.given == "崔收"
    assert read.text[change.start : change.end] == change.replacement


def test_without_a_corrector_nothing_is_corrected(splitter: TermSplitter) -> None:
    read = QuestionReader(splitter, None, 0.25, NO_DANGERS).read("崔收會上門嗎")
    assert (read.text, read.changes) == ("崔收会上门吗", ())
    assert ("崔收", 1.0) in read.terms


def test_what_means_the_same_is_added_with_its_weight(splitter: TermSplitter, reader: QuestionReader) -> None:
    read = reader.read("爆通讯录")
    added = {term for term, weight in read.terms if weight == 0.25}
    assert {weight for _, weight in read.terms} == {1.0, 0.25}
    assert added.isdisjoint(own(reader, "爆通讯录"))
    assert {weight for _, weight in QuestionReader(splitter, None, 0.0, NO_DANGERS).read("爆通讯录").terms} == {
        1.0,
        0.0,
    }


@pytest.mark.parametrize("question", ["", " ", "😭", "？！", "\u200b"])
def test_questions_without_words(reader: QuestionReader, question: str) -> None:
    read = reader.read(question)
    assert (list(read.terms), read.changes) == ([], ())


@pytest.mark.parametrize("question", ["崔收會上門嗎", "欠了两千塊", "Can they call?", "催收 上门", "「逾期」……"])
def test_reading_twice_gives_what_once_gives(reader: QuestionReader, question: str) -> None:
    once = reader.read(question)
    twice = reader.read(once.text)
    assert (twice.text, twice.terms, twice.changes) == (once.text, once.terms, ())


def test_dangers_are_found_in_what_was_written(reader: QuestionReader) -> None:
    assert reader.read("我 想 自 殺，崔收上門").dangers == (Danger.SELF_HARM,)
    assert reader.read("崔收上門").dangers == ()
