"""``/policies/reload``: put what stands in the policy folder in force, without a restart."""

from __future__ import annotations

from litestar import Router, post
from litestar.di import NamedDependency

from api.auth import needs
from api.reloading import Reloaded
from api.roles import Permission
from api.routes.described import problems
from api.routes.filters import Caller
from api.service import Service


@post(
    "/reload",
    guards=[needs(Permission.RELOAD)],
    status_code=200,
    responses=problems(401, 403, 422, 503),
    summary="Reload the policies",
    sync_to_thread=True,
)
def reload(request: Caller, service: NamedDependency[Service]) -> Reloaded:
    """Try the folder in a process of its own, record what is new in it, and let it decide from the next decision on."""
    return service.reloading.run(request.user.actor)


router = Router("/policies", route_handlers=[reload], tags=["policies"])
