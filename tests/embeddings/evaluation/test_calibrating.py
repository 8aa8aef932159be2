"""Fitting probabilities: against scipy, on samples whose truth is known, and on a real small index."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize

from corpus.reading import ArticleList
from embeddings.calibration import RECALL, judge, load_calibration, sigmoid
from embeddings.encoders.model_folder import ModelFolder
from embeddings.errors import QuestionSetError, SnapshotError
from embeddings.evaluation.calibrating import (
    LEAST_QUESTIONS,
    QuestionCalibrator,
    _fit,
    _folds,
    _logits,
    _question_model,
    _Sample,
    logistic_regression,
)
from embeddings.evaluation.evaluating import Asked
from embeddings.evaluation.records import Judgement, Question, Section
from embeddings.ranker import Signals
from embeddings.records import Mode, SearchOptions
from embeddings.store.builder import build
from embeddings.store.layout import IndexLayout
from embeddings.store.loading import calibration_key, open_searcher
from embeddings.store.manifest import read_current
from embeddings.store.request import BuildRequest
from embeddings.tuning import Tuning
from tests.conftest import SilentReporter, article

Floats = NDArray[np.float64]


def slow_weights(inputs: Floats, right: Floats, penalty: float) -> Floats:
    """Minimise the same with scipy."""
    design = np.hstack([inputs, np.ones((len(inputs), 1))])

    def loss(weights: Floats) -> float:
        logits = design @ weights
        return float(np.logaddexp(0, logits).sum() - right @ logits + penalty / 2 * (weights[:-1] ** 2).sum())

    return np.asarray(minimize(loss, np.zeros(design.shape[1]), method="BFGS", options={"gtol": 1e-7}).x)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("penalty", [1.0, 0.1])
def test_as_scipy(seed: int, penalty: float) -> None:
    random = np.random.default_rng(seed)
    inputs = random.standard_normal((60, 4)) * [1, 5, 0.2, 1] + [0, 3, 0, -1]
    right = (random.random(60) < sigmoid(inputs[:, 0] - 0.5)).astype(np.float64)
    assert logistic_regression(inputs, right, penalty) == pytest.approx(slow_weights(inputs, right, penalty), abs=1e-4)


def test_without_inputs_the_bias_is_the_share_of_the_right() -> None:
    (bias,) = logistic_regression(np.zeros((8, 0)), np.array([1, 1, 0, 0, 0, 0, 0, 0.0]), 1.0)
    assert bias == pytest.approx(np.log(2 / 6))
    weight, bias = logistic_regression(np.zeros((4, 1)), np.array([1, 1, 1, 0.0]), 1.0)
    assert (weight, bias) == (0, pytest.approx(np.log(3)))


def test_separable_data_by_hand() -> None:
    # By symmetry there is no bias; of w the derivative is 2 (s(w) - 1) + penalty w = 0.
    weight, bias = logistic_regression(np.array([[1.0], [-1.0]]), np.array([1.0, 0.0]), 0.1)
    assert bias == pytest.approx(0, abs=1e-9)
    assert 2 * (1 - float(sigmoid(np.array([weight]))[0])) == pytest.approx(0.1 * weight)
    # However far they are apart, the weights stay finite.
    far = logistic_regression(np.array([[1e3], [2e3], [-1e3], [-2e3]]), np.array([1.0, 1.0, 0.0, 0.0]), 0.1)
    assert np.all(np.isfinite(far))
    assert 0 < far[0] < 1


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_all_right_or_all_wrong(value: float) -> None:
    weights = logistic_regression(np.linspace(-1, 1, 20)[:, np.newaxis], np.full(20, value), 1.0)
    assert np.all(np.isfinite(weights))
    given = sigmoid(np.linspace(-1, 1, 20) * weights[0] + weights[1])
    assert np.abs(given - value).max() < 1e-6


def test_nothing_to_learn_from() -> None:
    assert logistic_regression(np.zeros((0, 2)), np.zeros(0), 1.0).tolist() == [0, 0, 0]


@pytest.mark.parametrize(("right", "wrong"), [(10, 10), (10, 33), (57, 11), (320, 130)])
def test_folds_hold_each_question_once_and_both_classes(right: int, wrong: int) -> None:
    answerable = np.random.default_rng(1).permutation(np.repeat([1.0, 0.0], [right, wrong]))
    folds = _folds(answerable)
    assert sorted(np.concatenate(folds).tolist()) == list(range(right + wrong))
    for fold in folds:
        assert right // 10 <= answerable[fold].sum() <= -(-right // 10)
        assert wrong // 10 <= (1 - answerable[fold]).sum() <= -(-wrong // 10)
        rest = np.setdiff1d(np.arange(len(answerable)), fold)
        assert set(answerable[rest].tolist()) == {0.0, 1.0}
    assert [fold.tolist() for fold in _folds(answerable)] == [fold.tolist() for fold in folds]


def sample_of(count: int, seed: int) -> _Sample:
    """Draw questions whose answerability follows from their vector and first signal, and passages from their score."""
    random = np.random.default_rng(seed)
    offsets = random.standard_normal((count, 4)) * 0.2
    signals = random.standard_normal((count, 5)) * [2, 1, 0.1, 1, 0] + [8, 1, 0.5, 2, 0]
    truth = 6 * offsets[:, 0] - 4 * offsets[:, 1] + (signals[:, 0] - 8) + 0.5
    scores = -np.sort(-random.standard_normal((count, 10)) * 2, axis=1)
    right = random.random((count, 10)) < sigmoid(1.5 * scores + 0.5 * truth[:, np.newaxis] - 2)
    scores[:, 8:], empty = np.nan, np.full((count, 2), np.nan)
    return _Sample(
        offsets=offsets,
        signals=signals,
        answerable=(random.random(count) < sigmoid(truth)).astype(np.float64),
        scores=scores,
        right=np.hstack([right[:, :8].astype(np.float64), empty]),
    )


def calibration_error(given: Floats, right: Floats) -> float:
    """Return the mean distance between what was said and what was, over ten parts of as many."""
    parts = np.array_split(np.argsort(given), 10)
    return float(sum(len(part) / len(given) * abs(given[part].mean() - right[part].mean()) for part in parts))


def test_probabilities_of_a_known_truth_are_calibrated() -> None:
    fitted, fresh = _fit(sample_of(1_500, seed=1)), sample_of(4_000, seed=2)
    judged = [
        judge(fitted, scores[:8], Signals(*signals), offset)
        for offset, signals, scores in zip(fresh.offsets, fresh.signals.tolist(), fresh.scores, strict=True)
    ]
    given = np.array([one.probability for one in judged])
    # Of 400 draws the mean is off by some 0.02 by chance alone.
    assert calibration_error(given, fresh.answerable) < 0.04
    assert given[fresh.answerable == 1].mean() > given[fresh.answerable == 0].mean() + 0.3
    assert (given[fresh.answerable == 1] >= fitted.threshold).mean() == pytest.approx(RECALL, abs=0.02)
    passages = np.array([one.scores for one in judged])
    assert calibration_error(passages.ravel(), fresh.right[:, :8].ravel()) < 0.03


@pytest.mark.parametrize("count", [30, 41, 80, 133, 450])
def test_the_threshold_lets_so_many_through(count: int) -> None:
    sample = sample_of(count, seed=count)
    fitted = _fit(sample)
    unseen = np.empty(count)
    for held in _folds(sample.answerable):
        rest = np.setdiff1d(np.arange(count), held)
        unseen[held] = _logits(_question_model(sample, rest), sample, held)
    given = sigmoid(fitted.question.slope * unseen + fitted.question.shift)[sample.answerable == 1]
    assert (given >= fitted.threshold).mean() >= RECALL
    # And it is no lower than that asks for: with the next one too few would be let through.
    assert (given > fitted.threshold).mean() < RECALL + 1 / len(given)


def test_the_evidence_is_what_fresh_questions_show() -> None:
    fitted, fresh = _fit(sample_of(1_500, seed=1)), sample_of(4_000, seed=2)
    evidence = fitted.evidence
    judged = [
        judge(fitted, scores[:8], Signals(*signals), offset)
        for offset, signals, scores in zip(fresh.offsets, fresh.signals.tolist(), fresh.scores, strict=True)
    ]
    given, answerable = np.array([one.probability for one in judged]), fresh.answerable == 1
    higher = given[answerable][:, np.newaxis] > given[~answerable]
    assert evidence.auroc == pytest.approx(higher.mean(), abs=0.02)
    assert evidence.false_answers == pytest.approx((given[~answerable] >= fitted.threshold).mean(), abs=0.05)
    first, right = np.array([one.scores[0] for one in judged]), fresh.right[:, 0]
    assert evidence.brier == pytest.approx(((first - right) ** 2).mean(), abs=0.02)
    assert evidence.base_brier == pytest.approx(right.mean() * (1 - right.mean()), abs=0.02)
    assert evidence.brier < evidence.base_brier
    assert evidence.calibration_error < 0.06


def test_nothing_was_ever_found() -> None:
    sample = sample_of(60, seed=5)
    nothing = np.full((60, 10), np.nan)
    fitted = _fit(replace(sample, scores=nothing, right=nothing, signals=np.zeros((60, 5))))
    assert np.all(np.isfinite([*fitted.question.vector_weights, *fitted.question.signal_weights]))
    assert fitted.passage.logits(np.array([1.0]), 0.0).tolist() == [0]


TOPICS = ("证件", "电话", "征信", "家人", "短信", "诉讼", "利息", "投诉", "录音", "委托")
FOREIGN = ("火锅", "球赛", "天气", "诗歌", "电影", "旅行", "养猫", "做饭", "编程", "钢琴")
QUESTIONS = tuple(
    Question(f"q{number}-{form}", f"{topic}{form}", (Judgement(Section(f"a{number}", ()), 2),))
    for number, topic in enumerate(TOPICS)
    for form in ("怎么办", "要不要")
)
UNANSWERABLE = tuple(Question(f"u{number}", f"{topic}哪个好", ()) for number, topic in enumerate(FOREIGN))
ASKED = Asked(QUESTIONS, UNANSWERABLE)
ARTICLES = ArticleList(
    article(f"a{number}", f"说到{topic}，先看规定。{topic}的事要留下证据。") for number, topic in enumerate(TOPICS)
)


def test_too_few_questions() -> None:
    assert LEAST_QUESTIONS == 10
    QuestionCalibrator(Asked(QUESTIONS[:10], UNANSWERABLE))
    with pytest.raises(QuestionSetError, match="9 questions with an answer and 10 without were given, at least 10 of"):
        QuestionCalibrator(Asked(QUESTIONS[:9], UNANSWERABLE))
    with pytest.raises(QuestionSetError, match="20 questions with an answer and 9 without were given"):
        QuestionCalibrator(Asked(QUESTIONS, UNANSWERABLE[:9]))
    assert QuestionCalibrator(ASKED).hash == ASKED.hash != QuestionCalibrator(Asked(QUESTIONS[:10], UNANSWERABLE)).hash


@pytest.mark.parametrize("section", [Section("gone", ()), Section("gone", None), Section("a1", ("没有这一节",))])
def test_sections_that_the_articles_do_not_have(tiny_model: ModelFolder, tmp_path: Path, section: Section) -> None:
    request = BuildRequest(ARTICLES, tiny_model, tmp_path / "index")
    wrong = [replace(QUESTIONS[3], id=f"wrong{n}", judgements=(Judgement(section, 2),)) for n in range(21)]
    calibrator = QuestionCalibrator(Asked((*QUESTIONS, *wrong), UNANSWERABLE))
    message = rf"^21 of 41 judgements .* sections that the articles do not have \(wrong0: {re.escape(section.name)};"
    with pytest.raises(QuestionSetError, match=message):
        build(replace(request, calibrator=calibrator), SilentReporter())
    with pytest.raises(SnapshotError, match="holds .*; run `zhaiwen rebuild"):
        open_searcher(tmp_path / "index")
    # Where they are fewer they are set aside.
    build(
        replace(request, calibrator=QuestionCalibrator(Asked((*QUESTIONS, wrong[0]), UNANSWERABLE))), SilentReporter()
    )
    calibration = open_searcher(tmp_path / "index").calibration
    assert calibration is not None
    assert calibration.questions == len(QUESTIONS)


@pytest.fixture(scope="module")
def calibrated(tiny_model: ModelFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    index = tmp_path_factory.mktemp("calibrated") / "index"
    request = BuildRequest(ARTICLES, tiny_model, index, calibrator=QuestionCalibrator(ASKED))
    build(request, SilentReporter())
    return index


@pytest.mark.parametrize("mode", Mode)
def test_a_calibrated_index_says_whether_it_has_an_answer(calibrated: Path, mode: Mode) -> None:
    searcher = open_searcher(calibrated)
    assert searcher.info.calibrated
    told = {}
    for question in ASKED.all:
        answer = searcher.search(question.text, SearchOptions(k=10, mode=mode))
        assert answer.probability is not None
        assert answer.answerable is not None
        told[question.id] = answer.answerable
        scores = [result.score for result in answer.results]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)
    if mode is not Mode.DENSE:
        # Where words are counted the foreign ones have none; of vectors the tiny model knows nothing.
        assert all(told[question.id] for question in QUESTIONS)
        assert not any(told[question.id] for question in UNANSWERABLE)


def test_a_calibration_is_tied_to_its_index(calibrated: Path) -> None:
    manifest = read_current(IndexLayout(calibrated))
    path = IndexLayout(calibrated).snapshot(manifest.snapshot).calibration
    found = load_calibration(path, calibration_key(manifest))
    assert (found.questions, found.unanswerable) == (20, 10)
    others = (
        replace(manifest, tuning=replace(manifest.tuning, dense_weight=0.55)),
        replace(manifest, encoder=replace(manifest.encoder, fingerprint="other")),
        replace(manifest, inputs="other"),
    )
    for other in others:
        with pytest.raises(SnapshotError, match="fitted for another encoder, other articles or another tuning"):
            load_calibration(path, calibration_key(other))


def test_other_questions_calibrate_anew(tiny_model: ModelFolder, tmp_path: Path) -> None:
    request = BuildRequest(ARTICLES, tiny_model, tmp_path / "index", calibrator=QuestionCalibrator(ASKED))
    assert build(request, SilentReporter()).built
    assert not build(request, SilentReporter()).built
    fewer = replace(request, calibrator=QuestionCalibrator(Asked(QUESTIONS[:15], UNANSWERABLE)))
    assert build(fewer, SilentReporter()).built
    without = replace(request, calibrator=None)
    assert build(without, SilentReporter()).built
    searcher = open_searcher(request.index)
    assert not searcher.info.calibrated
    answer = searcher.search("证件怎么办", SearchOptions())
    assert (answer.answerable, answer.probability) == (None, None)


def test_a_build_is_the_same_twice(tiny_model: ModelFolder, calibrated: Path, tmp_path: Path) -> None:
    request = BuildRequest(ARTICLES, tiny_model, tmp_path / "index", Tuning(), calibrator=QuestionCalibrator(ASKED))
    build(request, SilentReporter())
    there, back = (
        IndexLayout(index).snapshot(read_current(IndexLayout(index)).snapshot).calibration
        for index in (calibrated, request.index)
    )
    assert there.read_bytes() == back.read_bytes()
