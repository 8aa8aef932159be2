"""Agreement of two judges, by hand."""

import pytest

from embeddings.errors import QuestionSetError
from embeddings.evaluation.agreement import cohen_kappa, steps_apart

# Both say 0 fifteen times, both say 2 twice; the first says 1 twice where the second says 0, and 2 where it says 0.
PAIRS = [*[(0, 0)] * 15, *[(2, 2)] * 2, *[(1, 0)] * 2, (2, 0)]


def test_equal_judges_agree_fully() -> None:
    assert cohen_kappa([(0, 0), (2, 2), (1, 1)]) == 1.0


def test_independent_judges_agree_by_chance_only() -> None:
    assert cohen_kappa([(0, 0), (0, 1), (1, 0), (1, 1)]) == pytest.approx(0.0)


def test_kappa_by_hand() -> None:
    by_chance = (15 * 18 + 2 * 0 + 3 * 2) / 20**2
    assert cohen_kappa(PAIRS) == pytest.approx((17 / 20 - by_chance) / (1 - by_chance))


def test_steps_weigh_by_hand() -> None:
    observed = (2 * 1 + 1 * 2) / 20
    # The first gives 0, 1, 2 to 15, 2, 3 things, the second to 18, 0, 2.
    expected = (15 * 2 * 2 + 2 * 18 * 1 + 2 * 2 * 1 + 3 * 18 * 2) / 20**2
    assert cohen_kappa(PAIRS, steps_apart) == pytest.approx(1 - observed / expected)


@pytest.mark.parametrize("pairs", [[], [(1, 1), (1, 1)]])
def test_nothing_to_agree_on(pairs: list[tuple[int, int]]) -> None:
    with pytest.raises(QuestionSetError, match=f"{len(pairs)} pairs of grades do not differ in anything"):
        cohen_kappa(pairs)
