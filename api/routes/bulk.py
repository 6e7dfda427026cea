"""``/decisions/bulk``: many decisions in one request."""

from __future__ import annotations

from litestar import Response, Router, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.auth import needs
from api.bulk import Bulk, BulkAnswers, BulkRequest
from api.roles import Permission
from api.routes.described import problems, returns
from api.routes.filters import Caller
from api.routes.streamed import Streamed
from api.service import Service


@post(
    "/bulk",
    guards=[needs(Permission.DECIDE)],
    middleware=[Streamed],
    status_code=200,
    responses={
        200: returns(BulkAnswers, "What became of each item; those of status 201 are recorded"),
        **problems(400, 401, 403, 413, 415, 422, 503),
    },
    summary="Ask for many decisions",
)
async def decide_all(
    request: Caller, data: JSONBody[BulkRequest], service: NamedDependency[Service]
) -> Response[bytes]:
    """Decide every item as POST /decisions would, each durable before it is answered; one refused keeps none back.

    As `application/x-ndjson` each line is a BulkItem, and is answered by a BulkAnswer in its place as soon as it is
    durable, while others still come in.
    """
    request.app.state.gate.charge(request.scope, request.user, len(data.items) - 1)
    body = await Bulk(service.workflow, request.user).decide(data.items)
    return Response(body, media_type="application/json")


router = Router("/decisions", route_handlers=[decide_all], tags=["decisions"])
