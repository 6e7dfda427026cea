"""``/decisions/{id}/explanation``: why, derived how, and what would have changed it."""

from __future__ import annotations

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from api.auth import needs
from api.personal import Purpose
from api.reads import Reading
from api.roles import Permission
from api.routes.decisions import ReadFor, visible
from api.routes.described import problems
from api.routes.filters import Caller
from api.schemas import DecisionExplanation
from api.service import Service


@get(
    "/{decision_id:str}/explanation",
    guards=[needs(Permission.READ_OWN, Permission.READ_ALL)],
    responses=problems(400, 401, 403, 404, 410, 503),
    summary="Explain a decision",
    sync_to_thread=True,
)
def explanation(
    request: Caller, decision_id: FromPath[str], service: NamedDependency[Service], purpose: ReadFor = Purpose.FETCH
) -> DecisionExplanation:
    """Give reasons and trace as recorded, the derivation graph, and recourse; that somebody read them is an entry."""
    found = visible(request.user, decision_id, service)
    return service.explanations.of(found.id, found.index, Reading(request.user.actor, purpose))


router = Router("/decisions", route_handlers=[explanation], tags=["decisions"])
