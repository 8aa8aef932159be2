"""Define the options that say how an index answers: its tuning, its word lists, what it is calibrated on."""

import argparse
from dataclasses import replace
from pathlib import Path

import corpus
from corpus.lexicon import shipped_wordlists
from corpus.reading import shipped_articles
from embeddings.encoders.model_folder import ModelFolder, find_cross_encoder
from embeddings.errors import QuestionSetError, TuningError
from embeddings.evaluation.calibrating import QuestionCalibrator
from embeddings.evaluation.evaluating import Asked
from embeddings.gating.stored_questions import stored_questions
from embeddings.tuning import SHIPPED, Reranking, Tuning, read_tuning
from scripts.evaluation_options import asked_of

_QUESTIONS = Path(corpus.__file__).parent / "questions"


def add_building(parser: argparse.ArgumentParser) -> None:
    """Add --questions, --unanswerable, --tuning, --lexicon, --reranking and --cross-encoder."""
    parser.add_argument(
        "--questions",
        type=Path,
        metavar="FILE",
        help="judged questions to measure the new index by and, with --unanswerable, to calibrate scores on; kept with "
        "the index for the next build (default: those that it keeps; for the articles that come with the project our "
        "dev questions)",
    )
    parser.add_argument(
        "--unanswerable",
        type=Path,
        metavar="FILE",
        help="questions without an answer to calibrate scores on; without any, scores are good for ordering only",
    )
    parser.add_argument(
        "--no-calibration", action="store_true", help="fit no probabilities: scores are good for ordering only"
    )
    parser.add_argument(
        "--forget-questions", action="store_true", help="neither use nor keep the questions that the index keeps"
    )
    parser.add_argument(
        "--tuning", type=Path, default=SHIPPED, metavar="FILE", help="what `zhaiwen tune` chose (default: shipped)"
    )
    parser.add_argument(
        "--lexicon",
        type=Path,
        default=shipped_wordlists(),
        metavar="DIR",
        help="a folder of word lists like corpus/wordlists (default: that)",
    )
    parser.add_argument(
        "--reranking",
        choices=[one.value for one in Reranking],
        help="what looks again at the first candidates (default: what the tuning says)",
    )
    parser.add_argument(
        "--cross-encoder",
        metavar="MODEL",
        help="rerank with this sentence-transformers CrossEncoder, a folder or a hub name; serving then needs torch",
    )


def tuning_of(options: argparse.Namespace) -> tuple[Tuning, ModelFolder | None]:
    """Return the tuning that the options name, and the model that reranks if they name one.

    Raises:
        TuningError: the file cannot be used, or the options say two things.
        ModelError: the model cannot be used.
    """
    tuning = read_tuning(options.tuning).tuning
    named = options.cross_encoder
    if named is not None and options.reranking not in (None, Reranking.CROSS_ENCODER.value):
        raise TuningError(
            f"--reranking {options.reranking} and --cross-encoder {named} were given, one of them was wanted: a model "
            "that is named reranks; leave out the other"
        )
    reranking = Reranking.CROSS_ENCODER if named is not None else Reranking(options.reranking or tuning.reranking)
    if reranking is not Reranking.CROSS_ENCODER:
        return replace(tuning, reranking=reranking), None
    source = named or tuning.cross_encoder
    if not source:
        raise TuningError("a cross-encoder is to rerank, but none is named; name one by --cross-encoder")
    model = find_cross_encoder(source, options.cache)
    return replace(tuning, reranking=Reranking.CROSS_ENCODER, cross_encoder=str(model.path)), model


def questions_of(options: argparse.Namespace) -> Asked | None:
    """Return the questions that an index is measured by and calibrated on: those named, kept, or ours for our articles.

    Raises:
        QuestionSetError: a set cannot be read, or only questions without an answer are named.
        SnapshotError: those that the index keeps are damaged.
    """
    questions, unanswerable = options.questions, options.unanswerable
    if questions is not None:
        return asked_of(questions, unanswerable)
    if unanswerable is not None:
        raise QuestionSetError(
            "--unanswerable was given without --questions: scores are calibrated on questions with and without answer; "
            "name both"
        )
    if options.articles.resolve() == shipped_articles().resolve():
        return asked_of(_QUESTIONS / "dev.jsonl", _QUESTIONS / "unanswerable-dev.jsonl")
    return None if options.forget_questions else stored_questions(options.index)


def calibrator_of(options: argparse.Namespace, asked: Asked | None) -> QuestionCalibrator | None:
    """Return what calibrates the index, None where that is not wanted or there are no questions without an answer.

    Raises:
        QuestionSetError: there are too few questions.
    """
    if options.no_calibration or asked is None or not asked.unanswerable:
        return None
    return QuestionCalibrator(asked)
