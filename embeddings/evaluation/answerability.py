"""Measure what a system says of its own answers: whether there is one, and whether the first result is it."""

from collections.abc import Sequence

import numpy as np

from embeddings.evaluation.calibration_interval import calibration_interval
from embeddings.evaluation.results import Answerability, Bin, Cut, Estimate, Hit, Outcome, Slice
from embeddings.evaluation.significance import Values, auroc, estimate

# Percent of the answerable questions that the threshold must let through.
RECALL = 95
BINS = 10
AUROC, FPR, BRIER, ECE = "AUROC", "FPR@95", "Brier", "ECE"
BASE_BRIER, BRIER_GAIN = "Brier of the base rate", "Brier below that"


def measure_answerability(outcomes: Sequence[Outcome]) -> Answerability | None:
    """Return the measures of the first results' scores; None where no question has an answer."""
    answerable = [outcome for outcome in outcomes if outcome.is_answerable]
    unanswerable = [outcome for outcome in outcomes if not outcome.is_answerable]
    if not answerable:
        return None
    scores, right = top_scores(outcomes), _right(outcomes)
    bins = calibration(scores, right)
    measures = {
        BRIER: estimate((scores, right), brier, paired=True),
        # Near a share of one half, where it is flat, bootstrap intervals of 95 % held the truth 7 times in 10.
        BASE_BRIER: Estimate(base_brier(right)),
        BRIER_GAIN: estimate((scores, right), brier_gain, paired=True),
        ECE: Estimate(calibration_error(bins), calibration_interval(scores, right, BINS)),
    }
    kinds: list[Slice] = []
    if unanswerable:
        measures = {**_separation(answerable, unanswerable), **measures}
        for kind in sorted({outcome.kind for outcome in unanswerable if outcome.kind is not None}):
            some = [outcome for outcome in unanswerable if outcome.kind == kind]
            kinds.append(Slice(Cut.KIND, kind, len(some), _separation(answerable, some)))
    return Answerability(
        answerable=len(answerable),
        unanswerable=len(unanswerable),
        threshold=float(threshold(certainties(answerable))) if unanswerable else None,
        measures=measures,
        kinds=tuple(kinds),
        calibration=tuple(bins),
    )


def _separation(answerable: Sequence[Outcome], unanswerable: Sequence[Outcome]) -> dict[str, Estimate]:
    samples = (certainties(answerable), certainties(unanswerable))
    return {AUROC: estimate(samples, auroc), FPR: estimate(samples, false_positive_rate)}


def top_scores(outcomes: Sequence[Outcome]) -> Values:
    """Return the score of each first result, 0 where there is none."""
    return np.array([outcome.hits[0].score if outcome.hits else 0.0 for outcome in outcomes], dtype=np.float64)


def certainties(outcomes: Sequence[Outcome]) -> Values:
    """Return for each question how sure the system is that it has an answer.

    That is the probability that it gives for it, else the score of its first result.
    """
    scores = top_scores(outcomes).tolist()
    given = [score if one.probability is None else one.probability for one, score in zip(outcomes, scores, strict=True)]
    return np.array(given, dtype=np.float64)


def first_is_right(outcome: Outcome) -> bool:
    """Return whether the first result has the best grade that the question's judgements give."""
    return bool(outcome.hits) and is_right(outcome, outcome.hits[0])


def is_right(outcome: Outcome, hit: Hit) -> bool:
    """Return whether a passage has the best grade that the question's judgements give; grade 0 is never right."""
    return bool(hit.grade) and hit.grade == best_grade(outcome)


def best_grade(outcome: Outcome) -> int | None:
    """Return the best grade that a question's judgements give, None where it has none.

    In our sets that is 2; BEIR folders know no grade above 1, or some above 2.
    """
    return max((wanted.grade for wanted in outcome.wanted), default=None)


def grade_words(grade: int | None, best: int | None) -> str:
    """Return what a grade says, given the best one of the question."""
    if grade is None:
        return "not judged"
    if grade == 0:
        return "no help"
    return "answers" if grade == best else "helps"


def _right(outcomes: Sequence[Outcome]) -> Values:
    return np.array([first_is_right(outcome) for outcome in outcomes], dtype=np.float64)


def threshold(answerable: Values, axis: int = -1) -> Values:
    """Return the highest score that at least `RECALL` percent of the questions reach."""
    lost = answerable.shape[axis] * (100 - RECALL) // 100
    return np.asarray(np.take(np.sort(answerable, axis=axis), lost, axis=axis))


def false_positive_rate(answerable: Values, unanswerable: Values, axis: int = -1) -> Values:
    """Return the share of unanswerable questions whose score reaches the threshold of the answerable ones."""
    reached = unanswerable >= np.expand_dims(threshold(answerable, axis), axis)
    return np.asarray(reached.mean(axis=axis))


def brier(scores: Values, right: Values, axis: int = -1) -> Values:
    """Return the mean square of how far a score lies from 1 where it is right, else from 0."""
    return np.asarray(((scores - right) ** 2).mean(axis=axis))


def base_brier(right: Values) -> float:
    """Return the Brier score of always saying the share of those that are right."""
    share = float(right.mean())
    return share * (1 - share)


def brier_gain(scores: Values, right: Values, axis: int = -1) -> Values:
    """Return how far the Brier score of the scores lies below that of always saying the share of those right."""
    share = right.mean(axis=axis)
    return np.asarray(share * (1 - share) - brier(scores, right, axis))


def calibration(scores: Values, right: Values) -> list[Bin]:
    """Return `BINS` bins of equal mass, lowest scores first; fewer where there are fewer questions.

    Of equal scores each counts as right as they are on average, so that it does not matter which of
    them a bin takes.
    """
    _, tie = np.unique(scores, return_inverse=True)
    shared = (np.bincount(tie, weights=right) / np.bincount(tie))[tie]
    order = np.argsort(scores)
    return [
        Bin(float(scores[some].mean()), float(shared[some].mean()), len(some))
        for some in np.array_split(order, BINS)
        if len(some)
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return the expected calibration error.

    It is the mean over questions of how far the mean score of a question's bin lies from the share
    of that bin that is right (Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities
    Using Bayesian Binning", AAAI 2015; bins of equal mass as in Nguyen and O'Connor, "Posterior
    Calibration and Exploratory Analysis for Natural Language Processing Models", EMNLP 2015).
    Calibrated scores do not reach 0: where they are spread over 0 to 1, chance alone gives 0.07 for
    200 questions and 0.03 for 1000.
    """
    questions = sum(one.questions for one in bins)
    return sum(one.questions * abs(one.score - one.right) for one in bins) / questions
