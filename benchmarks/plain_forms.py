"""Measure how far typos and traditional characters cost answers: the same questions as asked, and in plain form.

python benchmarks/plain_forms.py INDEX [QUESTIONS]
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from embeddings.evaluation.evaluating import Asked, evaluate
from embeddings.evaluation.question_sets import read_questions
from embeddings.evaluation.significance import estimates, randomisation_p
from embeddings.evaluation.systems import IndexAnswering
from embeddings.records import Mode
from embeddings.store.loading import open_searcher

_MEASURE = "nDCG@10"


def main(index: Path, questions: Path) -> None:
    """Print the mean of both forms for each kind of question that has two, and their difference."""
    answering = IndexAnswering(open_searcher(index), index, Mode.HYBRID)
    asked = tuple(question for question in read_questions(questions) if question.plain is not None)
    plain = tuple(replace(question, text=question.plain or "") for question in asked)
    given, wanted = (
        np.array([one.values[_MEASURE] for one in evaluate(answering, Asked(some), lambda _: None).outcomes])
        for some in (asked, plain)
    )
    print(f"{'kind':14}{'questions':>10}{'as asked':>10}{'plain':>8}   difference, p")
    for kind in sorted({question.kind or "" for question in asked}):
        own = np.array([question.kind == kind for question in asked])
        (difference,) = estimates((given - wanted)[own][np.newaxis])
        ends = f"[{difference.interval.low:+.3f}, {difference.interval.high:+.3f}]" if difference.interval else ""
        p = randomisation_p((given - wanted)[own])
        print(
            f"{kind:14}{own.sum():>10}{given[own].mean():>10.3f}{wanted[own].mean():>8.3f}   "
            f"{difference.value:+.3f} {ends} {p:.3f}"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else "corpus/questions/dev.jsonl"))  # noqa: PLR2004
