"""Probabilities of rankings: by hand, what holds of all of them, and files that cannot be used."""

import json
import math
import re
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from embeddings.calibration import (
    SIGNAL_SCALE,
    VECTOR_SCALE,
    Calibration,
    Evidence,
    ModeCalibration,
    PassageModel,
    QuestionModel,
    Reading,
    judge,
    judge_plainly,
    load_calibration,
    reading_of,
    sigmoid,
    standard_signals,
)
from embeddings.errors import SnapshotError
from embeddings.fusion import Scores
from embeddings.ranker import Signals
from embeddings.records import Mode
from embeddings.tuning import Fusion, Reranking, Tuning

QUESTION = QuestionModel(
    vector_weights=(0.5, -1.0),
    signal_means=(1.0, 0.0, 0.0, 2.0, 0.0),
    signal_deviations=(2.0, 1.0, 1.0, 0.0, 4.0),
    signal_weights=(3.0, 0.0, 0.0, 100.0, -1.0),
    bias=0.25,
    slope=0.5,
    shift=-1.0,
)
PASSAGE = PassageModel(score=2.0, question=0.5, log_rank=-1.0, first=0.75, bias=-3.0)
EVIDENCE = Evidence(auroc=0.9714, false_answers=0.125, calibration_error=0.0251, brier=0.2, base_brier=0.25)
MODE = ModeCalibration(QUESTION, PASSAGE, 0.25, EVIDENCE)
CALIBRATION = Calibration("key", 320, 130, {mode: replace(MODE, threshold=0.1 * n) for n, mode in enumerate(Mode, 1)})
OFFSET = np.array([0.2, 0.1], dtype=np.float32)
SIGNALS = Signals(score=5.0, lead=7.0, dense=8.0, lexical=9.0, rerank=2.0)

READING = Reading(0.5, -5.0)
FALLING = arrays(np.float64, st.integers(0, 30), elements=st.floats(-1e6, 1e6)).map(lambda scores: -np.sort(-scores))
NUMBERS = st.floats(-1e3, 1e3)


def test_signals_are_deviations_above_the_mean() -> None:
    values = np.array([[5.0, 7.0, 8.0], [1.0, 7.0, 4.0]])
    # The second never differed where it was learned: it says nothing.
    scaled = standard_signals(values, (1.0, 3.0, 8.0), (2.0, 0.0, 4.0))
    assert scaled.tolist() == [[SIGNAL_SCALE * 4 / 2, 0, 0], [0, 0, SIGNAL_SCALE * -4 / 4]]
    far = standard_signals(np.array([[1e6, -1e6]]), (0.0, 0.0), (1.0, 1.0))
    assert far.tolist() == [[SIGNAL_SCALE * 3, SIGNAL_SCALE * -3]]


def test_the_logit_of_a_question_by_hand() -> None:
    own = VECTOR_SCALE * (0.5 * 0.2 - 1.0 * 0.1)
    signals = SIGNAL_SCALE * (3.0 * (5 - 1) / 2 + 0 + 0 + 0 - 1.0 * (2 - 0) / 4)
    assert QUESTION.logit(OFFSET, SIGNALS) == pytest.approx(0.5 * (own + signals + 0.25) - 1.0)


def test_the_logits_of_passages_by_hand() -> None:
    found = PASSAGE.logits(np.array([4.0, 3.0, 1.0]), 6.0).tolist()
    same = 0.5 * 6 - 3
    assert found == pytest.approx([2 * 4 + 0.75 + same, 2 * 3 - math.log(2) + same, 2 * 1 - math.log(3) + same])


def test_logits_are_held_down_where_a_model_would_let_them_rise() -> None:
    # Where the first has a malus, those after it must not come before it.
    model = PassageModel(score=1.0, question=0.0, log_rank=0.0, first=-5.0, bias=0.0)
    assert model.logits(np.array([4.0, 3.0, -3.0]), 0.0).tolist() == [-1, -1, -3]
    assert model.logits(np.zeros(0), 0.0).tolist() == []


@given(FALLING, NUMBERS, st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS))
def test_scores_never_rise_and_are_probabilities(scores: Scores, question: float, weights: tuple[float, ...]) -> None:
    model = replace(MODE, passage=PassageModel(*weights))
    judged = judge(model, scores, replace(SIGNALS, score=question), OFFSET)
    assert bool(np.all(np.diff(judged.scores) <= 0))
    assert bool(np.all((judged.scores >= 0) & (judged.scores <= 1)))
    assert judged.probability is not None
    assert 0 <= judged.probability <= 1


@given(FALLING)
def test_uncalibrated_scores_order_as_they_did(scores: Scores) -> None:
    judged = judge_plainly(READING, scores)
    assert judged.probability is None
    assert bool(np.all(np.diff(judged.scores) <= 0))
    assert bool(np.all((judged.scores >= 0) & (judged.scores <= 1)))


def test_a_plain_score_is_read_by_slope_and_shift() -> None:
    judged = judge_plainly(Reading(0.5, -1.0), np.array([4.0, 2.0]))
    assert judged.scores == pytest.approx([1 / (1 + math.exp(-1.0)), 0.5])


@pytest.mark.parametrize("weight", [0.0, 8.0, 20.0])
def test_what_all_reranked_passages_have_tells_nothing(weight: float) -> None:
    slope, shift = reading_of(Mode.HYBRID, Tuning(rerank_weight=weight))
    assert slope * (4.0 + weight * 0.45) + shift == pytest.approx(0.540 * 4.0 - 3.83)


def test_each_way_of_ranking_is_read_in_its_own_way() -> None:
    plain = Tuning(reranking=Reranking.NONE)
    ways = [(Mode.DENSE, plain), (Mode.LEXICAL, plain), (Mode.HYBRID, plain), (Mode.HYBRID, Tuning())]
    ways.append((Mode.HYBRID, replace(plain, fusion=Fusion.RECIPROCAL_RANK)))
    assert len({reading_of(mode, tuning) for mode, tuning in ways}) == 5
    # First of both sides, and found by nobody else: far apart where a slope for sums would show 0.0041 for both.
    first, last = judge_plainly(reading_of(*ways[-1]), np.array([2 / 61, 1 / 260])).scores
    assert first - last > 0.3


def test_what_is_judged_by_hand() -> None:
    judged = judge(MODE, np.array([4.0, 3.0]), SIGNALS, OFFSET)
    logit = QUESTION.logit(OFFSET, SIGNALS)
    assert judged.probability == pytest.approx(1 / (1 + math.exp(-logit)))
    assert judged.scores == pytest.approx(1 / (1 + np.exp(-PASSAGE.logits(np.array([4.0, 3.0]), logit))))


def test_where_nothing_was_found_there_is_no_answer() -> None:
    judged = judge(MODE, np.zeros(0), Signals(), OFFSET)
    assert (judged.scores.tolist(), judged.probability) == ([], 0.0)
    assert judge_plainly(READING, np.zeros(0)).scores.tolist() == []


def test_sigmoid() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = sigmoid(np.array([-np.inf, -1e308, -800.0, -1.0, 0.0, 1.0, 800.0, 1e308, np.inf]))
    assert found.tolist() == pytest.approx([0, 0, 0, 1 / (1 + math.e), 0.5, math.e / (1 + math.e), 1, 1, 1])
    assert sigmoid(np.zeros(0)).shape == (0,)


def write(path: Path, calibration: Calibration) -> Path:
    path.write_text(calibration.to_json(), encoding="utf-8")
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "calibration.json", CALIBRATION)
    found = load_calibration(path, "key")
    assert found == CALIBRATION
    assert [found.modes[mode].threshold for mode in Mode] == [0.1, 0.2, 0.1 * 3]


def test_a_summary_is_about_the_hybrid_mode() -> None:
    other = replace(MODE, evidence=replace(EVIDENCE, auroc=0.5))
    modes = {mode: MODE if mode is Mode.HYBRID else other for mode in Mode}
    summary = replace(CALIBRATION, modes=modes).summary
    assert summary.startswith("calibrated on 320 questions with and 130 without an answer; by cross-validation: AUROC ")
    # 0.125 is as near to 12 % as to 13 %.
    assert "AUROC 0.971, 12% of those without told to have one where 95% of those with are" in summary
    assert summary.endswith("calibration error 0.025, Brier score 0.200 (base rate: 0.250)")


def test_of_another_index(tmp_path: Path) -> None:
    path = write(tmp_path / "calibration.json", CALIBRATION)
    with pytest.raises(
        SnapshotError, match=r"fitted for another encoder, other articles or another tuning \(key, here lock\)"
    ):
        load_calibration(path, "lock")


def test_a_mode_is_missing(tmp_path: Path) -> None:
    for modes in ({}, {Mode.HYBRID: MODE}):
        path = write(tmp_path / "calibration.json", replace(CALIBRATION, modes=modes))
        with pytest.raises(SnapshotError, match=r"calibration\.json holds no calibration of every mode; build it anew"):
            load_calibration(path, "key")


def _without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda fields: {key: value for key, value in fields.items() if key != name}


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda _: [], id="a list"),
        pytest.param(lambda _: {}, id="nothing in it"),
        pytest.param(_without("key"), id="no key"),
        pytest.param(lambda fields: fields | {"questions": "many"}, id="no number"),
        pytest.param(lambda fields: fields | {"modes": {"fuzzy": fields["modes"]["dense"]}}, id="another mode"),
        pytest.param(lambda fields: fields | {"modes": {"dense": {}}}, id="no models"),
        pytest.param(lambda fields: fields | {"modes": None}, id="no modes"),
    ],
)
def test_other_json(tmp_path: Path, damage: Callable[[dict[str, Any]], object]) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps(damage(json.loads(CALIBRATION.to_json()))), encoding="utf-8")
    with pytest.raises(SnapshotError, match="holds no calibration that can be read; build it anew"):
        load_calibration(path, "key")


def test_damaged_bytes(tmp_path: Path) -> None:
    path = write(tmp_path / "calibration.json", CALIBRATION)
    whole = path.read_bytes()
    for content in (b"", whole[:-20], whole[: len(whole) // 2], b"\xff" + whole, re.sub(rb"0\.5", b"half", whole)):
        path.write_bytes(content)
        with pytest.raises(SnapshotError, match="holds no calibration that can be read"):
            load_calibration(path, "key")
    with pytest.raises(SnapshotError, match=r"gone\.json holds no calibration that can be read"):
        load_calibration(tmp_path / "gone.json", "key")
