"""Letters as the applicant gets them: of a decision and of a concluded case, to read, to print, or as PDF."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from api.auth import needs
from api.console.rendering import reader_of
from api.letters.serving import Format, served
from api.personal import Purpose
from api.reads import Reading
from api.roles import Permission
from api.routes.decisions import visible
from api.service import Service
from engine.vocabulary import Language

Asked = Request[Any, Any, Any]
In = Annotated[Language | None, QueryParameter(name="language")]
As = Annotated[Format, QueryParameter(name="format")]


@get("/decisions/{decision_id:str}/letter", guards=[needs(Permission.READ_ALL)], sync_to_thread=True)
def notice(
    request: Asked,
    decision_id: FromPath[str],
    service: NamedDependency[Service],
    language: In = None,
    kind: As = Format.HTML,
) -> Response[bytes]:
    """Show the notice of a decision; that it was read is an entry."""
    found = visible(request.user, decision_id, service)
    wanted = language or Language(reader_of(request).language)
    letter = service.notices.letter(found, wanted, Reading(request.user.actor, Purpose.LETTER))
    return served(letter, kind, f"decision-{found.id}-{wanted}")


@get("/cases/{case_id:str}/letter", guards=[needs(Permission.READ_CASES)], sync_to_thread=True)
def answer(
    request: Asked,
    case_id: FromPath[str],
    service: NamedDependency[Service],
    language: In = None,
    kind: As = Format.HTML,
) -> Response[bytes]:
    """Show the answer that ended a case; that it was read is an entry."""
    wanted = language or Language(reader_of(request).language)
    reading = Reading(request.user.actor, Purpose.LETTER)
    letter = service.case_letters.letter(case_id, wanted, request.user, reading)
    return served(letter, kind, f"case-{case_id}-{wanted}")


handlers = [notice, answer]
