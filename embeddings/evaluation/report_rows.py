"""Gather what opens below the questions of a page, as JSON that its script reads."""

import json
import re
from collections.abc import Iterable
from typing import NamedTuple

from markupsafe import Markup

from corpus.unicode import printable
from embeddings.evaluation.answerability import best_grade, grade_words
from embeddings.evaluation.results import Hit, Outcome, Results, ShownPassage

# Kept in what is shown; everything else that acts is written out.
KEPT = "\n\t"
# What could end a script, or is no character that a file takes.
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")


class ShownHit(NamedTuple):
    """Hold a hit as the page's script reads it: `passage` counts in the page's passages, `grade` is in words."""

    rank: int
    passage: int
    score: float
    grade: str
    holds_answer: bool


class ShownAnswer(NamedTuple):
    """Hold what one system returned."""

    name: str
    hits: tuple[ShownHit, ...]


class ShownRow(NamedTuple):
    """Hold what opens below a question; `wanted` has sections, what their grades say, and quotes."""

    wanted: tuple[tuple[str, str, str | None], ...]
    answers: tuple[ShownAnswer, ...]


class Details:
    """Gather what opens below questions, each passage once."""

    def __init__(self) -> None:
        self._passages: dict[ShownPassage, int] = {}
        self._rows: list[ShownRow] = []

    def add(self, asked: Outcome, answers: Iterable[tuple[str, Results, Outcome]]) -> int:
        """Take up a question; return its number.

        Args:
            asked: has its judgements.
            answers: each system's name, results and outcome.
        """
        best = best_grade(asked)
        shown = tuple(
            (printable(one.section), grade_words(one.grade, best), one.answer and printable(one.answer))
            for one in asked.wanted
        )
        self._rows.append(ShownRow(shown, tuple(self._answer(*answer) for answer in answers)))
        return len(self._rows) - 1

    def _answer(self, name: str, results: Results, outcome: Outcome) -> ShownAnswer:
        best = best_grade(outcome)
        hits = tuple(
            ShownHit(
                rank, self._place(results, hit), round(hit.score, 4), grade_words(hit.grade, best), hit.holds_answer
            )
            for rank, hit in enumerate(outcome.hits, start=1)
        )
        return ShownAnswer(printable(name), hits)

    def _place(self, results: Results, hit: Hit) -> int:
        passage = results.passages.get(hit.passage, ShownPassage(hit.section, (), "(its text was not kept)"))
        return self._passages.setdefault(passage, len(self._passages))

    def json(self) -> Markup:
        """Return everything as JSON that cannot end the script it stands in."""
        passages = [
            (printable(one.title), [printable(heading) for heading in one.headings], printable(one.text, kept=KEPT))
            for one in self._passages
        ]
        data = {"passages": passages, "rows": self._rows}
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        return Markup(_UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text))  # noqa: S704 -- escaped right here
