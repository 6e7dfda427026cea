"""The composition root: settings in, a Litestar application out. Nothing else in the package joins the parts."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import PackageNotFoundError, version

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.middleware import DefineMiddleware

from api import page, watching
from api.auth import ApiKeyAuth, Doorkeeper
from api.closed import ClosedStructs
from api.headers import secure
from api.intake import StrictRequest
from api.ledger import Clock, NewId, new_id, utc_now
from api.logs import RequestLog, log_adopted
from api.methods import allow
from api.problems import present
from api.routes import decisions, entries, explanations, exports, health, log, policies, reloads, replays, subjects
from api.service import Service
from api.settings import Settings


def create_app(settings: Settings | None = None, now: Clock = utc_now, ids: NewId = new_id) -> Litestar:
    """Open the service and build its application; raise PolicyError or AuditError if it cannot be served.

    The application owns the service: its shutdown drains the writer and closes the log.
    """
    settings = settings or Settings()
    service = Service.open(settings, now, ids)
    if service.log.adopted:
        log_adopted(service.log.adopted)
    doorkeeper = Doorkeeper(service.log.engine, settings.key_memory_seconds, time.monotonic)
    app = Litestar(
        route_handlers=[
            decisions.router,
            explanations.router,
            replays.router,
            log.router,
            entries.router,
            exports.router,
            subjects.router,
            policies.router,
            reloads.router,
            health.router,
            page.assets(),
        ],
        dependencies={"service": Provide(lambda: service, sync_to_thread=False)},
        middleware=[DefineMiddleware(ApiKeyAuth, doorkeeper=doorkeeper)],
        exception_handlers={Exception: present},
        request_class=StrictRequest,
        request_max_body_size=settings.body_limit_bytes,
        before_send=[secure, allow],
        lifespan=[_closing(service)],
        openapi_config=page.config(_version()),
        plugins=[ClosedStructs()],
        state=State(
            {
                "json_depth": settings.json_depth,
                "retry_after_seconds": settings.retry_after_seconds,
                "reloading": service.reloading,
            }
        ),
        logging_config=None,
        pdb_on_exception=False,
    )
    app.asgi_handler = RequestLog(app.asgi_handler)  # outermost, so that paths nobody serves are logged too
    return app


def _closing(service: Service) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None, None]:
        asking = watching.start(service.settings, service.log, service.ledger.now)
        try:
            yield
        finally:
            if asking is not None:
                asking.close()
            service.close()

    return lifespan


def _version() -> str:
    try:
        return version("grounds")
    except PackageNotFoundError:  # a source tree that was never installed
        return "0.0.0"
