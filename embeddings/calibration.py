"""Turn what a ranking says into probabilities: that the index holds an answer, that a passage is one."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pydantic import TypeAdapter, ValidationError

from embeddings.errors import REBUILD_HINT, SnapshotError
from embeddings.fusion import Scores
from embeddings.ranker import Signals, signal_values
from embeddings.records import FloatArray, Mode
from embeddings.tuning import Fusion, Reranking, Tuning

# Of the questions that have an answer, the share that must be told to have one.
RECALL = 0.95
# What makes a question's place and the five signals weigh about alike in a penalised fit. AUROC on dev in
# ten-fold cross-validation, vector and signals: 8 and 0.6: .971; 10 and 0.6: .971; 15 and 0.3: .969; 15 and 1: .971;
# 40 and 1: .969; the vector alone .954, the signals alone about .7.
VECTOR_SCALE, SIGNAL_SCALE = 10.0, 0.5
_MOST_DEVIATIONS = 3.0


class Reading(NamedTuple):
    """Say how a score is read where nothing is calibrated: the logit is slope times score plus shift."""

    slope: float
    shift: float


# Without questions nothing is known of a corpus: a ranking's score is then read as on our dev questions, each way
# of ranking as it scores. There the calibration error of first results is 0.03 (dense), 0.06 (lexical), 0.07 (both,
# with and without reranking) and 0.16 (reciprocal ranks); elsewhere nobody knows, and `calibrated` is false.
# `benchmarks/plain_scores.py` prints the numbers.
_DENSE, _LEXICAL = Reading(1.500, -6.60), Reading(0.288, -2.84)
_SUMMED, _BY_RANKS = Reading(0.670, -3.57), Reading(119.5, -4.43)
# Of a reranked ranking the score holds the reranker's score times its weight, about so much of which all have.
_RERANKED, _USUAL_RERANK = Reading(0.540, -3.83), 0.45


def reading_of(mode: Mode, tuning: Tuning) -> Reading:
    """Return how the scores of a way of ranking are read where nothing is calibrated."""
    if mode is not Mode.HYBRID:
        return _DENSE if mode is Mode.DENSE else _LEXICAL
    if tuning.reranking is not Reranking.NONE:
        slope, shift = _RERANKED
        return Reading(slope, shift - slope * tuning.rerank_weight * _USUAL_RERANK)
    return _BY_RANKS if tuning.fusion is Fusion.RECIPROCAL_RANK else _SUMMED


@dataclass(frozen=True, slots=True)
class QuestionModel:
    """Hold a logistic model of whether a question has an answer.

    Its inputs are the question's vector around the mean of questions, shape (d,), and the ranking's
    signals; `slope` and `shift` bring its logit, which was fitted on the same questions, to what it
    is for questions that were not.
    """

    vector_weights: tuple[float, ...]
    signal_means: tuple[float, ...]
    signal_deviations: tuple[float, ...]
    signal_weights: tuple[float, ...]
    bias: float
    slope: float
    shift: float

    def logit(self, offset: FloatArray, signals: Signals) -> float:
        """Return the logit of the probability that there is an answer.

        Args:
            offset: the question's unit vector less the mean of questions, shape (d,).
            signals: of its ranking.
        """
        (values,) = standard_signals(signal_values([signals]), self.signal_means, self.signal_deviations)
        own = float(offset.astype(np.float64) @ np.array(self.vector_weights)) * VECTOR_SCALE
        return self.slope * (own + float(values @ np.array(self.signal_weights)) + self.bias) + self.shift


@dataclass(frozen=True, slots=True)
class PassageModel:
    """Hold a logistic model of whether a passage answers, by its score, its place and the question's logit."""

    score: float
    question: float
    log_rank: float
    first: float
    bias: float

    def logits(self, scores: Scores, question: float) -> Scores:
        """Return the logit of each passage, best first; it never rises."""
        ranks = np.arange(1, len(scores) + 1)
        logits = self.score * scores + self.log_rank * np.log(ranks) + self.first * (ranks == 1)
        return np.minimum.accumulate(logits + self.question * question + self.bias) if len(scores) else logits


@dataclass(frozen=True, slots=True)
class Evidence:
    """Hold how good models of this kind were on questions that they were not fitted on.

    `auroc` is how often an answerable question is given a higher probability than an unanswerable
    one; `false_answers` the share of the unanswerable that reach the threshold; `calibration_error`
    and `brier` are those of the first passage's probability, `base_brier` that of one probability for all.
    """

    auroc: float
    false_answers: float
    calibration_error: float
    brier: float
    base_brier: float


@dataclass(frozen=True, slots=True)
class ModeCalibration:
    """Hold the models of one mode of search, and the probability from which a question counts as answerable."""

    question: QuestionModel
    passage: PassageModel
    threshold: float
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Calibration:
    """Hold what was fitted for one encoder and one tuning, identified by `key`; it holds for nothing else."""

    key: str
    questions: int
    unanswerable: int
    modes: dict[Mode, ModeCalibration] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """Return a sentence on how good the calibration of the hybrid mode is."""
        found = self.modes[Mode.HYBRID].evidence
        return (
            f"calibrated on {self.questions} questions with and {self.unanswerable} without an answer; by "
            f"cross-validation: AUROC {found.auroc:.3f}, {found.false_answers:.0%} of those without told to have one "
            f"where {RECALL:.0%} of those with are, calibration error {found.calibration_error:.3f}, Brier score "
            f"{found.brier:.3f} (base rate: {found.base_brier:.3f})"
        )

    def to_json(self) -> str:
        """Return the calibration as JSON text."""
        return json.dumps(_CALIBRATION.dump_python(self, mode="json"), indent=1) + "\n"


_CALIBRATION = TypeAdapter(Calibration)


def load_calibration(path: Path, key: str) -> Calibration:
    """Read what `Calibration.to_json` wrote.

    Args:
        path: of the file.
        key: of the encoder and the tuning that it is to be used with.

    Raises:
        SnapshotError: the file cannot be read, or was fitted for another encoder or tuning.
    """
    try:
        found = _CALIBRATION.validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError, ValueError) as error:
        raise SnapshotError(f"{path} holds no calibration that can be read; {REBUILD_HINT}") from error
    if found.modes.keys() != set(Mode):
        raise SnapshotError(f"{path} holds no calibration of every mode; {REBUILD_HINT}")
    if found.key != key:
        raise SnapshotError(
            f"{path} was fitted for another encoder, other articles or another tuning ({found.key}, here {key}): its "
            f"probabilities would be wrong; {REBUILD_HINT}, naming the questions by --questions"
        )
    return found


@dataclass(frozen=True, slots=True)
class Judged:
    """Hold what a ranking is worth: a score in [0, 1] for each passage, and whether there is an answer."""

    scores: Scores
    probability: float | None


def judge(calibration: ModeCalibration, scores: Scores, signals: Signals, offset: FloatArray) -> Judged:
    """Return the probabilities that passages answer, and that there is an answer at all.

    Args:
        calibration: of the mode.
        scores: that ranked the passages, best first.
        signals: of their ranking.
        offset: the question's unit vector less the mean of questions, shape (d,).
    """
    logit = calibration.question.logit(offset, signals)
    probability = float(sigmoid(np.array([logit]))[0]) if len(scores) else 0.0
    return Judged(sigmoid(calibration.passage.logits(scores, logit)), probability)


def judge_plainly(reading: Reading, scores: Scores) -> Judged:
    """Return scores from 0 to 1 that are good for ordering, where nothing is calibrated."""
    return Judged(sigmoid(reading.slope * scores + reading.shift), None)


def standard_signals(values: Scores, means: tuple[float, ...], deviations: tuple[float, ...]) -> Scores:
    """Return signals, shape (n, 5), as so many deviations above their means, scaled; 0 where they do not differ.

    What lies further off than any question of a fit is cut off: of a question of one rare word, BM25 a
    term lies 20 deviations above the mean, and says no more than 3.
    """
    wide = np.array(deviations)
    standard = np.where(wide > 0, (values - np.array(means)) / np.where(wide > 0, wide, 1), 0)
    return np.asarray(SIGNAL_SCALE * np.clip(standard, -_MOST_DEVIATIONS, _MOST_DEVIATIONS))


def sigmoid(logits: Scores) -> Scores:
    """Return the probabilities of logits."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)))
