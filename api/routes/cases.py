"""``/cases``: what waits for a person, and what may be done with it."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody

from api.auth import needs
from api.casework.actions import Asked
from api.casework.desk import Done
from api.casework.schemas import CaseState, Conclusion
from api.etags import etag, expected
from api.roles import Permission
from api.routes.described import problems
from api.routes.filters import Caller
from api.service import Service

IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match", max_length=2_000, description='The ETag of the case as you read it, e.g. `"3"`; required.'
    ),
]
Key = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        max_length=255,
        description="A random value of your own; a repetition with it answers as the first request did.",
    ),
]
_REFUSALS = problems(400, 401, 403, 404, 409, 412, 428, 503)
_BODY = problems(400, 401, 403, 404, 409, 410, 412, 413, 415, 422, 428, 503)
_WORK: Any = {"guards": [needs(Permission.WORK_CASES)], "status_code": 200, "sync_to_thread": True}


@post("/{case_id:str}/claim", responses=_REFUSALS, summary="Claim a case", **_WORK)
def claim(
    request: Caller,
    case_id: FromPath[str],
    service: NamedDependency[Service],
    if_match: IfMatch = None,
    key: Key = None,
) -> Response[CaseState]:
    """Take a case on; the claim is a lease that expires unless it is renewed."""
    return _told(service.cases.claim(asked(request, case_id, if_match, key)))


@post("/{case_id:str}/renew", responses=_REFUSALS, summary="Renew a claim", **_WORK)
def renew(
    request: Caller,
    case_id: FromPath[str],
    service: NamedDependency[Service],
    if_match: IfMatch = None,
    key: Key = None,
) -> Response[CaseState]:
    """Begin the lease anew."""
    return _told(service.cases.renew(asked(request, case_id, if_match, key)))


@post("/{case_id:str}/release", responses=_REFUSALS, summary="Release a case", **_WORK)
def release(
    request: Caller,
    case_id: FromPath[str],
    service: NamedDependency[Service],
    if_match: IfMatch = None,
    key: Key = None,
) -> Response[CaseState]:
    """Let go of a case; a supervisor may release what another has claimed."""
    return _told(service.cases.release(asked(request, case_id, if_match, key)))


@post("/{case_id:str}/conclude", responses=_BODY, summary="Conclude a case", **_WORK)
def conclude(
    request: Caller,
    case_id: FromPath[str],
    data: JSONBody[Conclusion],
    service: NamedDependency[Service],
    if_match: IfMatch = None,
    key: Key = None,
) -> Response[CaseState]:
    """End a case with result, reasons, grounds and the applicant's answer; where it decides, a new decision follows."""
    return _told(service.cases.conclude(asked(request, case_id, if_match, key), data))


def asked(request: Caller, case_id: str, if_match: str | None, key: str | None) -> Asked:
    """Say who asks for what; raise what `etags.expected` raises."""
    return Asked(request.user, case_id, expected(if_match), (key or "").strip())


def _told(done: Done) -> Response[CaseState]:
    headers = {"ETag": etag(done.case.version), **({"Idempotent-Replayed": "true"} if done.repeated else {})}
    return Response(CaseState.of(done.case), headers=headers)


router = Router("/cases", route_handlers=[claim, renew, release, conclude], tags=["cases"])
