"""Find the sentences of a text."""

import re
from collections.abc import Iterator

# A sentence ends after 。！？!?；; or … and the quotation marks or brackets that close it.
SENTENCE = re.compile(r"[^。！？!?；;…]*(?:[。！？!?；;…]+[”’」』）)\"]*|\Z)")
_LINE = re.compile(r"[^\r\n]+")


def sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each sentence, without white space around it; a line break ends one, too.

    "先看证件。再开门" has 先看证件。 and 再开门.
    """
    for line in _LINE.finditer(text):
        for sentence in SENTENCE.finditer(text, line.start(), line.end()):
            stripped = sentence[0].strip()
            if stripped:
                start = sentence.start() + len(sentence[0]) - len(sentence[0].lstrip())
                yield start, start + len(stripped)


def middle_sentence(text: str) -> tuple[int, int]:
    """Return where the sentence in the middle of a text begins and ends; all of it where there is none."""
    spans = list(sentence_spans(text)) or [(0, len(text))]
    return spans[len(spans) // 2]
