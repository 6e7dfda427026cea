"""``/subjects/{subject}/automation-refusal``: whether somebody is decided about by machine alone."""

from __future__ import annotations

from litestar import Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from api.auth import needs
from api.automation.refusing import AutomationRefusal
from api.roles import Permission
from api.routes.described import problems
from api.routes.filters import Caller
from api.service import Service

_MAY = [needs(Permission.REFUSE_AUTOMATION)]


@get(
    "/{subject:str}/automation-refusal",
    guards=_MAY,
    responses=problems(400, 401, 403),
    summary="Whether automation is refused",
    sync_to_thread=True,
)
def standing(subject: FromPath[str], service: NamedDependency[Service]) -> AutomationRefusal:
    """Tell whether a person decides about somebody; who is not known has refused nothing."""
    return service.refusals.of(subject)


@post(
    "/{subject:str}/automation-refusal",
    guards=_MAY,
    status_code=200,
    responses=problems(400, 401, 403, 503),
    summary="Refuse automation",
    sync_to_thread=True,
)
def refuse(request: Caller, subject: FromPath[str], service: NamedDependency[Service]) -> AutomationRefusal:
    """Record that somebody refuses decisions made only automatically: from then on a person decides about them."""
    return service.refusals.refuse(subject, request.user.actor)


@delete(
    "/{subject:str}/automation-refusal",
    guards=_MAY,
    status_code=200,
    responses=problems(400, 401, 403, 404, 503),
    summary="Allow automation again",
    sync_to_thread=True,
)
def allow(request: Caller, subject: FromPath[str], service: NamedDependency[Service]) -> AutomationRefusal:
    """Record that somebody took their refusal back; whoever recorded it may, and staff who see all decisions."""
    return service.refusals.allow(subject, request.user)


router = Router("/subjects", route_handlers=[standing, refuse, allow], tags=["subjects"])
