"""Read the rules that tell in a question that somebody is in danger."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from corpus.errors import CorpusError
from corpus.normalising import normalise
from corpus.records import Danger

# What stands in a rule for up to 8 characters of one clause, for up to 20 of one sentence, and for the end of either.
GAP, WIDE_GAP, BORDER = "…", "……", "_"
CLAUSE_END, SENTENCE_END = "，", "。"
# Two gaps try 9 × 9 places behind each beginning; three would be 729.
_MOST_GAPS = 2
_FIELDS = 3
# Letters of a private area stand for the gaps while a rule is read.
_NARROW, _WIDE = "\ue000", "\ue001"
_SECTION = re.compile(r"\[(\w+)\]")
_SET = re.compile(r"\{(\w+)\} *= *(.+)")
_SET_NAME = re.compile(r"\{(\w*)\}")
_FORM = "rule ; a question that it is for ; one that it is not for"


class RuleKind(Enum):
    """Say what a rule does; the value is the mark that it begins with."""

    FINDS = ""
    # What it matches is left out before the others look.
    EXCEPTS = "!"
    # No exception is left out before it looks.
    FINDS_ALWAYS = "+"


@dataclass(frozen=True, slots=True)
class DangerRule:
    """Hold one rule: what it matches as a regular expression, with the characters that can begin it.

    `example` is a question that it is for (an exception: one that is let through), and `counterexample` one in which
    the danger is not found (an exception: found all the same).
    """

    danger: Danger
    kind: RuleKind
    regex: str
    firsts: frozenset[str]
    example: str
    counterexample: str
    where: str


class _Pattern(NamedTuple):
    """Hold a part of a rule.

    `firsts` is empty where it may match nothing, or anything; `gaps` is how many come one after the other.
    """

    regex: str
    firsts: frozenset[str]
    gaps: int = 0


_ANY: frozenset[str] = frozenset()
_PARTS = {
    _NARROW: _Pattern(f"[^{CLAUSE_END}{SENTENCE_END}]{{0,8}}?", _ANY, 1),
    _WIDE: _Pattern(f"[^{SENTENCE_END}]{{0,20}}?", _ANY, 1),
    BORDER: _Pattern(f"[{CLAUSE_END}{SENTENCE_END}]", frozenset(CLAUSE_END + SENTENCE_END)),
}


def read_danger_rules(lines: Iterable[tuple[str, str]]) -> tuple[DangerRule, ...]:
    """Return the rules of `dangers.txt`, whose head tells how they are written.

    Args:
        lines: where each stands, and what it says.

    Raises:
        CorpusError: a line is malformed.
    """
    return tuple(_rules(lines))


def _rules(lines: Iterable[tuple[str, str]]) -> Iterator[DangerRule]:
    danger: Danger | None = None
    sets: dict[str, str] = {}
    for where, text in lines:
        if section := _SECTION.fullmatch(text):
            danger = _danger(section[1], where)
        elif defined := _SET.fullmatch(text):
            sets[defined[1]] = _with_sets(defined[2], sets, where)
        elif danger is None:
            wanted = " or ".join(f"[{one.value}]" for one in Danger)
            raise CorpusError(f"{where}: {text!r} stands before the first section; wanted {wanted} above it")
        else:
            yield _rule(where, text, danger, sets)


def _danger(name: str, where: str) -> Danger:
    try:
        return Danger(name)
    except ValueError as error:
        wanted = ", ".join(one.value for one in Danger)
        raise CorpusError(f"{where}: {name!r} is no danger; wanted one of {wanted}") from error


def _with_sets(text: str, sets: dict[str, str], where: str) -> str:
    def members(found: re.Match[str]) -> str:
        if found[1] not in sets:
            raise CorpusError(f"{where}: nothing above it says what {found[0]} is; wanted {found[0]} = a|b")
        return f"({sets[found[1]]})"

    return _SET_NAME.sub(members, text)


def _rule(where: str, text: str, danger: Danger, sets: dict[str, str]) -> DangerRule:
    fields = [field.strip() for field in text.split(";")]
    if len(fields) != _FIELDS or not all(fields):
        raise CorpusError(f"{where}: {text!r} is no rule; wanted {_FORM}")
    kind = next((one for one in RuleKind if one.value and fields[0].startswith(one.value)), RuleKind.FINDS)
    whole = _pattern(_with_sets(fields[0].removeprefix(kind.value), sets, where), where)
    return DangerRule(danger, kind, whole.regex, whole.firsts, fields[1], fields[2], where)


def _pattern(written: str, where: str) -> _Pattern:
    plain = normalise(written.replace(WIDE_GAP, _WIDE).replace(GAP, _NARROW)).casefold().replace(" ", "")
    whole, rest = _ways(plain)
    if rest or plain.count("(") != plain.count(")"):
        raise CorpusError(f"{where}: the parentheses of {written!r} do not pair")
    if whole.gaps > _MOST_GAPS:
        raise CorpusError(f"{where}: {written!r} has more than {_MOST_GAPS} gaps; it would take too long")
    if not whole.firsts:
        raise CorpusError(f"{where}: {written!r} may begin with anything; let it begin with a character")
    return whole


def _ways(text: str) -> tuple[_Pattern, str]:
    """Read ways of saying, parted by |, up to a closing parenthesis; return them, and what follows."""
    ways = []
    while True:
        way, text = _sequence(text)
        ways.append(way)
        if not text.startswith("|"):
            break
        text = text[1:]
    firsts = frozenset[str]().union(*(way.firsts for way in ways)) if all(way.firsts for way in ways) else _ANY
    return _Pattern(f"(?:{'|'.join(way.regex for way in ways)})", firsts, max(way.gaps for way in ways)), text


def _sequence(text: str) -> tuple[_Pattern, str]:
    parts = []
    while text and text[0] not in "|)":
        if text[0] == "(":
            part, text = _ways(text[1:])
            text = text[1:]
        else:
            part, text = _PARTS.get(text[0]) or _Pattern(re.escape(text[0]), frozenset(text[0])), text[1:]
        parts.append(part)
    regex = "".join(part.regex for part in parts)
    return _Pattern(regex, parts[0].firsts if parts else _ANY, sum(part.gaps for part in parts)), text
