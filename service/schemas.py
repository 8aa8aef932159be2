"""Define what goes over the wire."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, field_validator

from corpus.records import Danger, Edit
from embeddings.questions import MAX_QUESTION_CHARACTERS
from embeddings.records import (
    Answer,
    ArticleInfo,
    IndexInfo,
    Mode,
    Result,
    SearchOptions,
    Stage,
    StoredPassage,
)
from embeddings.searcher import MAX_RESULTS
from service.filters import FiltersIn
from service.notices import notices_for
from service.records import ReloadStatus

_QUESTION = Field(
    description=f"A question in Chinese, as people ask it; 1 to {MAX_QUESTION_CHARACTERS} characters.",
    examples=["微粒贷逾期会上门吗"],
    # Said, but checked with the question itself, which is trimmed first and has better messages.
    json_schema_extra={"minLength": 1, "maxLength": MAX_QUESTION_CHARACTERS},
)


class AskedOptions(BaseModel):
    """What both ways of asking take."""

    model_config = ConfigDict(extra="forbid")

    k: Annotated[int, Field(ge=1, le=MAX_RESULTS, description="How many passages to return.")] = 5
    offset: Annotated[
        int, Field(ge=0, lt=MAX_RESULTS, description=f"How many to leave out first; with k at most {MAX_RESULTS}.")
    ] = 0
    mode: Mode = Mode.HYBRID
    per_article: Annotated[
        int | None,
        Field(ge=1, le=MAX_RESULTS, description="Of one article so many come before the next ones of other articles."),
    ] = None
    explain: Annotated[bool, Field(description="Return each stage's rank and score, too.")] = False


class SearchParameters(AskedOptions):
    """The query string of GET /search."""

    q: Annotated[str, _QUESTION]


class BodyOptions(AskedOptions):
    """What both bodies take."""

    filters: Annotated[FiltersIn | None, Field(description="Choose the articles before they are searched.")] = None
    # In an address all is text; JSON has truth and numbers of its own, and 0 is not false there.
    explain: Annotated[StrictBool, Field(description=AskedOptions.model_fields["explain"].description)] = False

    @field_validator("k", "offset", "per_article", mode="before")
    @classmethod
    def _is_number(cls, value: object) -> object:
        if isinstance(value, str | bool):
            raise ValueError(f"{str(value)[:20]!r} was given, a whole number was wanted")
        return value

    def options(self) -> SearchOptions:
        """Return what the search takes.

        Raises:
            FilterError: the filters cannot be applied.
        """
        return SearchOptions(
            k=self.k,
            mode=self.mode,
            offset=self.offset,
            per_article=self.per_article,
            filters=(self.filters or FiltersIn()).record(),
            explain=self.explain,
        )


class SearchBody(BodyOptions):
    """The body of POST /search."""

    query: Annotated[str, _QUESTION]


class BatchBody(BodyOptions):
    """The body of POST /search/batch; the options are those of every question."""

    queries: Annotated[list[Annotated[str, _QUESTION]], Field(min_length=1, description="Some questions.")]


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

    @classmethod
    def of(cls, edit: Edit) -> Self:
        """Return the wire form of an edit."""
        return cls(start=edit.start, end=edit.end, replacement=edit.replacement, rule=edit.rule)


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
    """Both sides' own scores: cosine around the means, and BM25 (null where no word is shared)."""

    dense: float
    lexical: float | None


class StandingOut(BaseModel):
    """Where a passage stood after one stage; the rank is null where that stage left it out."""

    stage: Stage
    rank: int | None
    score: float


class ResultOut(BaseModel):
    """One passage; `start` and `end` count characters in the original article."""

    rank: int
    score: Annotated[float, Field(ge=0, le=1, description="The probability that the passage answers.")]
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
    stages: Annotated[list[StandingOut], Field(exclude_if=lambda stages: not stages)] = []

    @classmethod
    def of(cls, result: Result) -> Self:
        """Return the wire form of a result."""
        passage = result.passage
        scores = {standing.stage: standing.score for standing in result.stages}
        return cls(
            rank=result.rank,
            score=result.score,
            text=passage.text,
            highlights=[Span(start=span.start, end=span.end) for span in result.highlights],
            passage_id=passage.id,
            start=passage.start,
            end=passage.end,
            headings=list(passage.headings),
            article=ArticleOut.of(passage.article),
            edits=[EditOut.of(edit) for edit in passage.edits],
            also_in=[CopyOut.of(copy) for copy in result.also_in],
            scores=Scores(dense=scores[Stage.DENSE], lexical=scores[Stage.LEXICAL] or None) if scores else None,
            stages=[StandingOut(stage=one.stage, rank=one.rank, score=one.score) for one in result.stages],
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
        return cls(
            snapshot=info.snapshot,
            encoder=info.encoder,
            passages=info.passages,
            settings=info.settings,
            calibrated=info.calibrated,
        )


class ChangeOut(BaseModel):
    """What was corrected; `start` and `end` count in the question as it was normalised."""

    start: int
    end: int
    given: str
    replacement: str


class SearchOut(BaseModel):
    """The answer to a question; `answerable` and `answer_probability` are null while nothing is calibrated."""

    query: str
    answerable: Annotated[bool | None, Field(description="Whether the index holds an answer.")]
    answer_probability: Annotated[float | None, Field(description="How likely that is.")]
    corrected: Annotated[str | None, Field(description="The question as it was searched for, if a typo was corrected.")]
    changes: list[ChangeOut]
    dangers: Annotated[list[Danger], Field(description="Of what the question tells; `answerable` is never false then.")]
    notices: Annotated[
        list[str],
        Field(
            description="What a client must show: first, before the results, an urgent line for each of `dangers`, in "
            "their order, with whom to call; last, that this is no legal advice."
        ),
    ]
    results: list[ResultOut]
    index: IndexOut
    took_ms: float

    @classmethod
    def of(cls, question: str, answer: Answer, index: IndexInfo, took_ms: float) -> Self:
        """Return the wire form of an answer."""
        return cls(
            query=question,
            answerable=answer.answerable,
            answer_probability=answer.probability,
            corrected=answer.corrected,
            changes=[ChangeOut(**change._asdict()) for change in answer.changes],
            dangers=list(answer.dangers),
            notices=notices_for(answer.dangers),
            results=[ResultOut.of(result) for result in answer.results],
            index=IndexOut.of(index),
            took_ms=took_ms,
        )


class BatchOut(BaseModel):
    """The answers to some questions, in their order."""

    answers: list[SearchOut]


class Status(BaseModel):
    """The answer of the health checks."""

    status: str
    index: IndexOut | None = None


class ReloadOut(BaseModel):
    """The answer to a wish to reload: what is served now."""

    status: Annotated[ReloadStatus, Field(description="Whether that was loaded just now, or served already.")]
    index: IndexOut


class ErrorDetail(BaseModel):
    """What went wrong, and what to do."""

    code: str
    message: str
    hint: str


class ErrorBody(BaseModel):
    """The body of every error."""

    error: ErrorDetail
