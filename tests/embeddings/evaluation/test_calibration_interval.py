"""The interval of a calibration error holds what it says, and stands only where there is enough."""

import numpy as np

from embeddings.evaluation.answerability import (
    BINS,
    calibration,
    calibration_error,
)
from embeddings.evaluation.calibration_interval import calibration_interval
from embeddings.evaluation.significance import Values


def drawn(count: int, shift: float) -> tuple[Values, Values]:
    """Return probabilities, and whether they were right in a share of cases that lies so much lower."""
    random = np.random.default_rng(5)
    scores = random.uniform(0.3, 0.7, count)
    return scores, (random.random(count) < scores - shift).astype(np.float64)


def test_the_interval_of_a_calibration_error() -> None:
    for shift in (0.0, 0.25):
        scores, right = drawn(400, shift)
        interval = calibration_interval(scores, right, BINS)
        error = calibration_error(calibration(scores, right))
        assert interval is not None
        # What is calibrated may have no error at all; what is not, has one.
        assert (interval.low == 0) is (shift == 0)
        assert interval.low <= shift <= interval.high
        assert interval.low <= error <= interval.high
        assert interval == calibration_interval(scores, right, BINS)


def test_a_calibration_error_of_few_questions_has_no_interval() -> None:
    scores, right = drawn(2 * BINS, 0.0)
    assert calibration_interval(scores, right, BINS) is not None
    assert calibration_interval(scores[1:], right[1:], BINS) is None
