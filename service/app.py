"""Put the service together."""

from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI, Response
from fastapi.responses import FileResponse, PlainTextResponse
from fastapi_offline import FastAPIOffline
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from embeddings.encoders.query_cache import QueryCache
from service.access import Access
from service.admin import Gate, Reloading, admin_router
from service.answer_notes import AnswerNotes
from service.answering import Answering, Limits
from service.errors import (
    BodyTooLargeError,
    HeadersTooLargeError,
    NoKeyError,
    RateLimitedError,
    SlowBodyError,
    UrlTooLongError,
    documented,
    install_error_handlers,
)
from service.index_holder import IndexHolder
from service.key_ring import KeyRing
from service.listed_files import ListedFiles
from service.metrics import CONTENT_TYPE, Metrics
from service.observing import Observer
from service.reading_routes import reading_router
from service.request_limits import RequestLimits
from service.routes import router
from service.security_headers import DOCS_POLICY, PAGE_POLICY, WORKER_POLICY
from service.settings import Settings
from service.status_routes import status_router
from service.telemetry import Telemetry

_WEB = Path(__file__).parent / "web"
# What any address may answer, whatever it is for.
_OUTER_ERRORS = documented(
    NoKeyError, SlowBodyError, BodyTooLargeError, UrlTooLongError, RateLimitedError, HeadersTooLargeError
)


def create_app(
    settings: Settings,
    holder: IndexHolder,
    reloading: Reloading | None = None,
    keys: KeyRing | None = None,
    telemetry: Telemetry | None = None,
) -> FastAPI:
    """Return the application.

    Args:
        settings: how it answers, and who may give orders.
        holder: lends the index that answers; while it holds none, searches and /readyz answer 503.
        reloading: loads what is new when asked; without it, there is no /admin/reload.
        keys: who may ask at the moment; without any, everybody may.
        telemetry: what tells of the service; without it, metrics of its own.
    """
    observed, known = telemetry or Telemetry(Metrics(holder)), keys or KeyRing()
    # The interactive documentation comes from files of a package, so that it works offline.
    app = FastAPIOffline(
        title="债问 Zhaiwen",
        summary="Passages that answer questions about debt collection, traceable to their source.",
        version=version("zhaiwen"),
        redoc_url=None,
        responses=_OUTER_ERRORS,
        # Without this the page asks a public validator about our schema.
        swagger_ui_parameters={"validatorUrl": None},
    )
    app.state.holder = holder
    app.state.metrics = counted = observed.metrics
    notes = AnswerNotes(counted, observed.question_log)
    limits = Limits(settings.max_questions, settings.queue_seconds, settings.max_batch)
    app.state.answering = Answering(counted, notes, limits, QueryCache(settings.query_cache))
    app.include_router(router)
    app.include_router(reading_router(holder))
    app.include_router(status_router(holder))
    if reloading is not None:
        app.include_router(admin_router(reloading, Gate(settings.admin_token, known)))
    install_error_handlers(app)
    app.mount("/web", StaticFiles(directory=_WEB), name="web")
    _list_files(app)
    _add_pages(app, counted)
    _wrap(app, settings, observed, known)
    return app


def _add_pages(app: FastAPI, metrics: Metrics) -> None:
    @app.head("/", include_in_schema=False)
    @app.get("/", include_in_schema=False)
    def page() -> FileResponse:
        return FileResponse(_WEB / "index.html")

    # Beside the page, not in /web: a service worker rules the folder that it lies in.
    @app.get("/worker.js", include_in_schema=False)
    def worker() -> FileResponse:
        return FileResponse(_WEB / "worker.js", media_type="text/javascript")

    @app.get("/metrics", response_class=PlainTextResponse)
    def show_metrics() -> Response:
        """Return the metrics in Prometheus's text format."""
        return Response(metrics.text(), media_type=CONTENT_TYPE)


def _list_files(app: FastAPI) -> None:
    """Let what is mounted, by us and by the package of the documentation, give the files that it has now, only."""
    for route in app.routes:
        if isinstance(route, Mount) and isinstance(route.app, StaticFiles) and route.app.directory is not None:
            # The page has 100 kB, of gzip 40, which a phone far from a mast feels. Answers stay as they are.
            route.app = GZipMiddleware(ListedFiles(Path(route.app.directory)))


def _wrap(app: FastAPI, settings: Settings, telemetry: Telemetry, keys: KeyRing) -> None:
    """Put around the routes, from the inside to the outside: how much, who may ask, whose pages, and what is told."""
    app.add_middleware(RequestLimits, max_body_bytes=settings.max_body_bytes)
    app.add_middleware(Access, keys=keys, address_rate=settings.address_rate)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "X-Request-ID"],
            expose_headers=["Retry-After", "X-Request-ID"],
        )
    policies = {"/": PAGE_POLICY, "/status": PAGE_POLICY, "/worker.js": WORKER_POLICY, "/docs": DOCS_POLICY}
    app.add_middleware(Observer, telemetry=telemetry, policies=policies, log_requests=settings.log_requests)
