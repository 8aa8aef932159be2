"""Define what an evaluation found, as it is written, read, compared and reported."""

from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

# Raised where a file of an older version would be read wrongly.
RESULTS_VERSION = 1
# A measure's name with this behind it counts passages that hold a judged quote; without it,
# passages that lie in a judged section.
BY_ANSWER = " by answer"


class Interval(NamedTuple):
    """Hold the ends of a 95 % bootstrap interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """Hold a measure with its interval over questions.

    None where there is no valid one: fewer than two questions, values that are all equal, ECE.
    """

    value: float
    interval: Interval | None = None


class Cut(Enum):
    """By what questions are sorted into slices."""

    KIND = "kind"
    MUST_FIND = "must find"
    LENGTH = "length"
    ARTICLE = "article"


@dataclass(frozen=True, slots=True)
class Slice:
    """Hold the measures over those questions that have something in common."""

    cut: Cut
    name: str
    questions: int
    measures: dict[str, Estimate]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Hold a judgement: the section's name, its grade (2 answers, 1 helps, 0 was read in vain), the quote.

    `article` is the id of the section's article, None where whatever holds the quote is wanted.
    """

    section: str
    grade: int
    answer: str | None = None
    article: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """Hold a passage that was returned.

    `grade` is that of the judged section that it or a copy of it lies in, None where nobody judged
    it; `holds_answer` tells whether its own text holds a judged quote.
    """

    passage: str
    section: str
    score: float
    grade: int | None
    holds_answer: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold a question with what was wanted and what was returned, best first.

    `values` are its measures by name; an unanswerable question has none, and wants nothing.
    `probability` is what the system says of there being an answer, None where it says nothing.
    """

    id: str
    text: str
    kind: str | None
    must_find: bool
    is_answerable: bool
    wanted: tuple[Wanted, ...]
    values: dict[str, float]
    hits: tuple[Hit, ...]
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class ShownPassage:
    """Hold what a reader sees of a passage."""

    title: str
    headings: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Bin:
    """Hold some of the questions, sorted by the score of their first result.

    `score` is the mean of these scores, `right` the share whose first result has the question's best grade.
    """

    score: float
    right: float
    questions: int


@dataclass(frozen=True, slots=True)
class Answerability:
    """Tell how far a system shows whether there is an answer, and whether its first result is it.

    `measures` are Brier, the Brier score of always saying the base rate, and ECE over all questions;
    where unanswerable ones were asked, AUROC and FPR@95, too: the share of them whose probability of
    an answer (where the system gives none, whose first score) reaches `threshold`, which 95 % of the
    answerable ones reach. `kinds` has AUROC and FPR@95 for each kind
    of unanswerable question.
    """

    answerable: int
    unanswerable: int
    threshold: float | None
    measures: dict[str, Estimate]
    kinds: tuple[Slice, ...]
    calibration: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class System:
    """Name what answered.

    `place` is the index folder or the service's address, `settings` the hash of everything that its
    answers follow from but the mode, `depth` how many passages were fetched for a question.
    """

    place: str
    snapshot: str
    encoder: str
    passages: int
    settings: str
    mode: str
    depth: int


@dataclass(frozen=True, slots=True)
class Response:
    """Hold what a system returned for the question of this id.

    `sections` and `quotes` are what the passages were found to be right about, and what else took
    a place, best first; `quotes` is None where the texts are not known. `shown` are the texts of
    `hits`. `refused` is the reason where the system would not search for the question. `probability`
    is what the system says of there being an answer, None where it says nothing.
    """

    id: str
    sections: tuple[str, ...] = ()
    quotes: tuple[str, ...] | None = ()
    hits: tuple[Hit, ...] = ()
    shown: tuple[ShownPassage, ...] = ()
    refused: str | None = None
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """Hold what one system's answers to one question set are worth.

    `questions` names the files, `judgements_hash` identifies what was judged. `left_out` maps lines
    that could not be used to the reason, `refused` the ids of questions that the system would not
    search for, and which count as found nothing for. `quotes` counts the judged quotes,
    `cut_quotes` those of them that no passage of the index holds whole, None where that is not known.
    """

    version: int
    created: str
    system: System
    questions: tuple[str, ...]
    judgements_hash: str
    measures: dict[str, Estimate]
    slices: tuple[Slice, ...]
    answerability: Answerability | None
    outcomes: tuple[Outcome, ...]
    passages: dict[str, ShownPassage]
    left_out: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    quotes: int = 0
    cut_quotes: int | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """Hold a measure of two systems, and how much the second is above the first.

    `p` is that of the paired randomisation test, two-sided; among slices it is adjusted by Holm's
    method, None where fewer than two questions were measured.
    """

    first: float
    second: float
    difference: Estimate
    p: float | None


@dataclass(frozen=True, slots=True)
class SliceDifference:
    """Hold the differences over those questions that have something in common."""

    cut: Cut
    name: str
    questions: int
    difference: Difference


@dataclass(frozen=True, slots=True)
class Pair:
    """Hold the outcomes of one question, and how much its measure is higher in the second."""

    first: Outcome
    second: Outcome
    difference: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Hold what a change made of the answers to the same questions.

    `measure` is the one that slices and pairs are about. `won` has the questions that the second
    system answers better, best first; `lost` the others, worst first. `alone` are the ids that
    only one of both was asked.
    """

    first: Results
    second: Results
    measure: str
    questions: int
    differences: dict[str, Difference]
    slices: tuple[SliceDifference, ...]
    won: tuple[Pair, ...]
    lost: tuple[Pair, ...]
    alone: tuple[str, ...]
