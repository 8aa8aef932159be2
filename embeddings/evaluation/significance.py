"""Tell how sure a mean is, and whether a difference may be chance."""

import warnings
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from embeddings.evaluation.results import Estimate, Interval

Values = NDArray[np.float64]
# Vectorised: takes samples along `axis`.
Statistic = Callable[..., Values]

CONFIDENCE = 0.95
_RESAMPLES = 9_999
# Resamples drawn at a time; bounds memory to some tens of MB for thousands of questions.
_BATCH = 100
# The same numbers for the same answers, every time.
_SEED = 20_261_122
_FEWEST = 2
# The correction counts the resamples that are equal to what was measured; further decimals differ by
# the order in which floats are added, and so would it: the low end of 40 questions moved by 1 %.
_DECIMALS = 12


def estimates(values: Values) -> list[Estimate]:
    """Return the mean of each row with its 95 % bootstrap interval over the columns.

    The interval is the bias-corrected and accelerated one (Efron, "Better Bootstrap Confidence
    Intervals", 1987); all rows are resampled alike. A row whose values are all equal has none:
    nothing is known of how they vary.

    Args:
        values: of shape (measures, questions).
    """
    means = values.mean(axis=1)
    if values.shape[1] < _FEWEST:
        return [Estimate(float(mean)) for mean in means]
    varied = np.flatnonzero(np.ptp(values, axis=1))
    intervals: dict[int, Interval] = {}
    if len(varied):
        low, high = _bootstrap((values[varied],), np.mean)
        intervals = {
            int(row): Interval(float(a), float(b)) for row, a, b in zip(varied, low, high, strict=True) if a < b
        }
    return [Estimate(float(mean), intervals.get(row)) for row, mean in enumerate(means)]


def estimate(samples: Sequence[Values], statistic: Statistic, paired: bool = False) -> Estimate:
    """Return a statistic of one or more samples with its 95 % bootstrap interval.

    Where all resamples give the same, as two samples without overlap do, there is none.

    Args:
        samples: each of shape (n,); of one length where they are paired.
        statistic: called with the samples and `axis`.
        paired: resample the same places of all samples.
    """
    value = float(statistic(*samples, axis=-1))
    if min(len(sample) for sample in samples) < _FEWEST:
        return Estimate(value)
    low, high = _bootstrap(samples, statistic, paired)
    return Estimate(value, Interval(float(low), float(high)) if low < high else None)


def _bootstrap(samples: Sequence[Values], statistic: Statistic, paired: bool = False) -> tuple[Values, Values]:
    def rounded(*resampled: Values, axis: int) -> Values:
        return np.round(statistic(*resampled, axis=axis), _DECIMALS)

    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        found = stats.bootstrap(
            tuple(samples),
            rounded,
            axis=-1,
            vectorized=True,
            paired=paired,
            n_resamples=_RESAMPLES,
            batch=_BATCH,
            confidence_level=CONFIDENCE,
            rng=np.random.default_rng(_SEED),
        )
    # The correction has no value where no resample lies on one side of what was measured.
    tails = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)
    ends = (found.confidence_interval.low, found.confidence_interval.high)
    low, high = (
        np.where(np.isnan(end), np.quantile(found.bootstrap_distribution, tail, axis=-1), end)
        for end, tail in zip(ends, tails, strict=True)
    )
    return low, high


def randomisation_p(differences: Values) -> float | None:
    """Return the two-sided p of the paired randomisation test; None for fewer than two questions.

    It is twice the share of changes of sign that give a mean at least as far to its side of 0, at
    most 1 (Fisher's randomisation test, as recommended by Smucker, Allan and Carterette, "A Comparison
    of Statistical Significance Tests for Information Retrieval Evaluation", CIKM 2007). All changes
    are tried for up to 13 questions, else random ones; to these that of no sign is added, so that p
    is never 0 (Phipson and Smyth, "Permutation P-Values Should Never Be Zero", 2010).

    Args:
        differences: of the second system's values to the first's, of shape (questions,).
    """
    if len(differences) < _FEWEST:
        return None
    if not differences.any():
        return 1.0
    found = stats.permutation_test(
        (differences,),
        np.mean,
        permutation_type="samples",
        vectorized=True,
        axis=-1,
        n_resamples=_RESAMPLES,
        batch=_BATCH,
        rng=np.random.default_rng(_SEED),
    )
    return float(found.pvalue)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return the p values adjusted for being many; None stays None and does not count.

    The i-th smallest of m becomes the largest of (m - j + 1) times the j-th smallest for j up to i,
    at most 1 (Holm, "A Simple Sequentially Rejective Multiple Test Procedure", 1979).
    """
    places = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, place) in enumerate(places):
        largest = max(largest, min(1.0, (len(places) - rank) * p))
        adjusted[place] = largest
    return adjusted


def auroc(answerable: Values, unanswerable: Values, axis: int = -1) -> Values:
    """Return how often an answerable question scores above an unanswerable one, ties counting half.

    It is the area under the ROC curve, by way of the Mann-Whitney U.
    """
    statistic = stats.mannwhitneyu(answerable, unanswerable, axis=axis, method="asymptotic").statistic
    return np.asarray(statistic / (answerable.shape[axis] * unanswerable.shape[axis]))
