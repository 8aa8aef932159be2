"""Choose the few numbers of a search on judged questions, and say how good the choice is on others."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from embeddings.evaluation.matching import ranked_names
from embeddings.evaluation.measures import MAIN_MEASURE, MEASURES, measure
from embeddings.evaluation.records import Question
from embeddings.evaluation.significance import Values, estimates
from embeddings.evaluation.systems import PASSAGES, returned_by
from embeddings.protocols import Encoder, Progress
from embeddings.records import EncoderInfo, FloatArray, RowArray, SearchOptions, TokenVectors
from embeddings.searcher import Searcher
from embeddings.tuning import Fusion, Reranking, Tried, Tuning, tuning_fields

FOLDS = 5
DENSE_WEIGHTS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
# What is tried of each number, one after the other, until none is better than the one that was chosen.
AXES: Mapping[str, tuple[object, ...]] = {
    "fusion": (Fusion.CONVEX, Fusion.RECIPROCAL_RANK),
    "dense_weight": DENSE_WEIGHTS,
    "reranking": (Reranking.LATE, Reranking.NONE),
    "rerank_weight": (4.0, 8.0, 11.0, 14.0, 17.0, 20.0, 28.0),
    # 100 gave .001 more on dev, and takes a millisecond more among 100,000 passages.
    "reranked": (20, 50),
    "added_weight": (0.0, 0.25, 0.5, 0.75, 1.0),
    "corrects": (True, False),
}
_SEED = 20_240_601

Sizes = tuple[tuple[int, int], ...]
# Puts together the search that a tuning describes.
Tuned = Callable[[Tuning], Searcher]


@dataclass(frozen=True, slots=True)
class Choice:
    """Hold what was chosen, what that is worth on questions it was not chosen on, and all that was tried."""

    tuning: Tuning
    cross_validated: Tried
    tried: tuple[Tried, ...]


class KeepingEncoder:
    """Encode each question once, however often it is asked."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._kept: dict[str, TokenVectors] = {}

    @property
    def info(self) -> EncoderInfo:
        """Return what the encoder is."""
        return self._encoder.info

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the length of each passage text in tokens."""
        return self._encoder.count_tokens(texts)

    def encode_queries(self, texts: Sequence[str], progress: Progress | None = None) -> FloatArray:
        """Return the vectors of questions."""
        return self._encoder.encode_queries(texts, progress)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> FloatArray:
        """Return the vectors of passages."""
        return self._encoder.encode_passages(texts, progress)

    def encode_queries_by_token(self, texts: Sequence[str], progress: Progress | None = None) -> list[TokenVectors]:
        """Return what the encoder makes of questions, from memory where it was asked before."""
        new = [text for text in dict.fromkeys(texts) if text not in self._kept]
        self._kept.update(zip(new, self._encoder.encode_queries_by_token(new, progress), strict=True))
        return [self._kept[text] for text in texts]

    def encode_passages_by_token(self, texts: Sequence[str], progress: Progress | None = None) -> list[TokenVectors]:
        """Return what the encoder makes of passages."""
        return self._encoder.encode_passages_by_token(texts, progress)


@dataclass(frozen=True, slots=True)
class TuningSearch:
    """Try tunings on questions; each only once.

    Args:
        tuned: gives the search of a tuning.
        questions: judged ones.
        sizes: targets and maxima of passages in tokens to try, beside the other numbers.
        progress: called with 1 for each tuning that was tried.
    """

    tuned: Tuned
    questions: tuple[Question, ...]
    sizes: Sizes
    progress: Progress
    _values: dict[Tuning, Values] = field(default_factory=dict)

    def choose(self, start: Tuning) -> Choice:
        """Return the best tuning that is found from a start, and how good such a choice is on other questions."""
        everything = np.arange(len(self.questions))
        best = self._chosen(start, everything)
        unseen = np.empty(len(everything))
        for held in _folds(len(everything)):
            unseen[held] = self.values(self._chosen(start, np.setdiff1d(everything, held)))[held]
        tried = sorted(self._values, key=lambda tuning: -float(self._values[tuning].mean()))
        return Choice(best, _tried(best, unseen), tuple(_tried(tuning, self._values[tuning]) for tuning in tried))

    def _chosen(self, start: Tuning, asked: RowArray) -> Tuning:
        """Return the tuning that questions at some places choose: no dearer than chance allows."""
        best = self._ascended(start, asked)
        same_size = replace(best, target_tokens=start.target_tokens, max_tokens=start.max_tokens)
        best = self._unless_by_chance(best, self._ascended(same_size, asked, sizes=()), asked)
        plain = replace(best, reranking=Reranking.NONE)
        tried = [replace(plain, dense_weight=weight) for weight in DENSE_WEIGHTS]
        return self._unless_by_chance(best, max(tried, key=lambda one: float(self.values(one)[asked].mean())), asked)

    def values(self, tuning: Tuning) -> Values:
        """Return the measure of each question."""
        if tuning not in self._values:
            self._values[tuning] = self._measured(tuning)
            self.progress(1)
        return self._values[tuning]

    def _measured(self, tuning: Tuning) -> Values:
        options = SearchOptions(k=PASSAGES, highlight=False)
        answers = self.tuned(tuning).search_many([question.text for question in self.questions], options)
        rankings = {
            question.id: ranked_names(question, returned_by(answer.results))
            for question, answer in zip(self.questions, answers, strict=True)
        }
        grades = {one.id: {wanted.name: wanted.grade for wanted in one.judgements} for one in self.questions}
        measured = measure(grades, rankings, MEASURES[:1])
        return np.array([measured[question.id][MAIN_MEASURE] for question in self.questions])

    def _ascended(self, start: Tuning, asked: RowArray, sizes: Sizes | None = None) -> Tuning:
        """Return a tuning that no change of one number makes better on the questions at these places."""
        best = start
        improved = True
        while improved:
            before = best
            for changed in _neighbours(best, self.sizes if sizes is None else sizes):
                if self.values(changed)[asked].mean() > self.values(best)[asked].mean():
                    best = changed
            improved = best != before
        return best

    def _unless_by_chance(self, better: Tuning, cheaper: Tuning, asked: RowArray) -> Tuning:
        """Return the cheaper tuning unless it is worse by more than chance."""
        (gain,) = estimates((self.values(better) - self.values(cheaper))[asked][np.newaxis])
        # Without an interval, all questions gain the same.
        least = gain.value if gain.interval is None else gain.interval.low
        return better if least > 0 else cheaper


def _neighbours(tuning: Tuning, sizes: Sizes) -> Iterator[Tuning]:
    for target, maximum in sizes:
        yield replace(tuning, target_tokens=target, max_tokens=maximum)
    for name, values in AXES.items():
        for value in values:
            yield replace(tuning, **{name: value})  # type: ignore[arg-type]


def _folds(questions: int) -> list[RowArray]:
    order = np.random.default_rng(_SEED).permutation(questions)
    return [np.sort(fold) for fold in np.array_split(order, FOLDS)]


def _tried(tuning: Tuning, values: Values) -> Tried:
    (found,) = estimates(values[np.newaxis])
    low, high = found.interval if found.interval is not None else (found.value, found.value)
    fields = {name: value for name, value in tuning_fields(tuning).items() if isinstance(value, str | int | float)}
    return Tried(fields, round(found.value, 4), round(low, 4), round(high, 4))
