"""``/cases``: what waits for a person, how it stands, and what its file holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal
from urllib.parse import quote

from litestar import Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter

from api.auth import needs
from api.casework import listing
from api.casework.dossier import Dossier
from api.casework.listing import CasePage, Turned, WhichCases
from api.casework.schemas import File
from api.casework.states import CaseKind, State
from api.casework.viewing import CaseView
from api.etags import etag
from api.personal import Purpose
from api.reads import Reading
from api.roles import Permission, Principal
from api.routes.decisions import ReadFor
from api.routes.described import problems
from api.routes.filters import Caller, Limit, NextPage, moment, refuse_unknown
from api.service import Service

_SEE = [needs(Permission.READ_CASES, Permission.APPEAL)]


@dataclass(frozen=True)
class CaseFilter:
    """What cases are narrowed to, and how they are turned; several filters narrow together."""

    #: `state` on the wire; Litestar keeps that word to itself.
    stands: Annotated[
        State | None, QueryParameter(name="state", description="How it stands; a claim whose lease is over is open")
    ] = field(default=None, metadata={"name": "state"})
    kind: Annotated[CaseKind | None, QueryParameter(description="Why a person looks")] = None
    whose: Annotated[
        Literal["all", "mine", "unclaimed"],
        QueryParameter(description="`mine`: claimed by you; `unclaimed`: by nobody"),
    ] = "all"
    policy: Annotated[str | None, QueryParameter(max_length=100, description="The policy that decided")] = None
    decision: Annotated[str | None, QueryParameter(max_length=100, description="The decision it is about")] = None
    due_before: Annotated[
        str | None,
        QueryParameter(description="Due before this instant, RFC 3339", schema_extra={"format": "date-time"}),
    ] = None
    escalated: Annotated[bool | None, QueryParameter(description="Handed to the supervisors")] = None
    recommended: Annotated[bool | None, QueryParameter(description="A second person is waited for")] = None
    order: Annotated[Literal["due", "newest", "oldest"], QueryParameter(description="Which come first")] = "due"
    cursor: NextPage = None
    limit: Limit = None

    def which(self, caller: Principal) -> WhichCases:
        """Give what a caller's search is narrowed to; who speaks for applicants sees what is about their own."""
        staff = caller.may(Permission.READ_CASES)
        channel = caller.may(Permission.SPEAK_FOR_ALL)
        return WhichCases(
            state=self.stands,
            kind=self.kind,
            policy=self.policy,
            policies=None if caller.scope.policies is None else tuple(sorted(caller.scope.policies)),
            decision=self.decision,
            owner=None if staff or channel else caller.actor,
            opened_by=caller.actor if channel and not staff else None,
            holder=caller.actor if self.whose == "mine" and staff else None,
            unclaimed=self.whose == "unclaimed" and staff,
            due_before=moment("due_before", self.due_before),
            escalated=self.escalated,
            recommended=self.recommended if staff else None,
            inside=staff,
        )

    def turned(self, service: Service) -> Turned:
        """Give which page was asked for, within the service's limit."""
        limit = min(self.limit or service.settings.page_limit, service.settings.page_limit)
        return Turned(self.order, limit, self.cursor)


@get(
    "/",
    guards=_SEE,
    dependencies={"chosen": Provide(CaseFilter, sync_to_thread=False)},
    responses=problems(400, 401, 403),
    summary="Find cases",
    sync_to_thread=True,
)
def find(request: Caller, service: NamedDependency[Service], chosen: NamedDependency[CaseFilter]) -> CasePage:
    """List cases as they stand now, the most urgent first unless asked otherwise."""
    refuse_unknown(request, CaseFilter)
    cursors, now = service.ledger.cursors, service.ledger.now()
    with service.log.engine.connect() as connection:
        return listing.page(connection, cursors, chosen.which(request.user), chosen.turned(service), now)


@get(
    "/{case_id:str}",
    guards=_SEE,
    responses=problems(400, 401, 403, 404),
    summary="Show a case",
    sync_to_thread=True,
)
def show(request: Caller, case_id: FromPath[str], service: NamedDependency[Service]) -> Response[CaseView]:
    """Give how a case stands, its history, and what the caller may do with it or why not; its ETag is for If-Match."""
    view = service.case_views.of(case_id, request.user)
    return Response(view, headers={"ETag": etag(view.case.version)})


@get(
    "/{case_id:str}/file",
    guards=_SEE,
    responses=problems(400, 401, 403, 404, 410, 503),
    summary="Open the file of a case",
    sync_to_thread=True,
)
def dossier(
    request: Caller, case_id: FromPath[str], service: NamedDependency[Service], purpose: ReadFor = Purpose.REVIEW
) -> Dossier:
    """Give facts, statements, questions, answers and notes; that somebody read them is an entry of the log."""
    return service.dossiers.open(case_id, request.user, Reading(request.user.actor, purpose))


@get(
    "/{case_id:str}/attachments/{index:int}",
    guards=_SEE,
    responses={
        200: ResponseSpec(
            bytes, generate_examples=False, description="The file", media_type="application/octet-stream"
        ),
        **problems(400, 401, 403, 404, 410, 503),
    },
    summary="Fetch a document of a case",
    sync_to_thread=True,
)
def attachment(
    request: Caller,
    case_id: FromPath[str],
    index: FromPath[int],
    service: NamedDependency[Service],
    purpose: ReadFor = Purpose.REVIEW,
) -> Response[bytes]:
    """Give a document to be saved, never to be shown; that somebody read it is an entry of the log."""
    return saved(service.cases.attachments.fetch(case_id, index, request.user, Reading(request.user.actor, purpose)))


def saved(found: File) -> Response[bytes]:
    """Give a document as something no browser shows: it is saved under its name, and is of no type."""
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"}
    return Response(found.content, media_type="application/octet-stream", headers=headers)


router = Router("/cases", route_handlers=[find, show, dossier, attachment], tags=["cases"])
