"""Compare two systems on the questions that both were asked."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from embeddings.errors import QuestionSetError
from embeddings.evaluation.measures import MAIN_MEASURE
from embeddings.evaluation.results import Comparison, Cut, Difference, Outcome, Pair, Results, SliceDifference
from embeddings.evaluation.significance import Values, estimates, holm, randomisation_p
from embeddings.evaluation.slices import sliced

# The p below which a difference is not taken for chance.
SIGNIFICANT = 0.05
# Of fewer, even one that lost all has a p of 2 / 2^5 = 0.06: the test could never fail.
LEAST_QUESTIONS = 6
_NAMED = 5
# Differences below this come from the rounding of floats.
_EQUAL = 1e-9


def compare(first: Results, second: Results, measure: str = MAIN_MEASURE) -> Comparison:
    """Return what the second system answers better and worse than the first.

    Args:
        first: the results to start from.
        second: on the same questions with the same judgements; questions of only one are left aside.
        measure: by which slices and single questions are compared.

    Raises:
        QuestionSetError: no question with an answer is common to both, common ones were judged
            otherwise, or the measure is unknown.
    """
    pairs = common(first.outcomes, second.outcomes)
    alone = {outcome.id for outcome in first.outcomes} ^ {outcome.id for outcome in second.outcomes}
    # A measure by answer may be one of both, but of no question that both were asked.
    names = [name for name in first.measures if _having(pairs, name)]
    if measure not in names:
        raise QuestionSetError(f"not both were measured by {measure}; there are: {', '.join(names)}")
    having = _having(pairs, measure)
    differences = _differences(having, measure).tolist()
    changed = [Pair(*pair, difference) for pair, difference in zip(having, differences, strict=True)]
    changed.sort(key=lambda pair: (-abs(pair.difference), pair.first.id))
    return Comparison(
        first=first,
        second=second,
        measure=measure,
        questions=len(pairs),
        differences={name: _difference(pairs, name) for name in names},
        slices=_slices(having, measure),
        won=tuple(pair for pair in changed if pair.difference > 0),
        lost=tuple(pair for pair in changed if pair.difference < 0),
        alone=tuple(sorted(alone)),
    )


def check_enough(questions: int) -> None:
    """See that there are enough questions for a difference to be told from chance.

    Raises:
        QuestionSetError: there are fewer than `LEAST_QUESTIONS`.
    """
    if questions < LEAST_QUESTIONS:
        raise QuestionSetError(
            f"{questions} questions in common cannot show p < {SIGNIFICANT}, at least {LEAST_QUESTIONS} can; "
            "add questions, or set a bound with --fail-if"
        )


def is_worse(comparison: Comparison) -> bool:
    """Return whether the second system is worse by the measure compared, and not by chance.

    Raises:
        QuestionSetError: there are fewer questions than `LEAST_QUESTIONS`.
    """
    check_enough(comparison.questions)
    found = comparison.differences[comparison.measure]
    return found.difference.value < 0 and found.p is not None and found.p < SIGNIFICANT


Common = list[tuple[Outcome, Outcome]]


def common(first: Sequence[Outcome], second: Sequence[Outcome]) -> Common:
    """Return the questions that both were asked and that have an answer, after seeing that they are the same.

    Raises:
        QuestionSetError: there are none, or some were judged otherwise.
    """
    others = {outcome.id: outcome for outcome in second}
    asked = [(one, others[one.id]) for one in first if one.id in others]
    # One that only one side knows an answer to was judged otherwise.
    pairs = [(one, other) for one, other in asked if one.is_answerable or other.is_answerable]
    if not pairs:
        raise QuestionSetError(
            "both have no question in common that has an answer; compare results of one question set"
        )
    differing = [one.id for one, other in pairs if (one.text, set(one.wanted)) != (other.text, set(other.wanted))]
    if differing:
        raise QuestionSetError(
            f"{len(differing)} questions have another text or other judgements in both (the first: "
            f"{', '.join(differing[:_NAMED])}); evaluate both anew with one question set"
        )
    return pairs


def _having(pairs: Common, measure: str) -> Common:
    """Return those questions that have the measure on both sides."""
    return [(one, other) for one, other in pairs if measure in one.values and measure in other.values]


def _differences(having: Common, measure: str) -> Values:
    """Return how much each value is higher in the second, 0 where only rounding makes a difference."""
    differences = np.array([other.values[measure] - one.values[measure] for one, other in having], dtype=np.float64)
    return np.where(np.abs(differences) < _EQUAL, 0.0, differences)


def _difference(pairs: Common, measure: str) -> Difference:
    having = _having(pairs, measure)
    first, second = np.array([(one.values[measure], other.values[measure]) for one, other in having]).T
    differences = _differences(having, measure)
    (difference,) = estimates(differences[np.newaxis])
    return Difference(float(first.mean()), float(second.mean()), difference, randomisation_p(differences))


def _slices(having: Common, measure: str) -> tuple[SliceDifference, ...]:
    """Return the differences of each slice, as the first sorts its questions; p is adjusted among those of one cut."""
    pair_of = {one.id: (one, other) for one, other in having}
    found = [
        SliceDifference(cut, name, len(members), _difference([pair_of[member.id] for member in members], measure))
        for (cut, name), members in sliced([one for one, _ in having]).items()
    ]
    return tuple(one for cut in Cut for one in _adjusted([each for each in found if each.cut is cut]))


def _adjusted(found: Sequence[SliceDifference]) -> list[SliceDifference]:
    p_values = holm([one.difference.p for one in found])
    return [replace(one, difference=replace(one.difference, p=p)) for one, p in zip(found, p_values, strict=True)]
