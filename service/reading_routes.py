"""Show articles and passages to those who read on."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from service.article_schemas import ArticlesOut, NeighbourhoodOut, OriginalOut
from service.errors import UnknownArticleError, UnknownPassageError
from service.index_holder import IndexHolder
from service.schemas import ErrorBody

MAX_ARTICLES = 1000
_SHOWN_CHARACTERS = 100
_NO_INDEX: dict[int | str, dict[str, object]] = {503: {"model": ErrorBody, "description": "No index is loaded."}}
_UNKNOWN: dict[int | str, dict[str, object]] = {
    404: {"model": ErrorBody, "description": "The index holds no such article or passage."}
}
_INVALID: dict[int | str, dict[str, object]] = {422: {"model": ErrorBody, "description": "A parameter cannot be used."}}


def reading_router(holder: IndexHolder) -> APIRouter:
    """Return the addresses of articles and passages."""
    router = APIRouter()

    @router.get("/articles", responses=_NO_INDEX | _INVALID)
    def articles(
        offset: Annotated[int, Query(ge=0, le=2**31, description="How many articles to leave out first.")] = 0,
        limit: Annotated[int, Query(ge=1, le=MAX_ARTICLES, description="How many to return.")] = 100,
    ) -> ArticlesOut:
        """Return the articles of the index, and the tags and sources that filters can name."""
        with holder.lease() as searcher:
            store = searcher.passages
            facets = store.facets
            return ArticlesOut.of(store.article_count(), store.articles(offset, limit), facets.tags, facets.sources)

    # An id may hold slashes: it is all that follows. In an address it is percent-encoded, slashes too
    # where one of its parts is "..", which clients would otherwise resolve themselves.
    @router.get("/articles/{article_id:path}", responses=_NO_INDEX | _UNKNOWN)
    def article(
        article_id: Annotated[str, Path(description="An article's id, percent-encoded.", examples=["home-visits"])],
    ) -> OriginalOut:
        """Return an article with its original text, in which `start` and `end` of its passages count."""
        with holder.lease() as searcher:
            found = searcher.passages.article(article_id)
            if found is None:
                raise UnknownArticleError(f"there is no article {_shown(article_id)} in this index")
            return OriginalOut.of(found, searcher.passages.places_of(article_id))

    @router.get("/passages/{passage_id}", responses=_NO_INDEX | _UNKNOWN)
    def passage(
        passage_id: Annotated[str, Path(description="The `passage_id` of a result.")],
    ) -> NeighbourhoodOut:
        """Return a passage with its neighbours; another way of cutting articles gives passages other ids."""
        with holder.lease() as searcher:
            found = searcher.passages.neighbourhood(passage_id)
            if found is None:
                raise UnknownPassageError(f"there is no passage {_shown(passage_id)} in this index")
            return NeighbourhoodOut.of(found)

    return router


def _shown(id_: str) -> str:
    return repr(id_ if len(id_) <= _SHOWN_CHARACTERS else f"{id_[:_SHOWN_CHARACTERS]}…")
