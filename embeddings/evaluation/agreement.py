"""Tell how well two judges agree."""

from collections import Counter
from collections.abc import Callable, Sequence

from embeddings.errors import QuestionSetError


def apart(first: int, second: int) -> float:
    """Weigh all differing grades alike."""
    return float(first != second)


def steps_apart(first: int, second: int) -> float:
    """Weigh differing grades by how far they are apart."""
    return float(abs(first - second))


def cohen_kappa(pairs: Sequence[tuple[int, int]], weight: Callable[[int, int], float] = apart) -> float:
    """Return Cohen's kappa of the grades that two judges gave the same things: 1 is equal, 0 is chance.

    It is 1 - (observed disagreement) / (disagreement expected by chance), where a disagreement is
    the mean weight of the pairs, and chance pairs any grade of the one with any of the other
    (Cohen, "A coefficient of agreement for nominal scales", 1960; weighted: 1968).

    Raises:
        QuestionSetError: there are no pairs, or both judges gave one grade only.
    """
    first = Counter(one for one, _ in pairs)
    second = Counter(other for _, other in pairs)
    expected = sum(weight(a, b) * first[a] * second[b] for a in first for b in second)
    if not expected:
        raise QuestionSetError(f"{len(pairs)} pairs of grades do not differ in anything; judge more, or other things")
    return 1.0 - len(pairs) * sum(weight(a, b) for a, b in pairs) / expected
