"""Find in a question that somebody may be in danger: who asks, or who is asked for."""

import re
from collections.abc import Iterable

from corpus.danger_rules import CLAUSE_END, SENTENCE_END, DangerRule, RuleKind
from corpus.records import Danger
from embeddings.danger_weights import DangerWeights

_SENTENCE_ENDS = frozenset("。！？!?;；\n\r")
_CLAUSE_ENDS = frozenset("，,：:")
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_LONE = re.compile(
    f"(?<=[{CLAUSE_END}{SENTENCE_END}]\\w)[{CLAUSE_END}{SENTENCE_END}](?=\\w[{CLAUSE_END}{SENTENCE_END}])"
)
# Shorter questions, a word or two, are for the rules alone: their few characters are weighed too much, 上门 would be
# violence. On the dev questions that costs nothing. The two ends count.
_WEIGHED_FROM = 9
# Nothing that a rule is made of.
_LEFT_OUT = "□"


class DangerFinder:
    """Find the dangers that a question tells of; threads may share one.

    A rule is tried where one of its first characters stands only, and looks no further than its gaps
    reach: the time is in proportion to the length, whatever is asked.

    Args:
        rules: what to look for, and what to let through.
        weights: find what the rules did not foresee; without any, the rules decide alone.
    """

    def __init__(self, rules: Iterable[DangerRule], weights: DangerWeights | None = None) -> None:
        known = tuple(rules)
        self._weights = weights
        self._always = {danger: _Matcher(known, danger, RuleKind.FINDS_ALWAYS) for danger in Danger}
        self._excepted = {danger: _Matcher(known, danger, RuleKind.EXCEPTS) for danger in Danger}
        self._usual = {danger: _Matcher(known, danger, RuleKind.FINDS) for danger in Danger}

    def find(self, question: str) -> tuple[Danger, ...]:
        """Return the dangers in a question as `normalise` returns it, each once, in the order of `Danger`."""
        text = squeezed(question)
        weighed = self._weigh(text)
        return tuple(danger for danger in Danger if self._tells_of(danger, text, weighed))

    def _weigh(self, text: str) -> frozenset[Danger]:
        return self._weights.weigh(text) if self._weights and len(text) >= _WEIGHED_FROM else frozenset()

    def _tells_of(self, danger: Danger, text: str, weighed: frozenset[Danger]) -> bool:
        if self._always[danger].is_in(text):
            return True
        if danger not in weighed and not self._usual[danger].is_in(text):
            return False
        # Exceptions are looked for last: most questions have nothing that one could be taken from.
        left = self._excepted[danger].taken_from(text)
        return left == text or self._usual[danger].is_in(left) or danger in self._weigh(left)


class _Matcher:
    """Match any of the rules of one danger and kind, at the characters only that one can begin with."""

    def __init__(self, rules: Iterable[DangerRule], danger: Danger, kind: RuleKind) -> None:
        mine = [rule for rule in rules if (rule.danger, rule.kind) == (danger, kind)]
        firsts = frozenset[str]().union(*(rule.firsts for rule in mine))
        self._match_of = {
            first: re.compile("|".join(rule.regex for rule in mine if first in rule.firsts)).match for first in firsts
        }

    def is_in(self, text: str) -> bool:
        for place, one in enumerate(text):
            match = self._match_of.get(one)
            if match is not None and match(text, place):
                return True
        return False

    def taken_from(self, text: str) -> str:
        kept, place = [], 0
        while place < len(text):
            match = self._match_of.get(text[place])
            found = match(text, place) if match is not None else None
            kept.append(_LEFT_OUT if found else text[place])
            place = found.end() if found else place + 1
        return "".join(kept)


def squeezed(question: str) -> str:
    """Return a normalised question as the rules see it: letters, digits, and where clauses and sentences end.

    "想 自*杀！" becomes "。想自杀。", and so does "自，杀": what stands between lone characters parts nothing.
    """
    text = _BETWEEN_WORDS.sub(_end, f"\n{question.casefold()}\n")
    return _LONE.sub("", text)


def _end(found: re.Match[str]) -> str:
    between = found[0]
    if not _SENTENCE_ENDS.isdisjoint(between):
        return SENTENCE_END
    return CLAUSE_END if not _CLAUSE_ENDS.isdisjoint(between) else ""
