"""``/cases/{id}/letter``: the answer to the applicant that ends a case."""

from __future__ import annotations

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath

from api.auth import needs
from api.letters.serving import LetterOperation, chosen, served
from api.personal import Purpose
from api.reads import Reading
from api.roles import Permission
from api.routes.described import problems
from api.routes.filters import Caller
from api.routes.notices import As, In
from api.service import Service
from engine.vocabulary import Language


@get(
    "/{case_id:str}/letter",
    guards=[needs(Permission.READ_CASES, Permission.APPEAL)],
    responses={
        200: ResponseSpec(
            str, generate_examples=False, description="The letter; as PDF if asked for", media_type="text/html"
        ),
        **problems(400, 401, 403, 404, 406, 410, 501, 503),
    },
    operation_class=LetterOperation,
    summary="The letter that ends a case",
    sync_to_thread=True,
)
def letter(
    request: Caller,
    case_id: FromPath[str],
    service: NamedDependency[Service],
    language: In = Language.ZH,
    named: As = None,
) -> Response[bytes]:
    """Write what the applicant is told of a concluded case; that it was read is an entry."""
    wanted = chosen(request, named)
    reading = Reading(request.user.actor, Purpose.LETTER)
    written = service.case_letters.letter(case_id, language, request.user, reading)
    return served(written, wanted, f"case-{case_id}-{language}")


router = Router("/cases", route_handlers=[letter], tags=["cases"])
