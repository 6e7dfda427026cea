"""``/metrics``: figures for whoever operates this, in the text format of Prometheus."""

from __future__ import annotations

from litestar import Response, Router, get

from api.auth import PUBLIC, needs
from api.metrics import CONTENT_TYPE, Meters
from api.roles import Permission
from api.routes.described import problems


def router(meters: Meters, *, public: bool) -> Router:
    """Serve the figures to keys that may read them, or to whoever can reach this if they are public."""

    @get(
        "/",
        guards=[] if public else [needs(Permission.READ_METRICS)],
        opt=PUBLIC if public else {},
        media_type="text/plain",
        responses={} if public else problems(401, 403),
        security=[{}] if public else None,
        summary="Figures for operators",
        sync_to_thread=True,
    )
    def metrics() -> Response[bytes]:
        """Give what this process counted and how log, writer and engine stand (Prometheus text format)."""
        return Response(meters.text(), headers={"Content-Type": CONTENT_TYPE})

    return Router("/metrics", route_handlers=[metrics], tags=["health"])
