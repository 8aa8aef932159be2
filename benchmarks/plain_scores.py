"""Fit how a ranking's score is read where nothing is calibrated, for each way of ranking: on our dev questions.

python benchmarks/plain_scores.py INDEX
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from embeddings.calibration import sigmoid
from embeddings.evaluation.answerability import calibration, calibration_error
from embeddings.evaluation.calibrating import logistic_regression
from embeddings.evaluation.matching import hits_of
from embeddings.evaluation.question_sets import read_questions
from embeddings.evaluation.records import ANSWERS
from embeddings.evaluation.systems import returned_by
from embeddings.records import Mode, SearchOptions
from embeddings.store.loading import open_searcher
from embeddings.tuning import Fusion, Reranking

_QUESTIONS = Path("corpus/questions")


def main(index: Path) -> None:
    """Print slope and shift for each way of ranking, and the calibration error of first results with them."""
    searcher = open_searcher(index)
    asked = [*read_questions(_QUESTIONS / "dev.jsonl"), *read_questions(_QUESTIONS / "unanswerable-dev.jsonl", False)]
    tuning = searcher.ranker.tuning
    ways = [(Mode.DENSE, tuning), (Mode.LEXICAL, tuning), (Mode.HYBRID, tuning)]
    ways += [(Mode.HYBRID, replace(tuning, reranking=Reranking.NONE))]
    ways += [(Mode.HYBRID, replace(tuning, reranking=Reranking.NONE, fusion=Fusion.RECIPROCAL_RANK))]
    for mode, tried in ways:
        plain = searcher.retuned(tried, searcher.encoder)
        options = SearchOptions(k=1, mode=mode, highlight=False)
        found = plain.find_many([question.text for question in asked], options)
        some = [(one, question) for one, question in zip(found, asked, strict=True) if len(one.shown)]
        scores = np.array([one.scores[0] for one, _ in some])
        right = np.array(
            [
                hits_of(question, returned_by(plain.answer(one, options).results))[0].grade == ANSWERS
                for one, question in some
            ],
            dtype=np.float64,
        )
        slope, shift = logistic_regression(scores[:, np.newaxis], right, 1e-3)
        error = calibration_error(calibration(sigmoid(slope * scores + shift), right))
        named = f"{mode.value:8} {tried.fusion.value:16} {tried.reranking.value:17}"
        print(f"{named} {slope:.3f} {shift:.2f} error {error:.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
