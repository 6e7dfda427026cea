"""``/health``: whether the process lives, and whether it can decide and record."""

from __future__ import annotations

from litestar import Response, Router, get
from litestar.di import NamedDependency

from api.auth import PUBLIC
from api.routes.described import returns
from api.schemas import Health
from api.service import Service

_MEDIA_TYPE = "application/health+json"


@get("/live", media_type=_MEDIA_TYPE, summary="The process runs", sync_to_thread=False)
def live() -> Health:
    """Answer at all."""
    return Health("pass")


@get(
    "/ready",
    media_type=_MEDIA_TYPE,
    responses={503: returns(Health, "Something it needs is not there")},
    summary="It can decide and record",
    sync_to_thread=True,
)
def ready(service: NamedDependency[Service]) -> Response[Health]:
    """Check the database, the head of the log and the policies."""
    checks = service.checks()
    passed = "fail" not in checks.values()
    return Response(
        Health("pass" if passed else "fail", checks), status_code=200 if passed else 503, media_type=_MEDIA_TYPE
    )


router = Router("/health", route_handlers=[live, ready], tags=["health"], opt=PUBLIC, security=[{}])
