"""Measure passage sizes on a BEIR folder, or on a question set about the shipped articles.

usage: python benchmarks/chunk_sizes.py BEIR_FOLDER_OR_QUESTIONS WORK_FOLDER TARGET:MAXIMUM …
"""

import os
import sys
from dataclasses import replace
from pathlib import Path

from corpus.reading import beir_corpus, open_source, shipped_articles
from embeddings.encoders.model_folder import ModelRequest, find_model
from embeddings.evaluation.beir import read_beir_questions
from embeddings.evaluation.evaluating import Asked, evaluate
from embeddings.evaluation.question_sets import read_questions
from embeddings.evaluation.systems import IndexAnswering
from embeddings.records import Mode
from embeddings.store.builder import build
from embeddings.store.loading import open_searcher
from embeddings.store.request import BuildRequest
from embeddings.tuning import SHIPPED, read_tuning
from scripts.options import Defaults
from scripts.progress import TerminalReporter


def main(asked: Path, work: Path, sizes: list[str]) -> None:
    """Print a row for each size: passages, and nDCG@10 by mode."""
    if asked.is_dir():
        source, questions = beir_corpus(asked / "corpus.jsonl"), read_beir_questions(asked)
    else:
        source, questions = open_source(shipped_articles()), read_questions(asked)
    model = find_model(ModelRequest(), Defaults.from_environment(os.environ).cache)
    tuning = read_tuning(SHIPPED).tuning
    print("target maximum passages", *(mode.value for mode in Mode))
    for size in sizes:
        target, maximum = map(int, size.split(":"))
        index = work / f"{asked.stem}-{target}-{maximum}"
        request = BuildRequest(source, model, index, tuning=replace(tuning, target_tokens=target, max_tokens=maximum))
        passages = build(request, TerminalReporter()).passages
        searcher = open_searcher(index)
        answering = [IndexAnswering(searcher, index, mode) for mode in Mode]
        values = [evaluate(one, Asked(questions), lambda _: None).measures["nDCG@10"].value for one in answering]
        print(target, maximum, passages, *(f"{value:.4f}" for value in values), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
