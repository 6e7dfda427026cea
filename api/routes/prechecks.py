"""``/pre-checks``: what an application would probably come to, without one."""

from __future__ import annotations

from litestar import Router, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.auth import demand_policy, needs
from api.prechecks import PreCheck, PreCheckRequest
from api.roles import Permission
from api.routes.described import problems
from api.routes.filters import Caller
from api.service import Service


@post(
    "/",
    guards=[needs(Permission.PRE_CHECK)],
    status_code=200,
    responses=problems(400, 401, 403, 413, 415, 422, 429, 503),
    summary="Estimate before applying",
)
async def pre_check(request: Caller, data: JSONBody[PreCheckRequest], service: NamedDependency[Service]) -> PreCheck:
    """Tell the applicant what an application looks likely to come to and what would help; nothing is recorded."""
    demand_policy(request.user, data.policy)
    return await service.pre_checks.estimate(data, request.user.actor)


router = Router("/pre-checks", route_handlers=[pre_check], tags=["decisions"])
