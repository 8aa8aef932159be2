"""Give texts that show how an encoder behaves, whatever is indexed with it."""

import json
from pathlib import Path

from corpus.normalising import normalise
from corpus.sentences import middle_sentence

# Passages as they are indexed, title and headings in front, one a line, evenly from all of the articles that come with
# the project as they were in 2026.
_TEXTS = Path(__file__).parent / "reference.jsonl"


def reference_passages() -> list[str]:
    """Return passages, always the same."""
    return [normalise(json.loads(line)) for line in _TEXTS.read_text(encoding="utf-8").splitlines()]


def reference_sentences() -> list[str]:
    """Return the middle sentence of each of the passages: they stand for questions."""
    return [text[slice(*middle_sentence(text))] for text in reference_passages()]
