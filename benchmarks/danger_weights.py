"""Fit the weights of runs of characters by which dangers are found that no rule foresaw, and write them.

usage: python benchmarks/danger_weights.py

Fitted to the dev questions with their dangers, the ordinary dev questions and the rules' own examples; the test
questions are not looked at. Prints precision and recall on dev by cross-validation, together with the rules, and
how many ordinary dev questions get a line (some of them rightly).
"""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.danger_rules import DangerRule, RuleKind
from corpus.lexicon import load_lexicon
from corpus.normalising import normalise
from corpus.records import Danger
from embeddings.danger_weights import SHIPPED, DangerWeights, Gram, grams_of
from embeddings.dangers import DangerFinder, squeezed

QUESTIONS = Path(__file__).parent.parent / "corpus" / "questions"
FILES = ("dangers-dev", "dev", "unanswerable-dev")
FOLDS = 5
# Rarer runs of characters say nothing: of 2, 3 both find as much, 3 with half as many.
LEAST_TEXTS = 3
# What each other run adds to the square of a text's length: without, short questions about nothing of ours are found.
UNKNOWN = 10.0
# By cross-validation: smaller ones find more of what they have seen, and less of what they have not.
PENALTY = 3e-4
STEPS = 300
TINY = 1e-9
# From which log odds a danger is told: the highest, in steps of 0.1, that find 0.95, to two digits, of the
# dev questions by cross-validation, rules included. A missed danger is worse than a needless line.
LEAST_ODDS = {Danger.SELF_HARM: -1.2, Danger.VIOLENCE: -1.3}
DIGITS = 3
Floats = NDArray[np.float64]


class Material(NamedTuple):
    """Hold texts with what they tell of, in the order of `Danger`; the first `judged` are dev questions."""

    texts: list[str]
    told: NDArray[np.bool_]
    by_rule: NDArray[np.bool_]
    judged: int
    ordinary: int


def material(rules: Sequence[DangerRule]) -> Material:
    """Return all that the weights are fitted to."""
    finder = DangerFinder(rules)
    records = [
        [json.loads(line) for line in (QUESTIONS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
        for name in FILES
    ]
    asked = [normalise(record["question"]) for some in records for record in some]
    by_rule = [[danger in found for danger in Danger] for found in map(finder.find, asked)]
    told = [[danger.value in record["dangers"] for danger in Danger] for record in records[0]]
    # What the rules find in an ordinary question is taken to be there.
    told += by_rule[len(records[0]) :]
    for rule in rules:
        excepts = rule.kind is RuleKind.EXCEPTS
        mine = [rule.danger is danger for danger in Danger]
        nothing = [False for _ in Danger]
        told += [nothing, mine] if excepts else [mine, nothing]
    examples = [normalise(text) for rule in rules for text in (rule.example, rule.counterexample)]
    judged = len(records[0])
    texts = [squeezed(text) for text in (*asked, *examples)]
    return Material(texts, np.array(told), np.array(by_rule), judged, len(asked) - judged)


def features(texts: Sequence[str]) -> tuple[list[str], Floats, Floats]:
    """Return the runs of characters that are weighed, how rare each is, and a row of length 1 for each text.

    Runs that are not weighed lengthen a text, too: of one in another language, little is known.
    """
    rows = [grams_of(text) for text in texts]
    counts = Counter(gram for row in rows for gram in row)
    grams = sorted(gram for gram, count in counts.items() if count >= LEAST_TEXTS)
    rarity = np.array([round(math.log(len(texts) / counts[gram]), DIGITS) for gram in grams])
    places = {gram: place for place, gram in enumerate(grams)}
    table = np.zeros((len(texts), len(grams)))
    for row, runs in enumerate(rows):
        known = [places[gram] for gram in runs if gram in places]
        table[row, known] = rarity[known]
        table[row] /= np.sqrt((rarity[known] ** 2).sum() + UNKNOWN * (len(runs) - len(known)) + TINY)
    return grams, rarity, table


def fitted(table: Floats, told: NDArray[np.bool_]) -> tuple[Floats, float]:
    """Return weights and constant of a logistic regression with a quadratic penalty.

    There are fewer texts than weights, so what is solved for is how much each text counts. Each step takes the slope
    of the logistic function as 1/4, its largest: that needs many steps, but one inverse, and never overshoots.
    """
    alike, wanted = table @ table.T, told.astype(float)
    inverse = np.linalg.inv(alike + 4 * PENALTY * len(table) * np.eye(len(table)))
    of_one = inverse.sum(axis=1)
    shares, constant = np.zeros(len(table)), 0.0
    for _ in range(STEPS):
        odds = alike @ shares + constant
        solved = inverse @ (odds + 4 * (wanted - 1 / (1 + np.exp(-odds))))
        constant = float(solved.sum() / of_one.sum())
        shares = solved - constant * of_one
    return table.T @ shares, constant


def cross_validated(about: Material, table: Floats, place: int) -> Floats:
    """Return for each question the log odds of a danger by weights that were not fitted to it."""
    asked = about.judged + about.ordinary
    fold = np.random.default_rng(0).integers(0, FOLDS, asked)
    odds = np.zeros(asked)
    for left_out in range(FOLDS):
        kept = np.append(fold != left_out, np.ones(len(table) - asked, dtype=bool))
        weights, constant = fitted(table[kept], about.told[kept, place])
        odds[fold == left_out] = table[:asked][fold == left_out] @ weights + constant
    return odds


def tell(about: Material, odds: Floats, place: int, danger: Danger) -> None:
    """Print how well a danger is found."""
    found = (odds >= LEAST_ODDS[danger]) | about.by_rule[:, place]
    told = about.told[: len(found), place]
    mine, right = found[: about.judged], (found & told)[: about.judged].sum()
    print(
        f"{danger.value}: precision {right / mine.sum():.3f}, recall {right / told[: about.judged].sum():.3f} ", end=""
    )
    print(f"of {about.judged} dev questions; {found[about.judged :].sum()} of {about.ordinary} ordinary ones")


def digest(texts: Sequence[str]) -> str:
    """Identify what weights were fitted to."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def main() -> None:
    """Print how well it does, and write the weights."""
    about = material(load_lexicon().dangers)
    grams, rarity, table = features(about.texts)
    towards, least = [], []
    for place, danger in enumerate(Danger):
        odds = cross_validated(about, table, place)
        tell(about, odds, place, danger)
        weights, constant = fitted(table, about.told[:, place])
        towards.append(np.round(weights * rarity, DIGITS))
        least.append(round(LEAST_ODDS[danger] - constant, DIGITS))
    rows = zip(grams, np.stack(towards, axis=1).tolist(), rarity.tolist(), strict=True)
    known = {gram: Gram(tuple(counts), round(rare * rare, DIGITS)) for gram, counts, rare in rows}
    text = DangerWeights(known, UNKNOWN, tuple(least), digest(about.texts)).written()
    SHIPPED.write_text(text, encoding="utf-8")
    print(f"{len(known)} runs of characters, {len(text.encode()) / 1000:.0f} kB, written to {SHIPPED.name}")


if __name__ == "__main__":
    main()
