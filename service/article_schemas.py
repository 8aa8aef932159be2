"""Define how articles and passages go over the wire, for those who read on."""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import BaseModel, Field

from embeddings.filters import FacetValue
from embeddings.records import ArticleInfo, Neighbourhood, PassagePlace, StoredArticle, StoredPassage
from service.schemas import ArticleOut, EditOut


class FacetOut(BaseModel):
    """A tag or a source, and how many articles have it."""

    name: str
    articles: int

    @classmethod
    def of(cls, value: FacetValue) -> Self:
        """Return the wire form of a tag or a source."""
        return cls(name=value.name, articles=value.articles)


class ArticlesOut(BaseModel):
    """Some of the articles, in the order in which they were read, and what filters of all of them can name."""

    total: Annotated[int, Field(description="How many articles the index holds.")]
    articles: list[ArticleOut]
    tags: Annotated[list[FacetOut], Field(description="The most frequent first.")]
    sources: Annotated[list[FacetOut], Field(description="The most frequent first.")]

    @classmethod
    def of(
        cls, total: int, articles: Sequence[ArticleInfo], tags: Sequence[FacetValue], sources: Sequence[FacetValue]
    ) -> Self:
        """Return the wire form of a page of articles."""
        return cls(
            total=total,
            articles=[ArticleOut.of(article) for article in articles],
            tags=[FacetOut.of(tag) for tag in tags],
            sources=[FacetOut.of(source) for source in sources],
        )


class PlaceOut(BaseModel):
    """Where a passage stands: `start` and `end` count characters in the original."""

    passage_id: str
    start: int
    end: int
    headings: list[str]

    @classmethod
    def of(cls, place: PassagePlace) -> Self:
        """Return the wire form of a place."""
        return cls(passage_id=place.id, start=place.start, end=place.end, headings=list(place.headings))


class OriginalOut(BaseModel):
    """An article with the text that its passages were cut from; `file_hash` is null where there was no file."""

    article: ArticleOut
    original: str
    file_hash: Annotated[str | None, Field(description="SHA-256 of the file's bytes, in JSONL of the line's.")]
    sections: Annotated[list[list[str]], Field(description="The headings above each passage, in order, each once.")]
    passages: Annotated[list[PlaceOut], Field(description="Every passage, in order.")]

    @classmethod
    def of(cls, article: StoredArticle, places: Sequence[PassagePlace]) -> Self:
        """Return the wire form of an article with its original."""
        return cls(
            article=ArticleOut.of(article.info),
            original=article.original,
            file_hash=article.file_hash or None,
            sections=[list(headings) for headings in dict.fromkeys(place.headings for place in places)],
            passages=[PlaceOut.of(place) for place in places],
        )


class PassageOut(BaseModel):
    """A passage as a reader is shown it; `start` and `end` count characters in the original, as its edits do."""

    passage_id: str
    text: str
    start: int
    end: int
    headings: list[str]
    article: ArticleOut
    edits: list[EditOut]

    @classmethod
    def of(cls, passage: StoredPassage) -> Self:
        """Return the wire form of a passage."""
        return cls(
            passage_id=passage.id,
            text=passage.text,
            start=passage.start,
            end=passage.end,
            headings=list(passage.headings),
            article=ArticleOut.of(passage.article),
            edits=[EditOut.of(edit) for edit in passage.edits],
        )


class NeighbourhoodOut(BaseModel):
    """A passage with those before and after it in its article, null where there is none."""

    passage: PassageOut
    previous: PassageOut | None
    next: PassageOut | None

    @classmethod
    def of(cls, found: Neighbourhood) -> Self:
        """Return the wire form of a passage and its neighbours."""
        before, after = found.before, found.after
        return cls(
            passage=PassageOut.of(found.passage),
            previous=PassageOut.of(before) if before else None,
            next=PassageOut.of(after) if after else None,
        )
