"""Define what goes over the wire."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from embeddings.questions import MAX_QUESTION_CHARACTERS
from embeddings.records import ArticleInfo, IndexInfo, Mode, Result, StoredArticle, StoredPassage
from embeddings.searcher import MAX_RESULTS

_QUESTION = f"A question in Chinese, as people ask it; 1 to {MAX_QUESTION_CHARACTERS} characters."


class SearchOptions(BaseModel):
    """What both ways of asking take."""

    model_config = ConfigDict(extra="forbid")

    k: Annotated[int, Field(ge=1, le=MAX_RESULTS, description="How many passages to return.")] = 5
    mode: Mode = Mode.HYBRID
    explain: Annotated[bool, Field(description="Return the scores of both sides, too.")] = False


class SearchParameters(SearchOptions):
    """The query string of GET /search."""

    q: Annotated[str, Field(description=_QUESTION, examples=["微粒贷逾期会上门吗"])]


class SearchBody(SearchOptions):
    """The body of POST /search."""

    query: Annotated[str, Field(description=_QUESTION, examples=["微粒贷逾期会上门吗"])]
    filters: Annotated[
        dict[str, JsonValue] | None, Field(description="Not answered by this version yet: 422.", examples=[None])
    ] = None


class Span(BaseModel):
    """A range of characters in `text`."""

    start: int
    end: int


class ArticleOut(BaseModel):
    """The article that a passage comes from."""

    id: str
    title: str
    path: str
    source: str | None
    author: str | None
    url: str | None
    published: str | None
    tags: list[str]

    @classmethod
    def of(cls, article: ArticleInfo) -> Self:
        """Return the wire form of an article."""
        return cls(
            id=article.id,
            title=article.title,
            path=article.path,
            source=article.source,
            author=article.author,
            url=article.url,
            published=article.published,
            tags=list(article.tags),
        )


class EditOut(BaseModel):
    """What was repaired: `original[start:end]` of the article is shown as `replacement`."""

    start: int
    end: int
    replacement: str
    rule: str


class CopyOut(BaseModel):
    """A passage that says the same as a result in nearly the same words."""

    passage_id: str
    start: int
    end: int
    headings: list[str]
    article: ArticleOut

    @classmethod
    def of(cls, passage: StoredPassage) -> Self:
        """Return the wire form of a copy."""
        return cls(
            passage_id=passage.id,
            start=passage.start,
            end=passage.end,
            headings=list(passage.headings),
            article=ArticleOut.of(passage.article),
        )


class Scores(BaseModel):
    """Both sides' own scores: cosine, and BM25 (null where no word is shared)."""

    dense: float
    lexical: float | None


class ResultOut(BaseModel):
    """One passage; `start` and `end` count characters in the original article."""

    rank: int
    score: Annotated[float, Field(ge=0, le=1, description="Cosine of question and passage until it is calibrated.")]
    text: str
    highlights: list[Span]
    passage_id: str
    start: int
    end: int
    headings: list[str]
    article: ArticleOut
    edits: list[EditOut]
    also_in: list[CopyOut]
    scores: Annotated[Scores | None, Field(exclude_if=lambda scores: scores is None)] = None

    @classmethod
    def of(cls, result: Result, explain: bool) -> Self:
        """Return the wire form of a result."""
        passage = result.passage
        return cls(
            rank=result.rank,
            score=result.score,
            text=passage.text,
            highlights=[],
            passage_id=passage.id,
            start=passage.start,
            end=passage.end,
            headings=list(passage.headings),
            article=ArticleOut.of(passage.article),
            edits=[
                EditOut(start=edit.start, end=edit.end, replacement=edit.replacement, rule=edit.rule)
                for edit in passage.edits
            ],
            also_in=[CopyOut.of(copy) for copy in result.also_in],
            scores=Scores(dense=result.dense, lexical=result.lexical) if explain else None,
        )


class IndexOut(BaseModel):
    """What answered."""

    snapshot: str
    encoder: str
    passages: int
    settings: Annotated[str, Field(description="Identifies all that answers follow from: articles, model, search.")]
    calibrated: bool = False

    @classmethod
    def of(cls, info: IndexInfo) -> Self:
        """Return the wire form of an index."""
        return cls(snapshot=info.snapshot, encoder=info.encoder, passages=info.passages, settings=info.settings)


class SearchOut(BaseModel):
    """The answer to a question; `answerable` is null while nothing is calibrated."""

    query: str
    answerable: bool | None
    results: list[ResultOut]
    index: IndexOut
    took_ms: float


class OriginalOut(BaseModel):
    """An article with the text that its passages were cut from; `file_hash` is null where there was no file."""

    article: ArticleOut
    original: str
    file_hash: Annotated[str | None, Field(description="SHA-256 of the file's bytes, in JSONL of the line's.")]
    sections: Annotated[list[list[str]], Field(description="The headings above each passage, in order, each once.")]

    @classmethod
    def of(cls, article: StoredArticle, sections: list[tuple[str, ...]]) -> Self:
        """Return the wire form of an article with its original."""
        return cls(
            article=ArticleOut.of(article.info),
            original=article.original,
            file_hash=article.file_hash or None,
            sections=[list(headings) for headings in sections],
        )


class Status(BaseModel):
    """The answer of the health checks."""

    status: str
    index: IndexOut | None = None


class ErrorDetail(BaseModel):
    """What went wrong, and what to do."""

    code: str
    message: str
    hint: str


class ErrorBody(BaseModel):
    """The body of every error."""

    error: ErrorDetail
