"""Measure how well an index answers a question set: `zhaiwen evaluate`."""

import argparse
import json
import os
import sys
from pathlib import Path

from corpus.reading import beir_corpus
from embeddings.encoders.model_folder import ModelRequest, find_model
from embeddings.errors import QuestionSetError
from embeddings.evaluation.pooling import read_pools
from embeddings.evaluation.question_sets import read_beir_questions, read_questions
from embeddings.evaluation.records import Evaluation, Question, Section
from embeddings.evaluation.runner import evaluate
from embeddings.files import sha256_of, write_atomically
from embeddings.store.builder import BuildRequest, build
from embeddings.store.loading import open_searcher
from embeddings.store.passage_store import PassageStore
from scripts.options import Command, Defaults, add_index, add_mode, add_model, run_command
from scripts.progress import TerminalReporter


def add_arguments(parser: argparse.ArgumentParser, defaults: Defaults) -> None:
    """Add the command's options."""
    sets = parser.add_mutually_exclusive_group(required=True)
    sets.add_argument("questions", nargs="?", type=Path, metavar="QUESTIONS", help="a question set in our JSONL")
    sets.add_argument(
        "--beir",
        type=Path,
        metavar="DIR",
        help="a BEIR folder: its corpus is indexed below the cache, and its questions are asked",
    )
    parser.add_argument("--split", default="test", help="which qrels of the BEIR folder (default: %(default)s)")
    add_index(parser, defaults)
    # None tells apart whether an index was named: a BEIR folder has one of its own.
    parser.set_defaults(index=None, default_index=defaults.index)
    add_mode(parser)
    parser.add_argument(
        "--pool", type=Path, metavar="POOL", help="what was read for the set, as `zhaiwen pool` wrote it"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the measures to this file, too")
    add_model(parser, defaults)


def run(options: argparse.Namespace) -> int:
    """Evaluate and print; return the exit code."""
    reporter = TerminalReporter()
    if options.beir is not None and options.index is not None:
        raise QuestionSetError("--index was given with --beir, whose index lies below the cache; leave one of them out")
    if options.beir is not None:
        questions = read_beir_questions(options.beir, options.split)
        index = _beir_index(options, reporter)
    else:
        questions, index = read_questions(options.questions), options.index or options.default_index
    evaluation = _evaluate(index, questions, options, reporter)
    for name, value in evaluation.measures.items():
        print(f"{name:9} {value:.4f}")
    if options.json is not None:
        _write_json(options.json, evaluation, options)
    return 0


def _evaluate(
    index: Path, questions: tuple[Question, ...], options: argparse.Namespace, reporter: TerminalReporter
) -> Evaluation:
    searcher = open_searcher(index)
    _check_known({j.section for question in questions for j in question.judgements}, searcher.passages, index)
    pools = read_pools(options.pool) if options.pool is not None else ()
    if pools and not {one.id for one in pools} & {question.id for question in questions}:
        raise QuestionSetError(f"{options.pool} is about none of these questions; name the pool of this set")
    _check_known({pooled.section for one in pools for pooled in one.sections}, searcher.passages, index)
    with reporter.bar(f"asking {len(questions)} questions ({options.mode.value})", len(questions)) as progress:
        return evaluate(searcher, questions, options.mode, progress, pools)


def _check_known(judged: set[Section], passages: PassageStore, index: Path) -> None:
    """Refuse judgements about what the index does not hold: they would count as misses."""
    articles = sorted({section.article for section in judged} - passages.article_ids())
    if articles:
        raise QuestionSetError(
            f"{len(articles)} judged articles are not in {index} (the first: {', '.join(articles[:5])}); "
            "name the index that the questions were written for"
        )
    headed = {section for section in judged if section.headings is not None}
    held = passages.sections() if headed else frozenset()
    known = {(article, headings[:depth]) for article, headings in held for depth in range(1, len(headings))} | held
    sections = sorted(section.name for section in headed if section not in known)
    if sections:
        raise QuestionSetError(
            f"{len(sections)} judged sections are not in {index} (the first: {', '.join(sections[:3])}); "
            "the articles were changed since: mend the question set, or name the index that it was written for"
        )


def _beir_index(options: argparse.Namespace, reporter: TerminalReporter) -> Path:
    corpus = options.beir / "corpus.jsonl"
    source = beir_corpus(corpus)
    index: Path = options.cache / "beir" / f"{options.beir.resolve().name}-{sha256_of(corpus)[:12]}"
    reporter.say(f"indexing {corpus} in {index}")
    model = find_model(ModelRequest(options.model, options.query_prompt, options.passage_prompt), options.cache)
    summary = build(BuildRequest(source, model, index), reporter)
    for problem in summary.problems:
        reporter.say(f"left out {problem}")
    return index


def _write_json(path: Path, evaluation: Evaluation, options: argparse.Namespace) -> None:
    content = {"questions": evaluation.questions, "mode": options.mode.value, "measures": evaluation.measures}
    try:
        write_atomically(path, json.dumps(content, indent=2) + "\n")
    except OSError as error:
        raise QuestionSetError(f"{path} cannot be written ({error.strerror}); name another file for --json") from error


COMMAND = Command("evaluate", "Measure how well an index answers a question set.", add_arguments, run)

if __name__ == "__main__":
    sys.exit(run_command(COMMAND, None, os.environ))
