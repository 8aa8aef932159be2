"""Answer each address."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from embeddings.errors import QuestionError
from embeddings.questions import check_question
from service.answering import Answering, Asked
from service.errors import UnknownArticleError
from service.index_holder import IndexHolder
from service.schemas import (
    ErrorBody,
    IndexOut,
    OriginalOut,
    SearchBody,
    SearchOut,
    SearchParameters,
    Status,
)

router = APIRouter()
# What stands in a decoded address for bytes that are not UTF-8.
_UNDECODABLE = "\ufffd"
_SHOWN_CHARACTERS = 100
_ERRORS: dict[int, dict[str, object]] = {
    400: {"model": ErrorBody, "description": "The body cannot be read as JSON in UTF-8."},
    404: {"model": ErrorBody, "description": "The index holds no such article."},
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


async def _search(request: Request, body: SearchBody) -> Response:
    # One lease for all of it: the index may be replaced meanwhile.
    with _holder(request).lease() as searcher:
        asked = Asked(check_question(body.query), body.options(), searcher)
        return Response(await _answering(request).answer(asked), media_type="application/json")


# An id may hold slashes: it is all that follows. In an address it is percent-encoded, slashes too
# where one of its parts is "..", which clients would otherwise resolve themselves.
@router.get("/articles/{article_id:path}", responses=_errors(404, 503))
def article(
    request: Request,
    article_id: Annotated[str, Path(description="An article's id, percent-encoded.", examples=["home-visits"])],
) -> OriginalOut:
    """Return an article with its original text, in which `start` and `end` of its passages count."""
    with _holder(request).lease() as searcher:
        found = searcher.passages.article(article_id)
        if found is None:
            shown = article_id if len(article_id) <= _SHOWN_CHARACTERS else f"{article_id[:_SHOWN_CHARACTERS]}…"
            raise UnknownArticleError(f"there is no article {shown!r} in this index")
        return OriginalOut.of(found, searcher.passages.sections_of(article_id))


@router.get("/healthz")
def healthz() -> Status:
    """Return 200 while the process answers."""
    return Status(status="alive")


@router.get("/readyz", responses=_errors(503))
def readyz(request: Request) -> Status:
    """Return 200 once an index is loaded, 503 before."""
    with _holder(request).lease() as searcher:
        return Status(status="ready", index=IndexOut.of(searcher.info))
