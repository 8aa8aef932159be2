"""Define the records of questions, judgements, pools and measures."""

from dataclasses import dataclass
from typing import NamedTuple

from embeddings.records import Mode

# The grades of judgements.
ANSWERS = 2
HELPS = 1


class Section(NamedTuple):
    """Name a section of an article by the path of its headings.

    The empty path is what stands above the first heading, None the whole article.
    """

    article: str
    headings: tuple[str, ...] | None

    def covers(self, other: "Section") -> bool:
        """Return whether another section is this one or lies in it."""
        if self.article != other.article or self.headings is None:
            return self.article == other.article
        if not self.headings or other.headings is None:
            return self.headings == other.headings
        return other.headings[: len(self.headings)] == self.headings

    @property
    def name(self) -> str:
        r"""Return one text for the section, as qrels and runs want it; of a whole article its id.

        No two sections share one: a "#" within a part is written as "\#".
        """
        parts = (self.article, *(() if self.headings is None else self.headings or ("",)))
        return "#".join(part.replace("\\", r"\\").replace("#", r"\#") for part in parts)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Say that a section answers a question (grade 2), by the words of `answer`, or helps (grade 1).

    Grade 0 says that it was read and does not help. Without a section, whatever holds the answer is meant.
    """

    section: Section | None
    grade: int
    answer: str | None = None

    @property
    def name(self) -> str:
        """Return one text for what was judged, as qrels and runs want it."""
        return f"“{self.answer}”" if self.section is None else self.section.name

    def covers(self, section: Section) -> bool:
        """Return whether the judged section is this one or holds it."""
        return self.section is not None and self.section.covers(section)


@dataclass(frozen=True, slots=True)
class Question:
    """Hold a question and what answers it: nothing, in a set of unanswerable ones.

    `kind` is what it is an example of, `plain` the same in correct simplified characters; `must_find`
    is set where an operator would be ashamed to miss it.
    """

    id: str
    text: str
    judgements: tuple[Judgement, ...]
    kind: str | None = None
    plain: str | None = None
    must_find: bool = False


class Found(NamedTuple):
    """Tell at which place a mode of search found something; places count from 1."""

    mode: Mode
    rank: int


@dataclass(frozen=True, slots=True)
class PooledSection:
    """Hold a section that was read by a judge, and who brought it up."""

    section: Section
    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Pool:
    """Hold all sections that were read for the question of this id; without a judgement they do not help."""

    id: str
    sections: tuple[PooledSection, ...]


@dataclass(frozen=True, slots=True)
class Returned:
    """Hold a passage that a system returned; `also_in` are the sections of its near-duplicates."""

    passage: str
    section: Section
    title: str
    text: str
    score: float
    also_in: tuple[Section, ...] = ()


class Reply(NamedTuple):
    """Hold what a system returned for a question, best first.

    `probability` is what it says of there being an answer at all, None where it says nothing.
    """

    returned: list[Returned]
    probability: float | None = None
