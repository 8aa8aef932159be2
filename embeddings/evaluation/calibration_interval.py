"""Tell how sure an expected calibration error is."""

import numpy as np

from embeddings.evaluation.results import Interval
from embeddings.evaluation.significance import CONFIDENCE, Values

_RESAMPLES = 2_000
_SEED = 20_261_122
# Fewer questions than this a bin say nothing of how they vary.
_LEAST_PER_BIN = 2


def calibration_interval(scores: Values, right: Values, bins: int) -> Interval | None:
    """Return an interval for the expected calibration error; None for fewer than two questions a bin.

    The plain bootstrap does not hold what it says: a resample is calibrated worse than its sample. So its
    excess is taken off twice (the basic bootstrap: Davison and Hinkley, "Bootstrap Methods and Their
    Application", 5.2), and the low end is 0 where calibrated scores, too, would show as much in one of
    forty draws. In simulations with 100 to 430 questions it held the truth 93 to 98 times in 100 for errors up
    to 0.035, and 80 to 93 times for greater ones.
    """
    if len(scores) < _LEAST_PER_BIN * bins:
        return None
    random = np.random.default_rng(_SEED)
    found = float(_errors(scores[np.newaxis], right[np.newaxis], bins)[0])
    places = random.integers(0, len(scores), (_RESAMPLES, len(scores)))
    resampled = _errors(scores[places], right[places], bins)
    low, high = np.quantile(resampled, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]).tolist()
    drawn = (random.random((_RESAMPLES, len(scores))) < scores).astype(np.float64)
    by_chance = float(np.quantile(_errors(np.broadcast_to(scores, drawn.shape), drawn, bins), (1 + CONFIDENCE) / 2))
    return Interval(0.0 if found <= by_chance else max(0.0, 2 * found - high), max(found, 2 * found - low))


def _errors(scores: Values, right: Values, bins: int) -> Values:
    """Return the error of each row: scores and whether they were right, both of shape (rows, questions)."""
    order = np.argsort(scores, axis=1, kind="stable")
    gaps = np.take_along_axis(scores, order, axis=1) - np.take_along_axis(right, order, axis=1)
    return np.asarray(sum(np.abs(part.sum(axis=1)) for part in np.array_split(gaps, bins, axis=1)) / scores.shape[1])
