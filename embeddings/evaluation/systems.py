"""Ask an index in process; define what an evaluation needs of whatever answers."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from embeddings.errors import QuestionError
from embeddings.evaluation.records import Reply, Returned, Section
from embeddings.evaluation.results import System
from embeddings.questions import check_question
from embeddings.records import Mode, Result, SearchOptions, StoredPassage
from embeddings.searcher import Searcher

# Several passages of one judged section count once, so more are fetched than are measured.
PASSAGES = 50

Headings = tuple[str, ...]


class Answering(Protocol):
    """Answer questions, from wherever the index is."""

    @property
    def system(self) -> System:
        """Return what answers."""
        ...

    @property
    def batch(self) -> int:
        """Return how many questions to ask at once: what is lost at most where a run is cut off."""
        ...

    def ask(self, questions: Sequence[str]) -> list[Reply | QuestionError]:
        """Return for each question the passages, best first, or why it cannot be searched.

        Raises:
            AnsweringError: there was no answer at all.
        """
        ...

    def sections(self, articles: Collection[str]) -> dict[str, frozenset[Headings]]:
        """Return the sections of those articles that the index holds.

        Raises:
            AnsweringError: there was no answer at all.
        """
        ...


@dataclass(frozen=True, slots=True)
class IndexAnswering:
    """Answer from an index in this process, by the function that the service calls."""

    searcher: Searcher
    place: Path
    mode: Mode
    depth: int = PASSAGES
    # Bounds memory, and how often the progress bar moves.
    batch: int = 256

    @property
    def system(self) -> System:
        """Return what answers."""
        info = self.searcher.info
        return System(
            str(self.place), info.snapshot, info.encoder, info.passages, info.settings, self.mode.value, self.depth
        )

    def ask(self, questions: Sequence[str]) -> list[Reply | QuestionError]:
        """Return for each question the passages, best first, or why it cannot be searched."""
        try:
            asked = [check_question(question) for question in questions]
            answers = self.searcher.search_many(asked, SearchOptions(k=self.depth, mode=self.mode, highlight=False))
            return [Reply(returned_by(answer.results), answer.probability) for answer in answers]
        except QuestionError as error:
            if len(questions) == 1:
                return [error]
        # One of them cannot be searched: halves are tried until it is alone.
        half = len(questions) // 2
        return self.ask(questions[:half]) + self.ask(questions[half:])

    def sections(self, articles: Collection[str]) -> dict[str, frozenset[Headings]]:
        """Return the sections of those articles that the index holds."""
        held = self.searcher.passages.article_ids() & set(articles)
        return {article: frozenset(self.searcher.passages.sections_of(article)) for article in held}


def returned_by(results: Sequence[Result]) -> list[Returned]:
    """Return what a search found, in the form that evaluation takes from any system."""
    return [
        Returned(
            passage=result.passage.id,
            section=_section(result.passage),
            title=result.passage.article.title,
            text=result.passage.text,
            score=result.score,
            also_in=tuple(_section(copy) for copy in result.also_in),
        )
        for result in results
    ]


def _section(passage: StoredPassage) -> Section:
    return Section(passage.article.id, passage.headings)


def unknown_sections(answering: Answering, named: Iterable[tuple[str, Section | None]]) -> list[str]:
    """Return what the index does not hold, as `question id: section`.

    Args:
        answering: the system.
        named: the ids of questions, and sections that were judged for them.

    Raises:
        AnsweringError: there was no answer at all.
    """
    judged = [(id_, section) for id_, section in named if section is not None]
    held = answering.sections({section.article for _, section in judged})
    return [f"{id_}: {section.name}" for id_, section in judged if not is_held(section, held)]


def is_held(section: Section, held: dict[str, frozenset[Headings]]) -> bool:
    """Return whether a section is one of those that `Answering.sections` returned, or holds one of them."""
    own = held.get(section.article)
    return own is not None and (
        section.headings is None or any(section.covers(Section(section.article, headings)) for headings in own)
    )
