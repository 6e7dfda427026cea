"""``/decisions/{id}/notice`` and ``/clocks``: what the applicant is written, that it was sent, and when it is due."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from api import queries
from api.auth import needs
from api.deadlines import DecisionClocks
from api.errors import Mistake, NotFound
from api.letters.notices import Issue, Issued
from api.letters.serving import Format, LetterOperation, chosen, served
from api.personal import Purpose
from api.queries import Found
from api.reads import Reading
from api.roles import Permission, Principal
from api.routes.described import problems
from api.routes.filters import Caller
from api.service import Service
from engine.vocabulary import Language

As = Annotated[Format | None, QueryParameter(name="format", description="In place of the Accept header")]
In = Annotated[Language, QueryParameter(description=Language.__doc__)]  # one text: Litestar keeps either, by chance
_MAY = [needs(Permission.READ_OWN, Permission.READ_ALL, Permission.READ_LETTERS)]


@get(
    "/{decision_id:str}/notice",
    guards=_MAY,
    responses={
        200: ResponseSpec(
            str, generate_examples=False, description="The letter; as PDF if asked for", media_type="text/html"
        ),
        **problems(400, 401, 403, 404, 406, 410, 501, 503),
    },
    operation_class=LetterOperation,
    summary="The applicant's notice",
    sync_to_thread=True,
)
def notice(
    request: Caller,
    decision_id: FromPath[str],
    service: NamedDependency[Service],
    language: In = Language.ZH,
    named: As = None,
) -> Response[bytes]:
    """Write the notice of a decision, always the same for the same decision; that it was read is an entry."""
    found = addressed(request.user, decision_id, service)
    wanted = chosen(request, named)
    letter = service.notices.letter(found, language, Reading(request.user.actor, Purpose.LETTER))
    return served(letter, wanted, f"notice-{found.id}-{language}")


@post(
    "/{decision_id:str}/notice",
    guards=[needs(Permission.ISSUE_NOTICE)],
    responses=problems(400, 401, 403, 404, 413, 415, 422, 503),
    summary="Record that the notice was issued",
    sync_to_thread=True,
)
def issue(
    request: Caller, decision_id: FromPath[str], data: JSONBody[Issue], service: NamedDependency[Service]
) -> Issued:
    """Record how and when it was issued: that ends the clock it was due by. A repetition gives the first entry."""
    return service.notices.issue(addressed(request.user, decision_id, service), data, request.user.actor)


@get(
    "/{decision_id:str}/clocks",
    guards=_MAY,
    responses=problems(400, 401, 403, 404),
    summary="Until when what is due",
    sync_to_thread=True,
)
def clocks(request: Caller, decision_id: FromPath[str], service: NamedDependency[Service]) -> DecisionClocks:
    """Give the periods the decision began under the law of the jurisdiction, and whether they were kept."""
    return service.deadlines.of(addressed(request.user, decision_id, service).index)


def addressed(principal: Principal, decision_id: str, service: Service) -> Found:
    """Find a decision whose letters are the caller's to see; raise NotFound."""
    with service.log.engine.connect() as connection:
        found = queries.decision(connection, decision_id)
    everybody = principal.may(Permission.READ_ALL) or principal.may(Permission.READ_LETTERS)
    if found is None or not (everybody or found.owner == principal.actor):
        message = f"no decision `{decision_id[:80]}` that is yours to see"
        raise NotFound(mistakes=[Mistake("decision_id", message, "GET /decisions lists those that are")])
    return found


router = Router("/decisions", route_handlers=[notice, issue, clocks], tags=["decisions"])
