"""``/decisions``: ask for one, find them, fetch one and its receipt."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter

from api import queries
from api.auth import demand, demand_policy, needs
from api.errors import InvalidParameter, Mistake, NotFound
from api.personal import Purpose
from api.queries import Found
from api.reads import Reading
from api.roles import Permission, Principal
from api.routes.deciding import MOST_KEY, decided
from api.routes.described import problems, returns
from api.routes.filters import Caller, DecisionFilter, Turning, pages, refuse_unknown
from api.routes.straight import Straight
from api.schemas import DecisionAnswer, DecisionPage, DecisionPreview, DecisionRequest
from api.service import Service

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        max_length=MOST_KEY,
        description="A random value of your own, e.g. a UUID, one for each thing you ask for; required unless dry_run.",
    ),
]
ReadFor = Annotated[Purpose, QueryParameter(description="Why it is read; the log records it")]
_MINE = (Permission.READ_OWN, Permission.READ_ALL)


@post(
    "/",
    guards=[needs(Permission.DECIDE, Permission.PREVIEW)],
    middleware=[Straight],
    responses={
        201: returns(
            DecisionAnswer, "Decided and recorded; a repetition gives the same bytes and `Idempotent-Replayed: true`"
        ),
        200: returns(DecisionPreview, "The answer of a dry run; nothing was recorded"),
        **problems(400, 401, 403, 409, 413, 415, 422, 503),
    },
    summary="Ask for a decision",
)
async def ask(
    request: Caller,
    data: JSONBody[DecisionRequest],
    service: NamedDependency[Service],
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Decide about a subject under a policy, record it in the log and answer once it is durable there."""
    demand_policy(request.user, data.policy)
    if data.dry_run:
        demand(request.user, Permission.PREVIEW)
        return _json(service.workflow.preview(data), 200)
    demand(request.user, Permission.DECIDE)
    answer, headers = await decided(service, request.user, data, required(idempotency_key, "; or set dry_run"))
    return _json(answer, 201, headers)


@get(
    "/",
    guards=[needs(*_MINE)],
    dependencies={
        "chosen": Provide(DecisionFilter, sync_to_thread=False),
        "turning": Provide(Turning, sync_to_thread=False),
    },
    responses=problems(400, 401, 403),
    summary="Find decisions",
    sync_to_thread=True,
)
def find(
    request: Caller,
    service: NamedDependency[Service],
    chosen: NamedDependency[DecisionFilter],
    turning: NamedDependency[Turning],
) -> DecisionPage:
    """List decisions, a page at a time; an integrator sees the ones made with its own key."""
    refuse_unknown(request, DecisionFilter, Turning)
    where = chosen.where(service, request.user)
    with service.log.engine.connect() as connection:
        return pages(service, connection).decisions(where, turning.paging(service))


@get(
    "/{decision_id:str}",
    guards=[needs(*_MINE)],
    responses={
        200: returns(DecisionAnswer, "The decision as it was first answered"),
        **problems(400, 401, 403, 404, 410, 503),
    },
    summary="Fetch a decision",
    sync_to_thread=True,
)
def fetch(
    request: Caller, decision_id: FromPath[str], service: NamedDependency[Service], purpose: ReadFor = Purpose.FETCH
) -> Response[bytes]:
    """Serve the bytes the decision was answered with; that somebody read them is an entry of the log."""
    found = visible(request.user, decision_id, service)
    return _json(service.workflow.stored(found.index, Reading(request.user.actor, purpose)), 200)


@get(
    "/{decision_id:str}/receipt",
    guards=[needs(*_MINE)],
    media_type="text/plain",
    responses=problems(400, 401, 403, 404),
    summary="Fetch the receipt",
    sync_to_thread=True,
)
def receipt(request: Caller, decision_id: FromPath[str], service: NamedDependency[Service]) -> str:
    """Give the proof that the decision stands in the log (C2SP tlog-proof): checkable offline, by anybody, for ever."""
    return service.log.receipt(visible(request.user, decision_id, service).index)


def visible(principal: Principal, decision_id: str, service: Service) -> Found:
    """Find a decision that is the caller's to see; raise NotFound."""
    with service.log.engine.connect() as connection:
        found = queries.decision(connection, decision_id)
    if found is None or not (principal.may(Permission.READ_ALL) or found.owner == principal.actor):
        message = f"no decision `{decision_id[:80]}` that is yours to see"
        raise NotFound(mistakes=[Mistake("decision_id", message, "GET /decisions lists those that are")])
    return found


def required(key: str | None, or_else: str = "") -> str:
    """Give the idempotency key of a request that must have one, unless it is made `or_else`; raise InvalidParameter."""
    if key is None or not key.strip():
        remedy = f"send a random value of your own, so that a retry does nothing twice{or_else}"
        raise InvalidParameter(mistakes=[Mistake("Idempotency-Key", "the header is missing", remedy)])
    return key


def _json(body: bytes, status: int, headers: dict[str, str] | None = None) -> Response[bytes]:
    return Response(body, status_code=status, media_type="application/json", headers=headers or {})


router = Router("/decisions", route_handlers=[ask, find, fetch, receipt], tags=["decisions"])
