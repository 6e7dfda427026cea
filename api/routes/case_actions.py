"""``POST /cases/{id}/...``: each action, at the version the caller saw (If-Match), once per idempotency key."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody

from api.auth import needs
from api.casework.actions import Asked
from api.casework.desk import Done
from api.casework.schemas import CaseState, Conclusion, File, Question, Reply, Written
from api.etags import etag, expected
from api.roles import Permission
from api.routes.described import problems
from api.routes.filters import Caller
from api.service import Service

IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        max_length=2_000,
        description='The ETag of what you act on, as you read it, e.g. `"3"`; required.',
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
CaseId = FromPath[str]
Serves = NamedDependency[Service]
Stands = Response[CaseState]

_PLAIN: Any = {
    "status_code": 200,
    "responses": problems(400, 401, 403, 404, 409, 412, 422, 428, 503),
    "sync_to_thread": True,
}
_BODY: Any = {**_PLAIN, "responses": problems(400, 401, 403, 404, 409, 410, 412, 413, 415, 422, 428, 503)}
_STAFF: Any = {"guards": [needs(Permission.WORK_CASES)]}
_PARTY: Any = {"guards": [needs(Permission.APPEAL)]}
_EITHER: Any = {"guards": [needs(Permission.WORK_CASES, Permission.APPEAL)]}
_SUPERVISOR: Any = {"guards": [needs(Permission.SUPERVISE_CASES)]}

#: A document of the largest size that can be allowed, as base64, with what stands around it.
_DOCUMENT_BYTES = 8_100_000


@post("/{case_id:str}/claim", summary="Claim a case", **_PLAIN, **_STAFF)
def claim(request: Caller, case_id: CaseId, service: Serves, if_match: IfMatch = None, key: Key = None) -> Stands:
    """Take a case on; the claim is a lease that expires unless it is renewed."""
    return _told(request, service.cases.claim(_asked(request, case_id, if_match, key)))


@post("/{case_id:str}/renew", summary="Renew a claim", **_PLAIN, **_STAFF)
def renew(request: Caller, case_id: CaseId, service: Serves, if_match: IfMatch = None, key: Key = None) -> Stands:
    """Begin the lease anew."""
    return _told(request, service.cases.renew(_asked(request, case_id, if_match, key)))


@post("/{case_id:str}/release", summary="Release a case", **_PLAIN, **_STAFF)
def release(request: Caller, case_id: CaseId, service: Serves, if_match: IfMatch = None, key: Key = None) -> Stands:
    """Let go of a case; a supervisor may release what another has claimed."""
    return _told(request, service.cases.release(_asked(request, case_id, if_match, key)))


@post("/{case_id:str}/note", summary="Write a note", **_BODY, **_STAFF)
def note(
    request: Caller,
    case_id: CaseId,
    data: JSONBody[Written],
    service: Serves,
    if_match: IfMatch = None,
    key: Key = None,
) -> Stands:
    """Write something down for the file; the applicant is not shown it."""
    return _told(request, service.cases.note(_asked(request, case_id, if_match, key), data))


@post("/{case_id:str}/ask", summary="Ask the applicant", **_BODY, **_STAFF)
def ask(
    request: Caller,
    case_id: CaseId,
    data: JSONBody[Question],
    service: Serves,
    if_match: IfMatch = None,
    key: Key = None,
) -> Stands:
    """Ask the applicant for information; the case waits until it is answered, or the day for the answer is over."""
    return _told(request, service.cases.ask(_asked(request, case_id, if_match, key), data))


@post("/{case_id:str}/answer", summary="Answer for the applicant", **_BODY, **_PARTY)
def answer(
    request: Caller, case_id: CaseId, data: JSONBody[Reply], service: Serves, if_match: IfMatch = None, key: Key = None
) -> Stands:
    """Answer what was asked; facts that are put right are decided on again, and the reviewer sees the verdict."""
    return _told(request, service.cases.answer(_asked(request, case_id, if_match, key), data))


@post(
    "/{case_id:str}/attachments",
    summary="Attach a document",
    request_max_body_size=_DOCUMENT_BYTES,
    **_BODY,
    **_EITHER,
)
def attach(
    request: Caller, case_id: CaseId, data: JSONBody[File], service: Serves, if_match: IfMatch = None, key: Key = None
) -> Stands:
    """Add a document to the file, as base64; its type is recognised by its first bytes, its content and name sealed."""
    return _told(request, service.cases.attach(_asked(request, case_id, if_match, key), data))


@post("/{case_id:str}/recommend", summary="Recommend a conclusion", **_BODY, **_STAFF)
def recommend(
    request: Caller,
    case_id: CaseId,
    data: JSONBody[Conclusion],
    service: Serves,
    if_match: IfMatch = None,
    key: Key = None,
) -> Stands:
    """Propose how a case should end, for a second person to approve; the claim ends with it."""
    return _told(request, service.cases.recommend(_asked(request, case_id, if_match, key), data))


@post("/{case_id:str}/approve", summary="Approve a recommendation", **_BODY, **_STAFF)
def approve(request: Caller, case_id: CaseId, service: Serves, if_match: IfMatch = None, key: Key = None) -> Stands:
    """Conclude a case exactly as another person recommended."""
    return _told(request, service.cases.approve(_asked(request, case_id, if_match, key)))


@post("/{case_id:str}/decline", summary="Decline a recommendation", **_BODY, **_STAFF)
def decline(
    request: Caller,
    case_id: CaseId,
    data: JSONBody[Written],
    service: Serves,
    if_match: IfMatch = None,
    key: Key = None,
) -> Stands:
    """Say why a case should not end as another person recommended."""
    return _told(request, service.cases.decline(_asked(request, case_id, if_match, key), data))


@post("/{case_id:str}/escalate", summary="Escalate a case", **_BODY, **_STAFF)
def escalate(
    request: Caller,
    case_id: CaseId,
    data: JSONBody[Written],
    service: Serves,
    if_match: IfMatch = None,
    key: Key = None,
) -> Stands:
    """Hand a case to the supervisors."""
    return _told(request, service.cases.escalate(_asked(request, case_id, if_match, key), data))


@post("/{case_id:str}/extend", summary="Put the deadline off", **_BODY, **_SUPERVISOR)
def extend(
    request: Caller,
    case_id: CaseId,
    data: JSONBody[Written],
    service: Serves,
    if_match: IfMatch = None,
    key: Key = None,
) -> Stands:
    """Approve that a case takes longer, for a reason, by as much as the jurisdiction grants."""
    return _told(request, service.cases.extend(_asked(request, case_id, if_match, key), data))


@post("/{case_id:str}/conclude", summary="Conclude a case", **_BODY, **_STAFF)
def conclude(
    request: Caller,
    case_id: CaseId,
    data: JSONBody[Conclusion],
    service: Serves,
    if_match: IfMatch = None,
    key: Key = None,
) -> Stands:
    """End a case with result, reasons, grounds and the applicant's answer; where it decides, a new decision follows."""
    return _told(request, service.cases.conclude(_asked(request, case_id, if_match, key), data))


@post("/{case_id:str}/withdraw", summary="Withdraw a case", **_BODY, **_PARTY)
def withdraw(
    request: Caller,
    case_id: CaseId,
    data: JSONBody[Written],
    service: Serves,
    if_match: IfMatch = None,
    key: Key = None,
) -> Stands:
    """End a case because the applicant wants it no more; the decision stands as it stood."""
    return _told(request, service.cases.withdraw(_asked(request, case_id, if_match, key), data))


def _asked(request: Caller, case_id: str, if_match: str | None, key: str | None) -> Asked:
    return Asked(request.user, case_id, expected(if_match), (key or "").strip())


def _told(request: Caller, done: Done) -> Stands:
    headers = {"ETag": etag(done.case.version), **({"Idempotent-Replayed": "true"} if done.repeated else {})}
    return Response(CaseState.of(done.case, staff=request.user.may(Permission.READ_CASES)), headers=headers)


_ACTIONS = [claim, renew, release, note, ask, answer, attach, recommend, approve, decline, escalate, extend, conclude]
router = Router("/cases", route_handlers=[*_ACTIONS, withdraw], tags=["cases"])
