"""Define the records of questions, judgements and measures."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Judgement:
    """Say that a section answers a question (grade 2) or helps (grade 1).

    `headings` is the path of the section in its article; the empty path is the whole article.
    """

    article: str
    headings: tuple[str, ...]
    grade: int

    def covers(self, article: str, headings: tuple[str, ...]) -> bool:
        """Return whether a passage under these headings lies in the judged section."""
        return article == self.article and headings[: len(self.headings)] == self.headings

    @property
    def unit(self) -> str:
        """Return the name of the judged section, as qrels and runs call it."""
        return unit_name(self.article, self.headings)


def unit_name(article: str, headings: tuple[str, ...]) -> str:
    """Return one name for a section of an article; for the article itself, its id."""
    return "#".join((article, *headings))


@dataclass(frozen=True, slots=True)
class Question:
    """Hold a question with what answers it."""

    id: str
    text: str
    judgements: tuple[Judgement, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Hold the mean of each measure over the questions, by ir-measures' names."""

    questions: int
    measures: dict[str, float]
