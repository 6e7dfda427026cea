"""``/lines``: how a credit line stands, what brought it there, and repayments."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from api.accounts.schemas import LineChange, LineView, RepaymentRequest
from api.accounts.viewing import Turned
from api.auth import needs
from api.personal import Purpose
from api.reads import Reading
from api.roles import Permission
from api.routes.decisions import IdempotencyKey, ReadFor, required
from api.routes.described import problems
from api.routes.filters import Caller
from api.service import Service

_Limit = Annotated[int, QueryParameter(ge=1, le=1_000, description="Most changes")]
_Before = Annotated[
    int | None, QueryParameter(ge=1, le=2**31 - 1, description="Only changes with a lower sequence; see `next`")
]


@get(
    "/{subject:str}",
    guards=[needs(Permission.READ_OWN, Permission.READ_ALL)],
    responses=problems(400, 401, 403, 404, 410, 503),
    summary="Show a line",
    sync_to_thread=True,
)
def show(
    request: Caller,
    subject: FromPath[str],
    service: NamedDependency[Service],
    limit: _Limit = 100,
    before: _Before = None,
    purpose: ReadFor = Purpose.FETCH,
) -> LineView:
    """Give status and amounts, and every change with the decision, rules and reasons behind it; the newest first.

    An integrator sees the lines it opened. That somebody read the amounts is an entry of the log.
    """
    owner = None if request.user.may(Permission.READ_ALL) else request.user.actor
    return service.line_views.line(subject, owner, Turned(limit, before), Reading(request.user.actor, purpose))


@post(
    "/{subject:str}/repayments",
    guards=[needs(Permission.REPAY)],
    responses=problems(400, 401, 403, 404, 409, 410, 413, 415, 422, 503),
    summary="Report a repayment",
    sync_to_thread=True,
)
def repay(
    request: Caller,
    subject: FromPath[str],
    data: JSONBody[RepaymentRequest],
    service: NamedDependency[Service],
    idempotency_key: IdempotencyKey = None,
) -> Response[LineChange]:
    """Lower what is drawn by principal that came back, or that was approved and never paid out; once per key."""
    key = required(idempotency_key)
    repaid = service.repayments.take(subject, data.amount_fen, request.user.actor, key)
    return Response(repaid.change, headers={"Idempotent-Replayed": "true"} if repaid.replayed else {})


router = Router("/lines", route_handlers=[show, repay], tags=["lines"])
