"""Sort questions into slices, and measure each."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from embeddings.evaluation.results import BY_ANSWER, Cut, Estimate, Outcome, Slice
from embeddings.evaluation.significance import estimates

# The most characters of each slice but the last; a quarter of our questions have up to 27, a half
# up to 33, a tenth more than 100. Each with as many digits, so that their names sort by length.
_LENGTHS = (20, 40, 80)
# Of fewer questions about an article nothing can be said.
_FEWEST_OF_ARTICLE = 5


def measure_all(outcomes: Sequence[Outcome]) -> dict[str, Estimate]:
    """Return each measure over the answerable questions that have it."""
    found: dict[str, Estimate] = {}
    # Questions without a quote have no measure by answer.
    for names in _measure_names(outcomes):
        having = [outcome for outcome in outcomes if names[0] in outcome.values]
        values = np.array([[outcome.values[name] for outcome in having] for name in names])
        found.update(zip(names, estimates(values), strict=True))
    return found


def measure_slices(outcomes: Sequence[Outcome]) -> tuple[Slice, ...]:
    """Return the measures of each slice."""
    return tuple(
        Slice(cut, name, len(members), measure_all(members)) for (cut, name), members in sliced(outcomes).items()
    )


def sliced(outcomes: Sequence[Outcome]) -> dict[tuple[Cut, str], list[Outcome]]:
    """Return the answerable questions of each slice, the slices in the order of their cuts and names."""
    members: dict[tuple[Cut, str], list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.is_answerable:
            for place in _slices_of(outcome):
                members.setdefault(place, []).append(outcome)
    cuts = list(Cut)
    return {
        (cut, name): members[cut, name]
        for cut, name in sorted(members, key=lambda one: (cuts.index(one[0]), one[1]))
        if cut is not Cut.ARTICLE or len(members[cut, name]) >= _FEWEST_OF_ARTICLE
    }


def _slices_of(outcome: Outcome) -> Iterator[tuple[Cut, str]]:
    if outcome.kind is not None:
        yield Cut.KIND, outcome.kind
    if outcome.must_find:
        yield Cut.MUST_FIND, "must find"
    place = sum(len(outcome.text) > most for most in _LENGTHS)
    yield Cut.LENGTH, _LENGTH_NAMES[place]
    best = max(wanted.grade for wanted in outcome.wanted)
    for article in {one.article for one in outcome.wanted if one.grade == best and one.article is not None}:
        yield Cut.ARTICLE, article


def _length_names() -> tuple[str, ...]:
    least = (1, *(most + 1 for most in _LENGTHS))
    shorter = (f"{low} to {high} characters" for low, high in zip(least, _LENGTHS, strict=False))
    return (*shorter, f"{least[-1]} characters and more")


_LENGTH_NAMES = _length_names()


def _measure_names(outcomes: Sequence[Outcome]) -> list[list[str]]:
    """Return the names of the measures by section and of those by answer, where there are any."""
    names: Mapping[str, None] = dict.fromkeys(name for outcome in outcomes for name in outcome.values)
    by_section = [name for name in names if not name.endswith(BY_ANSWER)]
    by_answer = [name for name in names if name.endswith(BY_ANSWER)]
    return [some for some in (by_section, by_answer) if some]
