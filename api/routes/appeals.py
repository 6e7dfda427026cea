"""``/appeals``: say that a decision is wrong, and have a person look at it."""

from __future__ import annotations

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody
from msgspec.structs import replace

from api.auth import needs
from api.casework import listing
from api.casework.listing import CasePage
from api.casework.schemas import AppealReceived, AppealRequest
from api.casework.states import CaseKind
from api.casework.viewing import CaseView
from api.etags import etag
from api.roles import Permission
from api.routes.cases import CaseFilter
from api.routes.decisions import IdempotencyKey, required
from api.routes.described import problems
from api.routes.filters import Caller, refuse_unknown
from api.service import Service

_OWN = [needs(Permission.APPEAL, Permission.READ_CASES)]


@post(
    "/",
    guards=[needs(Permission.APPEAL)],
    responses=problems(400, 401, 403, 404, 409, 410, 413, 415, 422, 503),
    summary="Appeal against a decision",
    sync_to_thread=True,
)
def file(
    request: Caller,
    data: JSONBody[AppealRequest],
    service: NamedDependency[Service],
    idempotency_key: IdempotencyKey = None,
) -> Response[AppealReceived]:
    """File an appeal with a statement and, if facts were wrong, the right ones; it is acknowledged at once."""
    done = service.cases.file(request.user, data, required(idempotency_key))
    headers = {"Location": f"/cases/{done.case.id}", "ETag": etag(done.case.version)}
    repeated = {"Idempotent-Replayed": "true"} if done.repeated else {}
    return Response(AppealReceived.of(done.case), status_code=201, headers={**headers, **repeated})


@get(
    "/",
    guards=_OWN,
    dependencies={"chosen": Provide(CaseFilter, sync_to_thread=False)},
    responses=problems(400, 401, 403),
    summary="Find appeals",
    sync_to_thread=True,
)
def find(request: Caller, service: NamedDependency[Service], chosen: NamedDependency[CaseFilter]) -> CasePage:
    """List the appeals that are the caller's to see, as `GET /cases` lists cases."""
    refuse_unknown(request, CaseFilter)
    which = replace(chosen.which(request.user), kind=CaseKind.APPEAL)
    with service.log.engine.connect() as connection:
        return listing.page(connection, service.ledger.cursors, which, chosen.turned(service), service.ledger.now())


@get(
    "/{case_id:str}",
    guards=_OWN,
    responses=problems(400, 401, 403, 404),
    summary="Show an appeal",
    sync_to_thread=True,
)
def show(request: Caller, case_id: FromPath[str], service: NamedDependency[Service]) -> Response[CaseView]:
    """Give how an appeal stands, as `GET /cases/{id}` does."""
    view = service.case_views.of(case_id, request.user)
    return Response(view, headers={"ETag": etag(view.case.version)})


router = Router("/appeals", route_handlers=[file, find, show], tags=["appeals"])
