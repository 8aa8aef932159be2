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
from embeddings.tuning import SHIPPED, Reranking, Tuning, read_tuning
from scripts.evaluation_options import asked_of

_QUESTIONS = Path(corpus.__file__).parent / "questions"


def add_building(parser: argparse.ArgumentParser) -> None:
    """Add --questions, --unanswerable, --tuning, --lexicon, --reranking and --cross-encoder."""
    parser.add_argument(
        "--questions",
        type=Path,
        metavar="FILE",
        help="judged questions to calibrate scores on (default: our dev questions for the articles that come with "
        "the project; without any, scores are good for ordering only)",
    )
    parser.add_argument(
        "--unanswerable", type=Path, metavar="FILE", help="questions without an answer to calibrate scores on"
    )
    parser.add_argument(
        "--no-calibration", action="store_true", help="ask no questions: scores are good for ordering only"
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


def calibrator_of(options: argparse.Namespace, articles: Path) -> QuestionCalibrator | None:
    """Return what calibrates the index, None where no questions are named and the articles are not the shipped ones.

    Raises:
        QuestionSetError: only one of both sets is named, one cannot be read, or has too few questions.
    """
    questions, unanswerable = options.questions, options.unanswerable
    if options.no_calibration:
        return None
    if questions is None and unanswerable is None:
        if articles.resolve() != shipped_articles().resolve():
            return None
        questions, unanswerable = _QUESTIONS / "dev.jsonl", _QUESTIONS / "unanswerable-dev.jsonl"
    if questions is None or unanswerable is None:
        raise QuestionSetError(
            "--questions and --unanswerable belong together: scores are calibrated on questions with and without answer"
        )
    return QuestionCalibrator(asked_of(questions, unanswerable))
