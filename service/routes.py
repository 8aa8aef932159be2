"""Answer each address."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from embeddings.errors import QuestionError
from embeddings.questions import check_question
from service.answering import Answering, Asked, of_batch
from service.index_holder import IndexHolder
from service.noting import notes_of
from service.schemas import (
    BatchBody,
    BatchOut,
    ErrorBody,
    IndexOut,
    SearchBody,
    SearchOut,
    SearchParameters,
    Status,
)

router = APIRouter()
# What stands in a decoded address for bytes that are not UTF-8.
_UNDECODABLE = "\ufffd"
_ERRORS: dict[int, dict[str, object]] = {
    400: {"model": ErrorBody, "description": "The body cannot be read as JSON in UTF-8."},
    422: {"model": ErrorBody, "description": "The question or a parameter cannot be used."},
    503: {"model": ErrorBody, "description": "No index is loaded, or too many questions are under way."},
}


def _errors(*statuses: int) -> dict[int | str, dict[str, object]]:
    return {status: _ERRORS[status] for status in statuses}


def _holder(request: Request) -> IndexHolder:
    holder = request.app.state.holder
    if not isinstance(holder, IndexHolder):
        raise TypeError(f"the application holds a {type(holder).__name__}, an IndexHolder was wanted")
    return holder


def _answering(request: Request) -> Answering:
    answering = request.app.state.answering
    if not isinstance(answering, Answering):
        raise TypeError(f"the application holds a {type(answering).__name__}, an Answering was wanted")
    return answering


# The answer comes as JSON, made off the event loop; the model says in the schema what is in it.
@router.get("/search", response_model=SearchOut, responses=_errors(422, 503))
async def search_by_address(request: Request, parameters: Annotated[SearchParameters, Query()]) -> Response:
    """Return the passages that answer a question.

    A question about debts is sensitive, and addresses end up in logs: prefer POST where you can.
    """
    if _UNDECODABLE in parameters.q:
        raise QuestionError("the question in the address is not UTF-8; encode it as UTF-8, or POST it")
    options = parameters.model_dump(exclude={"q"})
    return await _search(request, SearchBody(query=parameters.q, **options))


@router.post("/search", response_model=SearchOut, responses=_errors(400, 422, 503))
async def search(request: Request, body: SearchBody) -> Response:
    """Return the passages that answer a question."""
    return await _search(request, body)


@router.post("/search/batch", response_model=BatchOut, responses=_errors(400, 422, 503))
async def search_batch(request: Request, body: BatchBody) -> Response:
    """Return the answers to some questions, in their order: all of them, or an error.

    Each of them counts against a rate, and among those under way, as if it were asked alone.
    """
    answering, options = _answering(request), body.options()
    answering.check_batch(len(body.queries))
    notes_of(request.scope).charge(len(body.queries) - 1)
    with _holder(request).lease() as searcher:
        stages = notes_of(request.scope).stages
        asked = [
            Asked(_checked(place, question), options, searcher, stages=stages)
            for place, question in enumerate(body.queries)
        ]
        return Response(await answering.answer_all(asked), media_type="application/json")


def _checked(place: int, question: str) -> str:
    try:
        return check_question(question)
    except QuestionError as error:
        raise of_batch(place, error) from error


async def _search(request: Request, body: SearchBody) -> Response:
    # One lease for all of it: the index may be replaced meanwhile.
    with _holder(request).lease() as searcher:
        stages = notes_of(request.scope).stages
        asked = Asked(check_question(body.query), body.options(), searcher, stages=stages)
        return Response(await _answering(request).answer(asked), media_type="application/json")


# What watches a service asks for no more than the head; the server leaves the body out.
@router.head("/healthz", include_in_schema=False)
@router.get("/healthz")
def healthz() -> Status:
    """Return 200 while the process answers."""
    return Status(status="alive")


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", responses=_errors(503))
def readyz(request: Request) -> Status:
    """Return 200 once an index is loaded, 503 before."""
    with _holder(request).lease() as searcher:
        return Status(status="ready", index=IndexOut.of(searcher.info))
