"""``/matters``: complaints, disputes, access requests and counter-offers, with the day each has to be answered by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter

from api.auth import needs
from api.etags import etag, expected
from api.matters.desk import Asked, Done
from api.matters.matter import MatterKind
from api.matters.schemas import (
    MatterAnswer,
    MatterEnd,
    MatterExtension,
    MatterFile,
    MatterPage,
    MatterRequest,
    MatterView,
)
from api.matters.viewing import WhichMatters
from api.personal import Purpose
from api.reads import Reading
from api.roles import Permission, Principal
from api.routes.case_actions import IfMatch
from api.routes.decisions import IdempotencyKey, required
from api.routes.described import problems
from api.routes.filters import Caller, Limit, NextPage, refuse_unknown
from api.service import Service

_SEE = [needs(Permission.RAISE_MATTERS)]
_STEP = problems(400, 401, 403, 404, 409, 410, 412, 413, 415, 422, 428, 503)


@dataclass(frozen=True)
class MatterFilter:
    """What matters are narrowed to; several filters narrow together."""

    kind: Annotated[MatterKind | None, QueryParameter(description="What they are")] = None
    open: Annotated[
        bool | None, QueryParameter(description="Only those that are not ended, or only those that are")
    ] = None
    overdue: Annotated[bool, QueryParameter(description="Only those of which a last day is over")] = False
    cursor: NextPage = None
    limit: Limit = None

    def which(self, caller: Principal) -> WhichMatters:
        """Give what a caller's search is narrowed to."""
        everybody = caller.may(Permission.ANSWER_MATTERS) or caller.may(Permission.SPEAK_FOR_ALL)
        return WhichMatters(self.kind, None if everybody else caller.actor, self.open, self.overdue)


@post(
    "/",
    guards=_SEE,
    responses=problems(400, 401, 403, 404, 413, 415, 422, 503),
    summary="Raise a matter",
    sync_to_thread=True,
)
def take_in(
    request: Caller,
    data: JSONBody[MatterRequest],
    service: NamedDependency[Service],
    idempotency_key: IdempotencyKey = None,
) -> Response[MatterView]:
    """Record a complaint, dispute, access request or counter-offer; the periods of the jurisdiction begin."""
    return _shown(request, service, service.matters.take_in(data, request.user, required(idempotency_key)), 201)


@get(
    "/",
    guards=_SEE,
    dependencies={"chosen": Provide(MatterFilter, sync_to_thread=False)},
    responses=problems(400, 401, 403),
    summary="Find matters",
    sync_to_thread=True,
)
def find(request: Caller, service: NamedDependency[Service], chosen: NamedDependency[MatterFilter]) -> MatterPage:
    """List the matters that are the caller's to see, the newest first."""
    refuse_unknown(request, MatterFilter)
    limit = min(chosen.limit or service.settings.page_limit, service.settings.page_limit)
    return service.matter_views.page(chosen.which(request.user), limit, chosen.cursor)


@get(
    "/{matter_id:str}",
    guards=_SEE,
    responses=problems(400, 401, 403, 404),
    summary="Show a matter",
    sync_to_thread=True,
)
def show(request: Caller, matter_id: FromPath[str], service: NamedDependency[Service]) -> Response[MatterView]:
    """Give how a matter and its clocks stand; its ETag is for If-Match."""
    view = service.matter_views.of(matter_id, request.user)
    return Response(view, headers={"ETag": etag(view.version)})


@get(
    "/{matter_id:str}/file",
    guards=_SEE,
    responses=problems(400, 401, 403, 404, 410, 503),
    summary="Open the file of a matter",
    sync_to_thread=True,
)
def dossier(request: Caller, matter_id: FromPath[str], service: NamedDependency[Service]) -> MatterFile:
    """Give what was written and answered; that somebody read it is an entry of the log."""
    return service.matter_views.file(matter_id, request.user, Reading(request.user.actor, Purpose.COMPLAINT))


@post(
    "/{matter_id:str}/acknowledge",
    guards=[needs(Permission.ANSWER_MATTERS)],
    status_code=200,
    responses=_STEP,
    summary="Acknowledge a matter",
    sync_to_thread=True,
)
def acknowledge(
    request: Caller, matter_id: FromPath[str], service: NamedDependency[Service], if_match: IfMatch = None
) -> Response[MatterView]:
    """Record that whoever is concerned was told that it came in."""
    return _shown(request, service, service.matters.acknowledge(_asked(request, matter_id, if_match)))


@post(
    "/{matter_id:str}/answer",
    guards=[needs(Permission.ANSWER_MATTERS)],
    status_code=200,
    responses=_STEP,
    summary="Answer a matter",
    sync_to_thread=True,
)
def answer(
    request: Caller,
    matter_id: FromPath[str],
    data: JSONBody[MatterAnswer],
    service: NamedDependency[Service],
    if_match: IfMatch = None,
) -> Response[MatterView]:
    """Answer it, which ends it and its clocks; for a counter-offer this is the notice that it lapsed."""
    return _shown(request, service, service.matters.answer(_asked(request, matter_id, if_match), data))


@post(
    "/{matter_id:str}/extend",
    guards=[needs(Permission.SUPERVISE_CASES)],
    status_code=200,
    responses=_STEP,
    summary="Put the end of a matter off",
    sync_to_thread=True,
)
def extend(
    request: Caller,
    matter_id: FromPath[str],
    data: JSONBody[MatterExtension],
    service: NamedDependency[Service],
    if_match: IfMatch = None,
) -> Response[MatterView]:
    """Put it off once more, by as much as the jurisdiction grants, with a reason."""
    return _shown(request, service, service.matters.extend(_asked(request, matter_id, if_match), data))


@post(
    "/{matter_id:str}/end",
    guards=_SEE,
    status_code=200,
    responses=_STEP,
    summary="End a matter that needs no answer",
    sync_to_thread=True,
)
def end(
    request: Caller,
    matter_id: FromPath[str],
    data: JSONBody[MatterEnd],
    service: NamedDependency[Service],
    if_match: IfMatch = None,
) -> Response[MatterView]:
    """Withdraw it, or say that the counter-offer was taken up."""
    return _shown(request, service, service.matters.end(_asked(request, matter_id, if_match), data))


def _asked(request: Caller, matter: str, if_match: str | None) -> Asked:
    return Asked(request.user, matter, expected(if_match))


def _shown(request: Caller, service: Service, done: Done, status: int = 200) -> Response[MatterView]:
    view = service.matter_views.of(done.matter.id, request.user)
    headers = {"Location": f"/matters/{view.id}"} if status == 201 else {}
    repeated = {"Idempotent-Replayed": "true"} if done.repeated else {}
    return Response(view, status_code=status, headers={**headers, **repeated, "ETag": etag(view.version)})


router = Router(
    "/matters", route_handlers=[take_in, find, show, dossier, acknowledge, answer, extend, end], tags=["matters"]
)
