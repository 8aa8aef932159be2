"""What in a question tells of danger is found, by rule and by weight, and quickly."""

import json
import time
from pathlib import Path

import pytest

from benchmarks.danger_weights import digest, material
from corpus.danger_rules import DangerRule, RuleKind, read_danger_rules
from corpus.lexicon import load_lexicon
from corpus.normalising import normalise
from corpus.records import Danger
from embeddings.danger_weights import DangerWeights, Gram, grams_of
from embeddings.dangers import DangerFinder, squeezed
from tests.conftest import ROOT

RULES = load_lexicon().dangers
BY_RULE = DangerFinder(RULES)
FINDER = DangerFinder(RULES, DangerWeights.load())
BOTH = (Danger.SELF_HARM, Danger.VIOLENCE)


def dangers(question: str, finder: DangerFinder = FINDER) -> tuple[Danger, ...]:
    return finder.find(normalise(question))


def of_kind(*kinds: RuleKind) -> list[DangerRule]:
    return [rule for rule in RULES if rule.kind in kinds]


def line(rule: DangerRule) -> str:
    return rule.where.rpartition(":")[2]


@pytest.mark.parametrize("rule", of_kind(RuleKind.FINDS, RuleKind.FINDS_ALWAYS), ids=line)
def test_each_rule_finds_its_example_by_itself_and_not_the_other(rule: DangerRule) -> None:
    assert rule.danger in dangers(rule.example, DangerFinder([rule]))
    assert rule.danger in dangers(rule.example, BY_RULE)
    assert rule.danger not in dangers(rule.counterexample, BY_RULE)


@pytest.mark.parametrize("rule", of_kind(RuleKind.EXCEPTS), ids=line)
def test_each_exception_is_needed_and_hides_nothing_else(rule: DangerRule) -> None:
    without = DangerFinder([one for one in RULES if one is not rule])
    assert rule.danger in dangers(rule.example, without)
    assert rule.danger not in dangers(rule.example, BY_RULE)
    assert rule.danger in dangers(rule.counterexample, BY_RULE)


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("我不想活了", (Danger.SELF_HARM,)),
        ("我不 想*活\u200b了！", (Danger.SELF_HARM,)),
        ("不，想，活，了", (Danger.SELF_HARM,)),
        ("我真的不想活了，欠了卡債還不起", (Danger.SELF_HARM,)),
        ("朋友想自杀怎么办", (Danger.SELF_HARM,)),
        ("I want to kill MYSELF", (Danger.SELF_HARM,)),
        ("催收正在砸我家门", (Danger.VIOLENCE,)),
        ("催收在门外砸门，我不想活了", BOTH),
        ("我不想活了。他们把我关在屋里打", BOTH),
        ("微粒贷逾期会上门吗", ()),
        ("欠款人死亡后债务怎么办", ()),
        ("打死我也不还这种高利息", ()),
        ("暴力催收怎么投诉", ()),
        ("来自，杀猪盘", ()),
        ("", ()),
        ("呵呵", ()),
        ("@#￥%……&*", ()),
        ("Сколько планет в Солнечной системе?", ()),
    ],
)
def test_questions(question: str, wanted: tuple[Danger, ...]) -> None:
    assert dangers(question) == wanted


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("想 自*杀！", "。想自杀。"),
        ("自，杀", "。自杀。"),
        ("打，人 Ab?cd", "。打，人ab。cd。"),
        ("", "。"),
        ("上门，打电话", "。上门，打电话。"),
    ],
)
def test_squeezed(question: str, wanted: str) -> None:
    assert squeezed(question) == wanted


def test_an_exception_is_left_out_before_a_rule_looks_and_not_before_one_that_always_does() -> None:
    lines = ("[violence]", "打人 ; x ; x", "! 打人犯法 ; x ; x", "+ 正在…打人 ; x ; x")
    finder = DangerFinder(read_danger_rules(("", line) for line in lines))
    assert finder.find("打人犯法吗") == ()
    assert finder.find("打人犯法吗，他打人了") == (Danger.VIOLENCE,)
    assert finder.find("正在打人犯法吗") == (Danger.VIOLENCE,)


def test_weights_are_a_cosine() -> None:
    # 想 and 死 of length 3 and 4 are together of length 5; what is unknown (。, and the pairs) lengthens.
    weights = DangerWeights({"想": Gram((3.0, 0.0), 9.0), "死": Gram((4.0, -1.0), 16.0)}, 0.0, (1.3, 0.1), "")
    assert weights.weigh("想死") == {Danger.SELF_HARM}
    assert weights.weigh("死") == set()
    lengthened = DangerWeights(weights.grams, 3.0, weights.least, "")
    # (3 + 4) / √(25 + 3) > 1.3, and with three more runs (3 + 4) / √(25 + 4 · 3) < 1.3.
    assert lengthened.weigh("想死") == {Danger.SELF_HARM}
    assert lengthened.weigh("想死。") == set()


@pytest.mark.parametrize(
    "word", ["上门", "威胁", "催收", "上门催收", "没钱还", "孩子学校", "家访", "坐牢", "骚扰", "起诉"]
)
def test_a_word_or_two_are_no_danger_by_weight(word: str) -> None:
    assert dangers(word) == ()


def test_nothing_weighs_nothing() -> None:
    weights = DangerWeights({}, 0.0, (0.5, 0.5), "")
    assert weights.weigh("。") == set()
    assert grams_of("ab。") == {"a", "b", "。", "ab", "b。", "ab。"}


def test_weights_come_back_as_they_were_written(tmp_path: Path) -> None:
    weights = DangerWeights({'"': Gram((0.5, -1.25), 2.0), "想死": Gram((1.0, 0.0), 9.5)}, 10.0, (0.1, 0.2), "abc")
    (tmp_path / "weights.json").write_text(weights.written(), encoding="utf-8")
    assert DangerWeights.load(tmp_path / "weights.json") == weights


def test_the_shipped_weights_are_fitted_to_what_is_shipped() -> None:
    """After a change of rules or dev questions, run benchmarks/danger_weights.py."""
    assert DangerWeights.load().fitted_on == digest(material(RULES).texts)


def test_dev_questions_are_found() -> None:
    """Keep what was reached; benchmarks/dangers.py names each mistake."""
    lines = (ROOT / "corpus" / "questions" / "dangers-dev.jsonl").read_text(encoding="utf-8").splitlines()
    for danger in Danger:
        told = [(danger.value in one["dangers"], danger in dangers(one["question"])) for one in map(json.loads, lines)]
        right, wanted, found = told.count((True, True)), sum(w for w, _ in told), sum(f for _, f in told)
        assert right >= 0.97 * wanted
        assert right >= 0.85 * found


@pytest.mark.parametrize(
    "text", ["想死", "打我", "不让", "我爸是烧炭工人，贷款怎么办", "如果催收打", "a" * 50, "，想，打"]
)
def test_the_time_grows_with_the_length_only(text: str) -> None:
    def seconds(length: int) -> float:
        question = normalise((text * length)[:length])
        rounds = []
        for _ in range(3):
            started = time.thread_time()
            FINDER.find(question)
            rounds.append(time.thread_time() - started)
        return min(rounds)

    # Ten times as much text takes some ten times as long; where every place is tried with every other, a hundred.
    assert seconds(20_000) < 40 * max(seconds(2_000), 0.0005)
