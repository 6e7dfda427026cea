"""``/decisions/{id}/replay``: decide again, as then or otherwise, and say what changed."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from api.auth import needs
from api.personal import Purpose
from api.reads import Reading
from api.replay import Ask, Replayed
from api.roles import Permission
from api.routes.decisions import visible
from api.routes.described import problems
from api.routes.filters import Caller
from api.service import Service


class ReplayRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Under which version of the policy, its own if left out, and with which facts put right."""

    version: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    facts: Annotated[dict[str, Any], Meta(max_length=500)] = {}


@post(
    "/{decision_id:str}/replay",
    guards=[needs(Permission.REPLAY)],
    responses=problems(400, 401, 403, 404, 410, 413, 415, 422, 503),
    summary="Decide again",
    sync_to_thread=True,
)
def replay(
    request: Caller, decision_id: FromPath[str], data: JSONBody[ReplayRequest], service: NamedDependency[Service]
) -> Replayed:
    """Decide again from what the log holds; the recorded decision stays what it is, and the replay is an entry."""
    found = visible(request.user, decision_id, service)
    reading = Reading(request.user.actor, Purpose.REPLAY)
    return service.replays.of(found.id, found.index, Ask(data.version, data.facts), reading)


router = Router("/decisions", route_handlers=[replay], tags=["decisions"])
