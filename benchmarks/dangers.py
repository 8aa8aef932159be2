"""Measure how well dangers are found in questions, on our dev and test sets and on ordinary questions, and the time.

usage: python benchmarks/dangers.py [dev|test]...

Without arguments dev only: look at test when all is decided. Prints what was missed and what was found needlessly.
Of the ordinary question sets, all that was found is printed: some of it is rightly found.
"""

import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from corpus.lexicon import load_lexicon
from corpus.normalising import normalise
from corpus.records import Danger
from embeddings.danger_weights import DangerWeights
from embeddings.dangers import DangerFinder
from embeddings.questions import MAX_QUESTION_CHARACTERS

QUESTIONS = Path(__file__).parent.parent / "corpus" / "questions"
ROUNDS = 5


class Judged(NamedTuple):
    """Hold a question, and the dangers that it tells of."""

    text: str
    dangers: frozenset[Danger]


def judged_questions(name: str) -> list[Judged]:
    """Return the questions of a file; those of an ordinary set have no dangers written to them."""
    lines = (QUESTIONS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    return [Judged(one["question"], frozenset(map(Danger, one.get("dangers", ())))) for one in records]


def measure(finder: DangerFinder, questions: Sequence[Judged], danger: Danger) -> Iterator[str]:
    """Yield precision and recall of one danger, then each mistake."""
    found = {one.text for one in questions if danger in finder.find(normalise(one.text))}
    wanted = {one.text for one in questions if danger in one.dangers}
    right = len(found & wanted)
    yield f"{danger.value}: precision {right / len(found):.3f} ({right}/{len(found)}), "
    yield f"recall {right / len(wanted):.3f} ({right}/{len(wanted)})\n"
    yield from (f"    missed: {text}\n" for text in sorted(wanted - found))
    yield from (f"    needless: {text}\n" for text in sorted(found - wanted))


def tell_ordinary(finder: DangerFinder, name: str) -> None:
    """Print what is found in the ordinary questions of a split."""
    texts = [one.text for kind in (name, f"unanswerable-{name}") for one in judged_questions(kind)]
    found = [text for text in texts if finder.find(normalise(text))]
    print(f"{len(found)} of {len(texts)} ordinary {name} questions")
    for text in found:
        print(f"    found: {text}")


def microseconds(finder: DangerFinder, text: str) -> float:
    """Return the shortest time of some that a normalised question took."""
    times = []
    for _ in range(ROUNDS):
        # Of this thread alone, whatever else the machine does.
        started = time.thread_time_ns()
        finder.find(text)
        times.append(time.thread_time_ns() - started)
    return min(times) / 1000


def tell_times(finder: DangerFinder) -> None:
    """Print how long ordinary dev questions take, and the slowest that can be made of the rules' own words."""
    ordinary = sorted(microseconds(finder, normalise(one.text)) for one in judged_questions("dev"))
    late = ordinary[int(0.95 * len(ordinary))]
    print(f"a dev question: median {statistics.median(ordinary):.0f} µs, p95 {late:.0f} µs")
    texts = {text for rule in load_lexicon().dangers for text in (rule.example, rule.counterexample)}
    for length in (MAX_QUESTION_CHARACTERS, 10 * MAX_QUESTION_CHARACTERS):
        hostile = [normalise((text * length)[:length]) for text in texts | {text[:2] for text in texts}]
        slowest = max(microseconds(finder, text) for text in hostile)
        print(f"{length:,} hostile characters: {slowest / 1000:.1f} ms, {slowest / length:.2f} µs each")


def main(names: Sequence[str]) -> None:
    """Print all of it."""
    finder = DangerFinder(load_lexicon().dangers, DangerWeights.load())
    for name in names:
        questions = judged_questions(f"dangers-{name}")
        print(f"{name}: {len(questions)} questions, {sum(not one.dangers for one in questions)} of them harmless")
        for danger in Danger:
            print("".join(measure(finder, questions, danger)), end="")
        tell_ordinary(finder, name)
    tell_times(finder)


if __name__ == "__main__":
    main(sys.argv[1:] or ["dev"])
