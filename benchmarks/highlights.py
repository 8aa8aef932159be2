"""Measure how often the highlighted sentence is one that a judge quoted, by each way of choosing it.

python benchmarks/highlights.py INDEX [QUESTIONS]
"""

import sys
from pathlib import Path

import numpy as np

from corpus.sentences import sentence_spans
from embeddings.evaluation.matching import holds, quotes_of
from embeddings.evaluation.question_sets import read_questions
from embeddings.records import SearchOptions, Span
from embeddings.store.loading import open_searcher


def main(index: Path, questions: Path) -> None:
    """Print the share of passages with a judged quote whose chosen sentence holds it, or lies in it."""
    searcher = open_searcher(index)
    asked = read_questions(questions)
    found = searcher.find_many([question.text for question in asked], SearchOptions())
    passages = searcher.passages.get(np.arange(searcher.passages.count))
    chosen: dict[str, list[float]] = {"by tokens": [], "by terms": [], "first": [], "by chance": []}
    for question, one in zip(asked, found, strict=True):
        for row, passage in enumerate(passages):
            text = passage.text
            quotes = [quote for quote in quotes_of(question) if holds(text, quote)]
            spans = [Span(start, end) for start, end in sentence_spans(text)]
            right = [_is_quoted(text[span.start : span.end], quotes) for span in spans]
            if len(spans) > 1 and any(right):
                (by_tokens,) = searcher.highlighter.by_tokens(one.query, [(row, text)])
                by_terms = searcher.highlighter.by_terms(one.query, text, spans)
                chosen["by tokens"].append(right[int(np.argmax(by_tokens))])
                chosen["by terms"].append(right[int(np.argmax(by_terms))])
                chosen["first"].append(right[0])
                chosen["by chance"].append(float(np.mean(right)))
    for name, shares in chosen.items():
        print(f"{name:10} {np.mean(shares):.3f} of {len(shares)} passages")


def _is_quoted(sentence: str, quotes: list[str]) -> bool:
    return any(holds(sentence, quote) or holds(quote, sentence) for quote in quotes)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else "corpus/questions/dev.jsonl"))  # noqa: PLR2004
