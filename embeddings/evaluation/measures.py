"""Measure rankings by the measures of ir-measures, question by question."""

from collections.abc import Mapping, Sequence

import ir_measures
from ir_measures import AP, RR, Judged, Measure, Qrel, R, ScoredDoc, Success, nDCG

MEASURES: tuple[Measure, ...] = (
    nDCG @ 10,
    RR @ 10,
    R @ 1,
    R @ 5,
    R @ 10,
    AP,
    Success @ 1,
    Success @ 5,
    Success @ 10,
)
# Of the first 5 and 10 things found, or of all where fewer were found, the share that was read. What
# nobody has read counts as wrong in the other measures.
COVERAGE: tuple[Measure, ...] = (Judged @ 5, Judged @ 10)
MAIN_MEASURE = str(MEASURES[0])

Grades = Mapping[str, int]


def measure(
    grades: Mapping[str, Grades], rankings: Mapping[str, Sequence[str]], measures: Sequence[Measure] = MEASURES
) -> dict[str, dict[str, float]]:
    """Return for each question the value of each measure by its name.

    Something is right where its grade is 1 or more. nDCG@10 sums grade / log2(rank + 1) over the first
    10 places, and divides by the same sum over the 10 best grades that were given, best first (as
    trec_eval does it; Järvelin and Kekäläinen, "Cumulated Gain-Based Evaluation of IR Techniques",
    2002, leave the second place undiscounted). AP is divided by all that is right, found or not.

    Args:
        grades: for each question the grade of whatever was judged, by name.
        rankings: for each question what was found, best first, each once; one that has none counts as 0.
        measures: to take.
    """
    qrels = [Qrel(id_, name, grade) for id_, judged in grades.items() for name, grade in judged.items()]
    # Strictly falling, so that nothing is left to how ties are broken: what is measured is the order served.
    run = [
        ScoredDoc(id_, name, float(score))
        for id_ in grades
        for name, score in zip(rankings.get(id_, ()), falling_scores(len(rankings.get(id_, ()))), strict=True)
    ]
    values = {id_: {str(one): 0.0 for one in measures} for id_ in grades}
    for found in ir_measures.iter_calc(list(measures), qrels, run):
        values[found.query_id][str(found.measure)] = float(found.value)
    return values


def falling_scores(count: int) -> range:
    """Return scores for so many places, best first: whole numbers from `count` down to 1."""
    return range(count, 0, -1)
