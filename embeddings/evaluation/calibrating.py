"""Fit what turns rankings into probabilities, on questions with answers and on some without."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.calibration import (
    RECALL,
    VECTOR_SCALE,
    Calibration,
    Evidence,
    ModeCalibration,
    PassageModel,
    QuestionModel,
    sigmoid,
    standard_signals,
)
from embeddings.errors import QuestionError, QuestionSetError
from embeddings.evaluation.answerability import base_brier, brier, calibration, calibration_error
from embeddings.evaluation.evaluating import Asked
from embeddings.evaluation.matching import hits_of
from embeddings.evaluation.records import ANSWERS, Question
from embeddings.evaluation.setting_aside import remaining
from embeddings.evaluation.significance import auroc
from embeddings.evaluation.systems import IndexAnswering, is_held, returned_by, unknown_sections
from embeddings.evaluation.tuning_search import KeepingEncoder
from embeddings.fusion import Scores
from embeddings.questions import check_question
from embeddings.ranker import signal_values
from embeddings.records import Mode, SearchOptions
from embeddings.searcher import Found, Searcher

# Fewer say too little: with ten of each, one question moves a probability by a tenth.
LEAST_QUESTIONS = 10
# What is fitted is tried on a tenth of the questions that it was not fitted on.
_FOLDS = 10
# Passages of a question that the model of passages learns from.
_PASSAGES = 10
_PENALTY = 1.0
_LIGHT_PENALTY = 0.1
_STEPS, _ENOUGH = 50, 1e-9
_SEED = 20_240_601

_Right = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Sample:
    """Hold what is known of n questions: inputs of the question model (n, d + 5), and their best passages.

    `answerable` has shape (n,), `scores` and `right` (n, `_PASSAGES`), NaN where there are fewer.
    """

    offsets: NDArray[np.float64]
    signals: NDArray[np.float64]
    answerable: _Right
    scores: Scores
    right: _Right


@dataclass(frozen=True, slots=True)
class QuestionCalibrator:
    """Calibrate an index on questions about it: judged ones, and some that it has no answer to.

    Raises:
        QuestionSetError: there are fewer than `LEAST_QUESTIONS` of either.
    """

    asked: Asked

    def __post_init__(self) -> None:
        questions, unanswerable = len(self.asked.questions), len(self.asked.unanswerable)
        if min(questions, unanswerable) < LEAST_QUESTIONS:
            raise QuestionSetError(
                f"{questions} questions with an answer and {unanswerable} without were given, at least "
                f"{LEAST_QUESTIONS} of each are wanted to calibrate scores; add some, or build without them"
            )

    @property
    def hash(self) -> str:
        """Return what identifies the questions."""
        return self.asked.hash

    def calibrate(self, searcher: Searcher, key: str) -> Calibration:
        """Return the calibration of an index that has none yet, tied to a key.

        Judgements about sections that the index does not hold are set aside: articles come and go.

        Raises:
            QuestionSetError: these are most of the judgements, or too few questions are left.
        """
        answering = IndexAnswering(searcher, Path(), Mode.HYBRID)
        named = [(one.id, judgement.section) for one in self.asked.questions for judgement in one.judgements]
        unknown = unknown_sections(answering, named)
        held = answering.sections({section.article for _, section in named if section is not None})
        left = remaining(self.asked, lambda section: is_held(section, held)).asked
        if 2 * len(unknown) > len(named) or len(left.questions) < LEAST_QUESTIONS:
            raise QuestionSetError(
                f"{len(unknown)} of {len(named)} judgements of the questions to calibrate on are about sections that "
                f"the articles do not have ({'; '.join(unknown[:3])}); correct them, or build with --no-calibration"
            )
        return calibrate(searcher, left.questions, self.asked.unanswerable, key)


def calibrate(
    searcher: Searcher, questions: Sequence[Question], unanswerable: Sequence[Question], key: str
) -> Calibration:
    """Return the calibration of an index, fitted on judged questions and some that it has no answer to."""
    searcher = replace(searcher, encoder=KeepingEncoder(searcher.encoder))
    modes = {mode: _fit(_sample(searcher, questions, unanswerable, mode)) for mode in Mode}
    return Calibration(key, len(questions), len(unanswerable), modes)


def _sample(searcher: Searcher, questions: Sequence[Question], unanswerable: Sequence[Question], mode: Mode) -> _Sample:
    options = SearchOptions(k=_PASSAGES, mode=mode, highlight=False)
    asked: list[Question] = []
    found: list[Found] = []
    for question in (*questions, *unanswerable):
        # What the service would refuse says nothing of scores.
        with suppress(QuestionError):
            found += searcher.find_many([check_question(question.text)], options)
            asked.append(question)
    right = np.full((len(asked), _PASSAGES), np.nan)
    scores = np.full((len(asked), _PASSAGES), np.nan)
    for place, (question, one) in enumerate(zip(asked, found, strict=True)):
        hits = hits_of(question, returned_by(searcher.answer(one, options).results))
        right[place, : len(hits)] = [hit.grade == ANSWERS for hit in hits]
        scores[place, : len(hits)] = one.scores[: len(hits)]
    return _Sample(
        offsets=np.array([one.offset for one in found], dtype=np.float64),
        signals=signal_values([one.ranking.signals for one in found]),
        answerable=np.array([bool(question.judgements) for question in asked], dtype=np.float64),
        scores=scores,
        right=right,
    )


def _fit(sample: _Sample) -> ModeCalibration:
    """Return the models of one mode; what they are tried on, they were not fitted on."""
    unseen = np.empty(len(sample.answerable))
    for held in _folds(sample.answerable):
        rest = np.setdiff1d(np.arange(len(unseen)), held)
        unseen[held] = _logits(_question_model(sample, rest), sample, held)
    slope, shift = logistic_regression(unseen[:, np.newaxis], sample.answerable, _LIGHT_PENALTY)
    if slope < 0:
        # Worse than chance on questions that it has not seen: then it says nothing, rather than the opposite.
        share = float(sample.answerable.mean())
        slope, shift = 0.0, float(np.log(share / (1 - share)))
    question = replace(_question_model(sample, np.arange(len(unseen))), slope=float(slope), shift=float(shift))
    logits = slope * unseen + shift
    of_answerable = sigmoid(logits[sample.answerable == 1])
    # The lower one: between two, fewer than that share would reach it.
    threshold = float(np.quantile(of_answerable, 1 - RECALL, method="lower"))
    everything = np.arange(len(logits))
    return ModeCalibration(
        question, _passage_model(sample, logits, everything), threshold, _evidence(sample, logits, threshold)
    )


def _evidence(sample: _Sample, logits: NDArray[np.float64], threshold: float) -> Evidence:
    """Return how good the models are by cross-validation, given logits that are by cross-validation."""
    first = np.zeros(len(logits))
    for held in _folds(sample.answerable):
        model = _passage_model(sample, logits, np.setdiff1d(np.arange(len(logits)), held))
        for place in held[~np.isnan(sample.scores[held, 0])].tolist():
            (logit,) = model.logits(sample.scores[place, :1], float(logits[place]))
            first[place] = sigmoid(logit)
    answerable = sample.answerable == 1
    right = np.nan_to_num(sample.right[:, 0])
    return Evidence(
        auroc=float(auroc(logits[answerable], logits[~answerable])),
        false_answers=float((sigmoid(logits[~answerable]) >= threshold).mean()),
        calibration_error=calibration_error(calibration(first, right)),
        brier=float(brier(first, right)),
        base_brier=base_brier(right),
    )


def _folds(answerable: _Right) -> list[NDArray[np.int64]]:
    """Return the places of questions in ten parts of about as many with an answer each."""
    random = np.random.default_rng(_SEED)
    folds: list[list[int]] = [[] for _ in range(_FOLDS)]
    for value in (0.0, 1.0):
        for number, place in enumerate(random.permutation(np.flatnonzero(answerable == value)).tolist()):
            folds[number % _FOLDS].append(place)
    return [np.sort(np.array(fold, dtype=np.int64)) for fold in folds]


def _question_model(sample: _Sample, learned: NDArray[np.int64]) -> QuestionModel:
    means, deviations = sample.signals[learned].mean(axis=0), sample.signals[learned].std(axis=0)
    model = QuestionModel(
        vector_weights=(),
        signal_means=tuple(means.tolist()),
        signal_deviations=tuple(deviations.tolist()),
        signal_weights=(),
        bias=0.0,
        slope=1.0,
        shift=0.0,
    )
    weights = logistic_regression(_inputs(model, sample, learned), sample.answerable[learned], _PENALTY)
    d = sample.offsets.shape[1]
    return replace(
        model,
        vector_weights=tuple(weights[:d].tolist()),
        signal_weights=tuple(weights[d:-1].tolist()),
        bias=float(weights[-1]),
    )


def _inputs(model: QuestionModel, sample: _Sample, places: NDArray[np.int64]) -> NDArray[np.float64]:
    signals = standard_signals(sample.signals[places], model.signal_means, model.signal_deviations)
    return np.hstack([sample.offsets[places] * VECTOR_SCALE, signals])


def _logits(model: QuestionModel, sample: _Sample, places: NDArray[np.int64]) -> NDArray[np.float64]:
    weights = np.array([*model.vector_weights, *model.signal_weights])
    return np.asarray(_inputs(model, sample, places) @ weights + model.bias)


def _passage_model(sample: _Sample, logits: NDArray[np.float64], learned: NDArray[np.int64]) -> PassageModel:
    known = ~np.isnan(sample.right)
    known[np.setdiff1d(np.arange(len(known)), learned)] = False
    questions, places = np.nonzero(known)
    inputs = np.column_stack(
        [sample.scores[questions, places], logits[questions], np.log(places + 1), (places == 0).astype(np.float64)]
    )
    score, question, log_rank, first, bias = logistic_regression(
        inputs, sample.right[questions, places], _LIGHT_PENALTY
    ).tolist()
    return PassageModel(score, question, log_rank, first, bias)


def logistic_regression(inputs: NDArray[np.float64], right: _Right, penalty: float) -> NDArray[np.float64]:
    """Return the weights of a logistic regression, the bias last, by Newton's method.

    Minimises the negative log-likelihood plus penalty / 2 times the squared length of the weights,
    without the bias (Hastie, Tibshirani and Friedman, "The Elements of Statistical Learning", 4.4).

    Args:
        inputs: shape (n, m).
        right: 0 or 1 each, shape (n,).
        penalty: above 0.
    """
    design = np.hstack([inputs, np.ones((len(inputs), 1))])
    ridge = np.full(design.shape[1], penalty)
    # Enough to keep the bias finite where all are right.
    ridge[-1] = _ENOUGH
    weights = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        given = sigmoid(design @ weights)
        gradient = design.T @ (given - right) + ridge * weights
        curvature = (design * (given * (1 - given))[:, np.newaxis]).T @ design + np.diag(ridge)
        step = np.linalg.solve(curvature, gradient)
        weights = weights - step
        if float(np.abs(step).max()) < _ENOUGH:
            break
    return weights
