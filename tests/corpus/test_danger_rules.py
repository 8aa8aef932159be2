"""The rules by which dangers are found: how they are read, and what is refused."""

import re

import pytest

from corpus.danger_rules import RuleKind, read_danger_rules
from corpus.errors import CorpusError
from corpus.lexicon import load_lexicon
from corpus.records import Danger


def rules(*lines: str) -> list[tuple[str, str]]:
    return [(f"dangers.txt:{number}", line) for number, line in enumerate(lines, 1)]


def test_read() -> None:
    read = read_danger_rules(
        rules(
            "[violence]", "{they} = 催收|债主", "{they}…(打|砸)_ ; 催收在打 ; 打折", "! 打工 ; a ; b", "+ 救命 ; c ; d"
        )
    )
    assert [rule.kind for rule in read] == [RuleKind.FINDS, RuleKind.EXCEPTS, RuleKind.FINDS_ALWAYS]
    assert {rule.danger for rule in read} == {Danger.VIOLENCE}
    first = read[0]
    assert first.firsts == {"催", "债"}
    assert (first.example, first.counterexample, first.where) == ("催收在打", "打折", "dangers.txt:3")
    assert re.search(first.regex, "。催收12345678打。")
    assert re.search(first.regex, "。债主砸，")
    for other in ("。催收123456789打。", "。催收，打。", "。催收打人。", "。打。"):
        assert not re.search(first.regex, other)


def test_a_wide_gap_crosses_clauses_only() -> None:
    (rule,) = read_danger_rules(rules("[self_harm]", "甲……乙 ; x ; y"))
    assert re.search(rule.regex, "甲，" + "1" * 19 + "乙")
    assert not re.search(rule.regex, "甲，" + "1" * 20 + "乙")
    assert not re.search(rule.regex, "甲。乙")


def test_rules_are_compared_as_questions_are() -> None:
    (rule,) = read_danger_rules(rules("[self_harm]", "Kill MySelf|自殺 ; x ; y"))
    assert re.fullmatch(rule.regex, "killmyself")
    assert re.fullmatch(rule.regex, "自杀")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ["想死 ; a ; b"],
            ":1: '想死 ; a ; b' stands before the first section; wanted [self_harm] or [violence] above",
        ),
        (["[theft]"], ":1: 'theft' is no danger; wanted one of self_harm, violence"),
        (["[violence]", "打"], ":2: '打' is no rule; wanted rule ; a question that it is for"),
        (["[violence]", "打 ; a"], ":2: '打 ; a' is no rule"),
        (["[violence]", "打 ; a ; "], "is no rule"),
        (["[violence]", "{us}打 ; a ; b"], ":2: nothing above it says what {us} is; wanted {us} = a|b"),
        (["[violence]", "(打|砸 ; a ; b"], ":2: the parentheses of '(打|砸' do not pair"),
        (["[violence]", "打|砸) ; a ; b"], "the parentheses of '打|砸)' do not pair"),
        (["[violence]", "…打 ; a ; b"], ":2: '…打' may begin with anything; let it begin with a character"),
        (["[violence]", "(正|)打 ; a ; b"], "'(正|)打' may begin with anything"),
        (["[violence]", "打…(砸|抢……烧)…逃 ; a ; b"], "has more than 2 gaps; it would take too long"),
    ],
)
def test_what_is_no_rule(lines: list[str], message: str) -> None:
    with pytest.raises(CorpusError, match=re.escape(message)):
        read_danger_rules(rules(*lines))


def test_shipped() -> None:
    read = load_lexicon().dangers
    assert {(rule.danger, rule.kind is RuleKind.EXCEPTS) for rule in read} == {
        (danger, excepts) for danger in Danger for excepts in (True, False)
    }
    assert len(read) > 100
