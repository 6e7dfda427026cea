"""Documents of a case: put into the file by a plain form, sealed, and given back to be saved, never shown in a page."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath

from api.auth import needs
from api.casework.actions import Asked as Wanted
from api.casework.attachments import BEGINS
from api.casework.errors import ActionRefused, AttachmentRefused
from api.casework.schemas import File
from api.casework.states import Action
from api.console.naming import named
from api.console.rendering import page, seen_other
from api.console.views.acts import conflict, version_of
from api.errors import InvalidBody, Mistake, Stale
from api.personal import Purpose
from api.reads import Reading
from api.roles import Permission
from api.routes.cases import saved
from api.service import Service

Asked = Request[Any, Any, Any]
Fields = Mapping[str, str]
FORM_BYTES = 6_200_000  #: the largest document that can be allowed, with what a form puts around it
_LONGEST_NAME = 200


class Taken(msgspec.Struct, frozen=True):
    """What the form says is taken."""

    types: tuple[str, ...]
    mebibytes: float

    @property
    def names(self) -> str:
        """The types as people call them."""
        return ", ".join(each.rpartition("/")[2].upper() for each in self.types)


def taken(service: Service) -> Taken:
    """Tell what documents this service takes."""
    settings = service.settings
    return Taken(settings.attachment_types, round(settings.attachment_limit_bytes / 2**20, 1))


@post(
    "/cases/{case_id:str}/attachments",
    guards=[needs(Permission.WORK_CASES)],
    status_code=303,
    request_max_body_size=FORM_BYTES,
)
async def attach(
    request: Asked, case_id: FromPath[str], service: NamedDependency[Service], form: NamedDependency[dict[str, str]]
) -> Response[Any]:
    """Put a document into the file; the form was checked as every other one."""
    sent = (await request.form()).get("document")
    upload = sent if isinstance(sent, UploadFile) else None
    content = await upload.read() if upload else b""
    return await asyncio.to_thread(_attach, request, service, case_id, form, _given(upload, content))


def _attach(request: Asked, service: Service, case_id: str, form: Fields, given: File | None) -> Response[Any]:
    try:
        service.cases.attach(Wanted(request.user, case_id, frozenset({version_of(form)})), _chosen(given))
    except Stale:
        return conflict(request, service, case_id, Action.ATTACH, form)
    except (InvalidBody, ActionRefused, AttachmentRefused) as refused:
        view = service.case_views.of(case_id, request.user)
        values = {**named(view, service), "taken": taken(service), "mistakes": refused.mistakes}
        return page(request, "attach.html", values, 422)
    return seen_other(f"/console/cases/{case_id}?done=attach")


def _chosen(given: File | None) -> File:
    if given is None:
        remedy = "choose a file that is not empty"
        raise InvalidBody(mistakes=[Mistake("document", "no document was chosen", remedy)])
    return given


def _given(upload: UploadFile | None, content: bytes) -> File | None:
    """Make what is sealed of what a browser sent: its type is told by the first bytes, its name has no path."""
    if upload is None or not content:
        return None
    known = (kind for kind, beginnings in BEGINS.items() if content.startswith(beginnings))
    plain = "".join(each for each in upload.filename if each.isprintable() and each not in "/\\").strip()
    return File(plain[-_LONGEST_NAME:] or "document", next(known, upload.content_type)[:100], content)


@get("/cases/{case_id:str}/attachments/{index:int}", guards=[needs(Permission.READ_CASES)], sync_to_thread=True)
def fetch(
    request: Asked, case_id: FromPath[str], index: FromPath[int], service: NamedDependency[Service]
) -> Response[bytes]:
    """Give a document to be saved; that somebody read it is an entry."""
    reading = Reading(request.user.actor, Purpose.REVIEW)
    return saved(service.cases.attachments.fetch(case_id, index, request.user, reading))


handlers = [attach, fetch]
