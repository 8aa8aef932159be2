"""Put the service together."""

from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline

from embeddings.searcher import Searcher
from service.errors import PRIVATE_HEADERS, install_error_handlers
from service.routes import router

_WEB = Path(__file__).parent / "web"
# The page runs its own script and style only, and talks to this service only.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    # Without its script the form would send the question as part of an address: it may not.
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def create_app(searcher: Searcher | None) -> FastAPI:
    """Return the application.

    Args:
        searcher: answers the questions; without one, searches and /readyz answer 503.
    """
    # The interactive documentation comes from files of a package, so that it works offline.
    app = FastAPIOffline(
        title="债问 Zhaiwen",
        summary="Passages that answer questions about debt collection, traceable to their source.",
        version=version("zhaiwen"),
        redoc_url=None,
        # Without this the page asks a public validator about our schema.
        swagger_ui_parameters={"validatorUrl": None},
    )
    app.state.searcher = searcher
    app.include_router(router)
    install_error_handlers(app)
    app.mount("/web", StaticFiles(directory=_WEB), name="web")

    @app.get("/", include_in_schema=False)
    def page() -> FileResponse:
        return FileResponse(_WEB / "index.html", headers={"Content-Security-Policy": _PAGE_POLICY})

    @app.middleware("http")
    async def keep_private(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        response.headers.update(PRIVATE_HEADERS)
        return response

    return app
