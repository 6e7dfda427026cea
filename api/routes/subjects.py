"""``/subjects``: what a person may ask for: all that is known about them, that it be erased; and what forbids it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from api.auth import needs
from api.personal import LONGEST_REASON
from api.roles import Permission, Principal
from api.routes.described import problems, returns
from api.service import Service
from api.standing import Standing
from api.subjects import Erasure, Held, Released

Caller = Request[Principal, Any, Any]
Reason = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=LONGEST_REASON,
        description="Why, e.g. a file number. It stands in the log for ever: name the matter, never the person.",
    ),
]


class ErasureRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why somebody is to be erased."""

    reason: Reason


class HoldRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why and until when nothing may be erased."""

    reason: Reason
    until: Annotated[dt.date, Meta(description="The first day on which the hold forbids nothing more")]


class ReleaseRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the holds are over."""

    reason: Reason


@get(
    "/{subject:str}",
    guards=[needs(Permission.READ_SUBJECT)],
    responses={
        200: returns(dict[str, Any], "Everything, readable, in Chinese and English, each entry with its receipt"),
        **problems(400, 401, 403, 404, 503),
    },
    summary="All that is known about a subject",
    sync_to_thread=True,
)
def export(request: Caller, subject: FromPath[str], service: NamedDependency[Service]) -> Response[bytes]:
    """Answer an access request: facts, decisions, reads, retention, each entry with its receipt; recorded as given."""
    document = service.access.document(subject, request.user.actor)
    return Response(msgspec.json.encode(document), media_type="application/json")


@get(
    "/{subject:str}/retention",
    guards=[needs(Permission.HOLD_SUBJECT, Permission.ERASE_SUBJECT)],
    responses=problems(400, 401, 403, 404),
    summary="How long it is kept",
    sync_to_thread=True,
)
def retention(subject: FromPath[str], service: NamedDependency[Service]) -> Standing:
    """Tell how long what is sealed must and will be kept, which holds are in force, and whether an erasure waits."""
    return service.subjects.standing(subject)


@post(
    "/{subject:str}/erase",
    guards=[needs(Permission.ERASE_SUBJECT)],
    responses=problems(400, 401, 403, 413, 415, 422, 503),
    summary="Erase a subject",
    status_code=200,
    sync_to_thread=True,
)
def erase(
    request: Caller, subject: FromPath[str], data: JSONBody[ErasureRequest], service: NamedDependency[Service]
) -> Erasure:
    """Erase somebody, or record that it waits and until when; who is not known, or not any more, is `unknown`."""
    return service.subjects.erase(subject, data.reason, request.user.actor)


@post(
    "/{subject:str}/hold",
    guards=[needs(Permission.HOLD_SUBJECT)],
    responses=problems(400, 401, 403, 404, 413, 415, 422, 503),
    summary="Forbid the erasure of a subject",
    sync_to_thread=True,
)
def hold(
    request: Caller, subject: FromPath[str], data: JSONBody[HoldRequest], service: NamedDependency[Service]
) -> Held:
    """Place a hold: until its day nothing of the subject is erased or removed."""
    return service.subjects.hold(subject, data.reason, data.until, request.user.actor)


@delete(
    "/{subject:str}/hold",
    guards=[needs(Permission.HOLD_SUBJECT)],
    responses=problems(400, 401, 403, 404, 413, 415, 422, 503),
    summary="End the holds on a subject",
    status_code=200,
    sync_to_thread=True,
)
def release(
    request: Caller, subject: FromPath[str], data: JSONBody[ReleaseRequest], service: NamedDependency[Service]
) -> Released:
    """End all holds that are in force."""
    return service.subjects.release(subject, data.reason, request.user.actor)


router = Router("/subjects", route_handlers=[export, retention, erase, hold, release], tags=["subjects"])
