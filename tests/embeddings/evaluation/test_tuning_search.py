"""Tunings are tried on questions, and the cheapest is chosen among those that are as good."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import log2
from typing import cast

import pytest

from embeddings.evaluation.records import ANSWERS, Judgement, Question, Section
from embeddings.evaluation.tuning_search import FOLDS, Choice, KeepingEncoder, TuningSearch
from embeddings.records import Answer, ArticleInfo, Mode, Result, SearchOptions, StoredPassage
from embeddings.searcher import Searcher
from embeddings.tuning import Fusion, Reranking, Tuning

VISITS = "微粒贷逾期会上门吗"
SIZES = ((128, 256), (96, 192))
START = Tuning(target_tokens=128, max_tokens=256)
QUESTIONS = tuple(
    Question(f"q{number}", f"问题{number}", (Judgement(Section("right", ()), ANSWERS, "答"),)) for number in range(40)
)
# How good a tuning answers a question: at which place the right passage stands.
Places = Callable[[Tuning, int], int]


def passage(article: str) -> StoredPassage:
    info = ArticleInfo(article, article, f"{article}.md", None, None, None, None, ())
    return StoredPassage(article, 0, 1, "答", (), info)


@dataclass
class Scripted:
    """Answer each question with the right passage at the place that the script gives."""

    tuning: Tuning
    places: Places
    asked: list[Tuning]

    def search_many(self, questions: Sequence[str], options: SearchOptions) -> list[Answer]:
        assert (options.mode, options.k) == (Mode.HYBRID, 50)
        self.asked.append(self.tuning)
        return [self._answer(self.places(self.tuning, int(question[2:]))) for question in questions]

    def _answer(self, place: int) -> Answer:
        articles = [*(f"wrong{number}" for number in range(1, place)), "right"]
        return Answer(tuple(Result(rank, 0.5, passage(one)) for rank, one in enumerate(articles, start=1)))


@dataclass
class Trial:
    places: Places
    asked: list[Tuning] = field(default_factory=list)

    def tuned(self, tuning: Tuning) -> Searcher:
        return cast(Searcher, Scripted(tuning, self.places, self.asked))

    def choose(self) -> Choice:
        return TuningSearch(self.tuned, QUESTIONS, SIZES, lambda _: None).choose(START)


def gain(place: int) -> float:
    return 1 / log2(place + 1)


def test_what_is_better_on_all_questions_is_chosen_and_each_tuning_is_tried_once() -> None:
    def places(tuning: Tuning, _: int) -> int:
        wrong = (tuning.dense_weight != 0.7) + (tuning.reranking is Reranking.NONE) + (tuning.rerank_weight != 8.0)
        return 1 + wrong

    trial = Trial(places)
    choice = trial.choose()
    assert choice.tuning == replace(START, dense_weight=0.7, rerank_weight=8.0)
    assert choice.cross_validated.mean == 1.0
    assert len(trial.asked) == len(set(trial.asked)) == len(choice.tried)
    assert choice.tried[0].values["dense_weight"] == 0.7
    assert choice.tried[-1].mean == pytest.approx(gain(4), abs=1e-4)


def test_reranking_that_gains_nothing_is_left_out() -> None:
    choice = Trial(lambda *_: 2).choose()
    assert choice.tuning.reranking is Reranking.NONE


def test_another_size_must_be_better_by_more_than_chance() -> None:
    def one_question(tuning: Tuning, number: int) -> int:
        return 2 - (tuning.target_tokens == 96 and number == 0) - (tuning.reranking is Reranking.LATE and number > 9)

    def all_questions(tuning: Tuning, number: int) -> int:
        return one_question(tuning, number) + (2 if tuning.target_tokens == 128 and number % 3 else 0)

    kept, changed = Trial(one_question).choose(), Trial(all_questions).choose()
    assert (kept.tuning.target_tokens, kept.tuning.max_tokens) == (128, 256)
    assert (changed.tuning.target_tokens, changed.tuning.max_tokens) == (96, 192)
    assert kept.tried[0].values["target_tokens"] == 96


def test_a_choice_that_follows_chance_is_worth_less_on_other_questions() -> None:
    def places(tuning: Tuning, number: int) -> int:
        # Each weight is good for a tenth of the questions, and no weight for more.
        return 1 if round(tuning.dense_weight * 10) == number % 10 and tuning.fusion is Fusion.CONVEX else 3

    choice = Trial(places).choose()
    # The best on the others is never the best on those held back, which have more than their share of another.
    assert choice.cross_validated.mean <= choice.tried[0].mean
    assert choice.tried[0].mean == pytest.approx((4 * gain(1) + 36 * gain(3)) / 40, abs=1e-4)
    assert FOLDS == 5


def test_questions_are_encoded_once(searcher: Searcher) -> None:
    encoder = KeepingEncoder(searcher.encoder)
    reported: list[int] = []
    first = encoder.encode_queries_by_token([VISITS, "征信", VISITS], reported.append)
    again = encoder.encode_queries_by_token(["征信", VISITS], reported.append)
    assert sum(reported) == 2
    assert [one is other for one, other in zip([first[1], first[0]], again, strict=True)] == [True, True]
    assert encoder.info == searcher.encoder.info
