"""The composition root: settings in, a Litestar application out. Nothing else in the package joins the parts."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.middleware import DefineMiddleware

from api import page, watching
from api.admission import Admitted, Gate, admission
from api.closed import BoundedTuples, ClosedStructs
from api.console.assembly import console
from api.errors import TracingRefused
from api.headers import Headers
from api.intake import StrictRequest, one_key
from api.ledger import Clock, NewId, new_id, utc_now
from api.logs import RequestLog, faults_told, log_adopted
from api.methods import allow
from api.metrics import Standing
from api.problems import present
from api.recording import Apart
from api.routes.every import every
from api.service import Service
from api.settings import Settings

if TYPE_CHECKING:
    from api.tracing import Tracing

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


def create_app(
    settings: Settings | None = None,
    now: Clock = utc_now,
    ids: NewId = new_id,
    tracing: Tracing | None = None,
    *,
    apart: bool = False,
) -> Litestar:
    """Open the service and build its application; raise PolicyError or AuditError if it cannot be served.

    The application owns the service, and `tracing` (that of the settings, if none is given): its shutdown drains the
    writer, closes the log and sends the last traces. `apart` records decisions in a process of its own, by the system's
    clock.
    """
    settings = settings or Settings()
    tracing = tracing or _traced(settings)
    service = Service.open(settings, now, ids, tracing)
    if service.log.adopted:
        log_adopted(service.log.adopted)
    try:
        gate = admission(service, time.monotonic)
    except BaseException:
        service.close()
        raise
    service.meters.add(Standing(service))
    app = _application(service, gate, _closing(service, tracing, apart=apart))
    return _around(app, service, gate, tracing)


def _application(service: Service, gate: Gate, lifespan: Lifespan) -> Litestar:
    settings = service.settings
    return Litestar(
        route_handlers=[*every(service), page.assets(), *console(service, settings)],
        dependencies={"service": Provide(lambda: service, sync_to_thread=False)},
        middleware=[DefineMiddleware(Admitted, gate=gate)],
        exception_handlers={Exception: present},
        request_class=StrictRequest,
        before_request=one_key,
        request_max_body_size=settings.body_limit_bytes,
        lifespan=[lifespan],
        openapi_config=page.config(_version()),
        plugins=[ClosedStructs(), BoundedTuples()],
        state=_state(service, gate),
        logging_config=None,
        pdb_on_exception=False,
    )


def _state(service: Service, gate: Gate) -> State:
    """Give what those look up who are not handed the service."""
    settings = service.settings
    return State(
        {
            "json_depth": settings.json_depth,
            "retry_after_seconds": settings.retry_after_seconds,
            "reloading": service.reloading,
            "gate": gate,
            "service": service,
            "console_zone": settings.zone,
        }
    )


def _around(app: Litestar, service: Service, gate: Gate, tracing: Tracing | None) -> Litestar:
    """Log and complete every answer, of paths nobody serves too; trace around that, so that lines name their trace."""
    marks, heads = tracing.marks if tracing else None, Headers(service.settings.hsts_seconds, gate.told)
    app.asgi_handler = RequestLog(app.asgi_handler, served=service.meters.served, marks=marks, heads=(heads.add, allow))
    if tracing:
        app.asgi_handler = tracing.requests(app.asgi_handler)
    return app


def _traced(settings: Settings) -> Tracing | None:
    if not settings.tracing:
        return None
    try:
        from api.tracing import Tracing
    except ImportError:
        remedy = "pip install 'grounds[otel]'"
        raise TracingRefused(f"GROUNDS_TRACING is on, and the extra `otel` is not installed ({remedy})") from None
    return Tracing.from_environment()


def _closing(service: Service, tracing: Tracing | None, *, apart: bool) -> Lifespan:
    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None, None]:
        with faults_told():
            service.workflow.periods.warm(service.ledger.now())
            asking = watching.start(service.settings, service.log, service.ledger.now)
            delivery = service.webhooks.start()
            if apart:
                recorder = service.workflow.apart = (tracing.apart if tracing else Apart)(service.settings)
                await recorder.begin()
        try:
            yield
        finally:
            if service.workflow.apart is not None:
                await service.workflow.apart.close()
            delivery.close()
            if asking is not None:
                asking.close()
            service.close()
            if tracing is not None:
                tracing.close()

    return lifespan


def _version() -> str:
    try:
        return version("grounds")
    except PackageNotFoundError:  # a source tree that was never installed
        return "0.0.0"
