"""Measure how well a service ranks, through HTTP, and how well vectors do by their cosines alone."""

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import fmean

import httpx2
import numpy as np

from benchmarks.serving.load import Address
from benchmarks.serving.material import Material, Searched
from embeddings.errors import AnsweringError, QuestionError
from embeddings.evaluation.asking import respond
from embeddings.evaluation.measures import MAIN_MEASURE, measure
from embeddings.evaluation.records import Question, Reply, Returned
from embeddings.evaluation.results import System
from embeddings.evaluation.service_answering import ServiceAnswering
from embeddings.evaluation.systems import Answering
from embeddings.protocols import Progress
from embeddings.records import FloatArray, Mode

# Passages of one document count once: twenty of them are of ten documents, nearly always.
DEPTH = 20
# As many as ServiceAnswering asks at once.
_AT_ONCE = 8
_BATCH = 64
_PLAIN = System("the plain service", "", "", 0, "", "dense", DEPTH)

# Measures a running service.
Rank = Callable[[Address, Material, Progress], float]


@dataclass(frozen=True, slots=True)
class PlainAnswering:
    """Answer through the /search of the plain service."""

    client: httpx2.Client
    texts: dict[str, Searched]
    system: System = _PLAIN
    batch: int = _BATCH

    def ask(self, questions: Sequence[str]) -> list[Reply | QuestionError]:
        """Return for each question the texts, best first."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(self._search, questions))

    def sections(self, articles: Collection[str]) -> dict[str, frozenset[tuple[str, ...]]]:
        """Return the sections of those articles that are searched."""
        found: dict[str, set[tuple[str, ...]]] = {}
        for one in self.texts.values():
            if one.section.article in articles:
                found.setdefault(one.section.article, set()).add(one.section.headings or ())
        return {article: frozenset(headings) for article, headings in found.items()}

    def _search(self, question: str) -> Reply:
        try:
            response = self.client.get("/search", params={"q": question, "k": DEPTH}).raise_for_status()
        except httpx2.HTTPError as error:
            raise AnsweringError(f"the plain service does not answer ({error}); see that it runs") from error
        return Reply([_returned(self.texts[one["id"]], one["score"]) for one in response.json()], None)


def of_plain_service(address: Address, material: Material, progress: Progress) -> float:
    """Return the mean nDCG@10 of the plain service."""
    texts = {one.id: one for one in material.texts}
    with httpx2.Client(base_url=f"http://{address.host}:{address.port}", timeout=60) as client:
        return _mean(PlainAnswering(client, texts), material.questions, progress)


def of_our_service(address: Address, material: Material, progress: Progress) -> float:
    """Return the mean nDCG@10 of our service in the mode that it has by itself."""
    with ServiceAnswering.connect(f"http://{address.host}:{address.port}", Mode.HYBRID, DEPTH) as answering:
        return _mean(answering, material.questions, progress)


def of_vectors(material: Material, questions: FloatArray, texts: FloatArray) -> float:
    """Return the mean nDCG@10 of ranking texts by their cosines with the questions.

    Args:
        material: whose questions and texts these are.
        questions: unit vectors, shape (questions, dimension).
        texts: unit vectors, shape (texts, dimension).
    """
    order = np.argsort(-(questions @ texts.T), axis=1, kind="stable")[:, :DEPTH]
    places = {question.text: row for row, question in enumerate(material.questions)}
    return _mean(_VectorAnswering(material, order, places), material.questions, lambda _: None)


@dataclass(frozen=True, slots=True)
class _VectorAnswering:
    """Answer with what was ranked before; questions of the same words have the same answer."""

    material: Material
    order: np.ndarray
    places: dict[str, int]
    system: System = _PLAIN
    batch: int = _BATCH

    def ask(self, questions: Sequence[str]) -> list[Reply | QuestionError]:
        texts = self.material.texts
        return [
            Reply([_returned(texts[row], -float(rank)) for rank, row in enumerate(self.order[self.places[one]])], None)
            for one in questions
        ]

    def sections(self, articles: Collection[str]) -> dict[str, frozenset[tuple[str, ...]]]:
        return dict.fromkeys(articles, frozenset())


def _returned(text: Searched, score: float) -> Returned:
    return Returned(passage=text.id, section=text.section, title="", text=text.text, score=score, also_in=())


def _mean(answering: Answering, questions: Iterable[Question], progress: Progress) -> float:
    asked = list(questions)
    responses = respond(answering, asked, progress)
    grades = {one.id: {judgement.name: judgement.grade for judgement in one.judgements} for one in asked}
    values = measure(grades, {response.id: response.sections for response in responses})
    return fmean(of_question[MAIN_MEASURE] for of_question in values.values())
