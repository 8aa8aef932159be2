"""Put the service together."""

from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline

from service.admin import Gate, Reloading, admin_router
from service.errors import PRIVATE_HEADERS, install_error_handlers
from service.index_holder import IndexHolder
from service.metrics import CONTENT_TYPE, Metrics
from service.routes import router
from service.settings import Settings

_WEB = Path(__file__).parent / "web"
# The page runs its own script and style only, and talks to this service only.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    # Without its script the form would send the question as part of an address: it may not.
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def create_app(
    settings: Settings, holder: IndexHolder, reloading: Reloading | None = None, metrics: Metrics | None = None
) -> FastAPI:
    """Return the application.

    Args:
        settings: who may give orders.
        holder: lends the index that answers; while it holds none, searches and /readyz answer 503.
        reloading: loads what is new when asked; without it, there is no /admin/reload.
        metrics: of this holder, if somebody else counts in them, too.
    """
    counted = metrics or Metrics(holder)
    # The interactive documentation comes from files of a package, so that it works offline.
    app = FastAPIOffline(
        title="债问 Zhaiwen",
        summary="Passages that answer questions about debt collection, traceable to their source.",
        version=version("zhaiwen"),
        redoc_url=None,
        # Without this the page asks a public validator about our schema.
        swagger_ui_parameters={"validatorUrl": None},
    )
    app.state.holder = holder
    app.include_router(router)
    if reloading is not None:
        app.include_router(admin_router(reloading, Gate(settings.admin_token)))
    install_error_handlers(app)
    app.mount("/web", StaticFiles(directory=_WEB), name="web")

    @app.get("/", include_in_schema=False)
    def page() -> FileResponse:
        return FileResponse(_WEB / "index.html", headers={"Content-Security-Policy": _PAGE_POLICY})

    @app.get("/metrics", response_class=PlainTextResponse)
    def show_metrics() -> Response:
        """Return the metrics in Prometheus's text format."""
        return Response(counted.text(), media_type=CONTENT_TYPE)

    @app.middleware("http")
    async def keep_private(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        response.headers.update(PRIVATE_HEADERS)
        return response

    return app
