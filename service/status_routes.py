"""Tell an operator what is served, and how it was built."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Self

from fastapi import APIRouter
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from embeddings.records import BuildReport, IndexInfo, Precision
from service.errors import NotReadyError
from service.index_holder import IndexHolder
from service.schemas import ErrorBody, IndexOut

_PAGE = Path(__file__).parent / "web" / "status.html"


class BuildOut(BaseModel):
    """How the snapshot was built."""

    precision: Precision
    dimension: Annotated[int, Field(description="Components of a vector.")]
    duplicate_groups: int
    duplicate_passages: int
    left_out: Annotated[int, Field(description="Files and articles that gave no passage.")]
    measured: Annotated[dict[str, float], Field(description="By the gate, on the questions that the index has.")]
    refusals: Annotated[list[str], Field(description="What the gate had against the snapshot.")]
    forced: Annotated[str, Field(description="Why it was published all the same; empty where the gate let it through.")]

    @classmethod
    def of(cls, report: BuildReport) -> Self:
        """Return the wire form of a report."""
        return cls(
            precision=report.precision,
            dimension=report.dimension,
            duplicate_groups=report.duplicate_groups,
            duplicate_passages=report.duplicate_passages,
            left_out=report.left_out,
            measured=dict(report.measured),
            refusals=list(report.refusals),
            forced=report.forced,
        )


class IndexDetails(IndexOut):
    """What is served, and how it was built."""

    articles: int
    created: Annotated[str, Field(description="When the snapshot was built, in ISO 8601; empty where nobody knows.")]
    loaded: Annotated[str, Field(description="When this service loaded it, in ISO 8601.")]
    build: BuildOut | None

    @classmethod
    def since(cls, info: IndexInfo, loaded_at: float) -> Self:
        """Return the wire form of an index that was loaded at a time in seconds since 1970."""
        return cls(
            **IndexOut.of(info).model_dump(),
            articles=info.articles,
            created=info.created,
            loaded=datetime.fromtimestamp(loaded_at, UTC).isoformat(timespec="seconds"),
            build=BuildOut.of(info.build) if info.build else None,
        )


def status_router(holder: IndexHolder) -> APIRouter:
    """Return the addresses of the operators' corner."""
    router = APIRouter()

    @router.get("/index", responses={503: {"model": ErrorBody, "description": "No index is loaded."}})
    def index() -> IndexDetails:
        """Return what is served, and how it was built."""
        state = holder.state()
        if state.index is None:
            raise NotReadyError("no index is loaded")
        return IndexDetails.since(state.index, state.loaded_at)

    @router.get("/status", include_in_schema=False)
    def page() -> FileResponse:
        return FileResponse(_PAGE)

    return router
