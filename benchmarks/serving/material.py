"""Lay out what both services are asked and search, and what both encoders encode."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from corpus.reading import beir_corpus
from corpus.records import Article
from embeddings.evaluation.records import Question, Section
from embeddings.records import Prompts
from embeddings.store.layout import IndexLayout
from embeddings.store.manifest import read_current
from embeddings.store.passage_store import PassageStore

# Passages of the index that are encoded for speed, evenly chosen; they are the texts that a build encodes.
ENCODED = 256


class Searched(NamedTuple):
    """Hold a text that the plain service searches, and what it is judged by."""

    id: str
    text: str
    section: Section


@dataclass(frozen=True, slots=True)
class Material:
    """Hold the questions, the texts that the plain service searches, and passages to encode.

    `passages` counts those of our index.
    """

    questions: tuple[Question, ...]
    texts: tuple[Searched, ...]
    encoded: tuple[str, ...]
    passages: int


@dataclass(frozen=True, slots=True)
class Paths:
    """Name the files through which the processes of one run share what they need."""

    folder: Path

    @property
    def texts(self) -> Path:
        """Return where the texts stand that the plain service searches, one JSON object a line."""
        return self.folder / "texts.jsonl"

    @property
    def to_encode(self) -> Path:
        """Return where the questions and passages stand that are encoded."""
        return self.folder / "to_encode.json"

    def vectors(self, whose: str, of: str) -> Path:
        """Return where an encoder's vectors stand: of `texts` or of `questions`."""
        return self.folder / f"{whose}-{of}.npy"


@dataclass(frozen=True, slots=True)
class ToEncode:
    """Hold what an encoder encodes, prompts apart."""

    prompts: Prompts
    questions: tuple[str, ...]
    texts: tuple[str, ...]
    passages: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> "ToEncode":
        """Read what `write` wrote."""
        fields = json.loads(path.read_text(encoding="utf-8"))
        return cls(Prompts(**fields["prompts"]), *(tuple(fields[name]) for name in ("questions", "texts", "passages")))


def write(material: Material, prompts: Prompts, paths: Paths) -> None:
    """Write what other processes need."""
    lines = (json.dumps({"_id": one.id, "text": one.text}, ensure_ascii=False) for one in material.texts)
    paths.texts.write_text("\n".join(lines), encoding="utf-8")
    content = ToEncode(
        prompts,
        tuple(question.text for question in material.questions),
        tuple(one.text for one in material.texts),
        material.encoded,
    )
    paths.to_encode.write_text(json.dumps(asdict(content), ensure_ascii=False), encoding="utf-8")


def gather(index: Path, beir: Path | None, questions: Sequence[Question]) -> Material:
    """Return the material of one run.

    Args:
        index: that our service serves.
        beir: the folder whose documents the plain service searches, whole; None for the passages of the index.
        questions: to ask, in this order.

    Raises:
        SnapshotError: there is no index.
        CorpusError: there is no corpus.
    """
    layout = IndexLayout(index)
    store = PassageStore.open(layout.snapshot(read_current(layout).snapshot).passages)
    try:
        rows = np.arange(store.count)
        chosen = np.unique(np.linspace(0, store.count - 1, min(ENCODED, store.count)).astype(np.int64))
        texts = _documents(beir) if beir is not None else _passages(store)
        return Material(tuple(questions), tuple(texts), tuple(store.indexed(chosen)), len(rows))
    finally:
        store.close()


def _documents(beir: Path) -> Iterable[Searched]:
    for article in beir_corpus(beir / "corpus.jsonl").articles():
        if isinstance(article, Article):
            yield Searched(article.id, article.original, Section(article.id, ()))


def _passages(store: PassageStore) -> Iterable[Searched]:
    for passage in store.get(np.arange(store.count)):
        yield Searched(passage.id, passage.text, Section(passage.article.id, passage.headings))
