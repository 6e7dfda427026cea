"""``/log``: the signed head and the leaves, byte for byte."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath

from api import queries
from api.auth import needs
from api.errors import Mistake, NotFound
from api.roles import Permission, Principal
from api.routes.described import problems, returns
from api.service import Service
from audit import AuditError
from audit.serving import resource


@get(
    "/checkpoint",
    guards=[needs(Permission.READ_HEAD)],
    media_type="text/plain",
    responses=problems(401, 403),
    summary="The signed head of the log",
    sync_to_thread=True,
)
def checkpoint(service: NamedDependency[Service]) -> str:
    """Give the newest checkpoint (C2SP tlog-checkpoint): origin, size, root hash and signature."""
    return service.log.checkpoint().text


@get(
    "/entries/{index:int}",
    guards=[needs(Permission.READ_LOG, Permission.READ_OWN)],
    responses={200: returns(dict[str, Any], "The entry, byte for byte"), **problems(400, 401, 403, 404)},
    summary="One leaf of the log",
    sync_to_thread=True,
)
def entry(
    request: Request[Principal, Any, Any], index: FromPath[int], service: NamedDependency[Service]
) -> Response[bytes]:
    """Give the bytes whose hash is the leaf; an integrator sees the leaves of its own decisions."""
    if not _visible(request.user, index, service):
        raise NotFound(mistakes=[Mistake("index", f"no entry `{index}` that is yours to see", _REMEDY)])
    return Response(service.log.entry(index), media_type="application/json")


@get(
    "/tile/{path:path}",
    guards=[needs(Permission.READ_LOG)],
    responses={
        200: ResponseSpec(
            bytes, generate_examples=False, description="Hashes or entries", media_type="application/octet-stream"
        ),
        **problems(400, 401, 403, 404),
    },
    summary="A tile of the log",
    sync_to_thread=True,
)
def tile(path: FromPath[str], service: NamedDependency[Service]) -> Response[bytes]:
    """Give hashes or entries by their C2SP tlog-tiles path; what is there once never changes."""
    try:
        content = resource(service.log, "tile" + path)
    except AuditError as error:
        raise NotFound(
            mistakes=[Mistake("path", str(error), "GET /log/checkpoint says how many entries there are")]
        ) from None
    return Response(content, media_type="application/octet-stream", headers=_FOR_EVER)


_FOR_EVER = {"Cache-Control": "private, max-age=31536000, immutable"}
_REMEDY = "GET /log/checkpoint says how many entries there are; an integrator sees those of its own decisions"


def _visible(principal: Principal, index: int, service: Service) -> bool:
    if not 0 <= index < service.log.size():
        return False
    if principal.may(Permission.READ_LOG):
        return True
    with service.log.engine.connect() as connection:
        found = queries.decision_at(connection, index)
    return found is not None and found.owner == principal.actor


router = Router("/log", route_handlers=[checkpoint, entry, tile], tags=["log"])
