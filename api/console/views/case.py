"""One case on one page: what it is about and why, what people wrote, and what may be done about it, by whom."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from api.accounts.schemas import LineView
from api.accounts.viewing import Turned
from api.auth import needs
from api.console.naming import named
from api.console.rendering import page
from api.console.sketch import picture
from api.console.telling import Teller
from api.console.views.acts import FORMS
from api.console.views.decision import of_the_same
from api.console.views.documents import taken
from api.errors import NotFound
from api.personal import Purpose
from api.reads import Reading
from api.roles import Permission
from api.routes.decisions import visible
from api.service import Service

Asked = Request[Any, Any, Any]
_CHANGES = 5  #: of the line; its own page has all


@get("/cases/{case_id:str}", guards=[needs(Permission.READ_CASES)], sync_to_thread=True)
def show(request: Asked, case_id: FromPath[str], service: NamedDependency[Service]) -> Response[str]:
    """Show a case; that somebody read its file and the decision it is about are entries."""
    view = service.case_views.of(case_id, request.user)
    reading = Reading(request.user.actor, Purpose.REVIEW)
    found = visible(request.user, view.case.decision, service)
    account = service.explanations.account(found.index, reading)
    file = service.dossiers.open(case_id, request.user, reading)
    whole = request.query_params.get("graph") == "whole"
    values = {
        **named(view, service),
        "file": file,
        "found": found,
        "account": account,
        "decision": account.decision,
        "tell": Teller(account),
        "picture": picture(account.graph, whole=whole),
        "whole": whole,
        "earlier": of_the_same(service, found.index),
        "line": _line(service, file.subject, reading),
        "size": service.log.covering_size(found.index),
        "now": service.ledger.now(),
        "taken": taken(service),
        "forms": FORMS,
        "done": request.query_params.get("done", ""),
    }
    return page(request, "case.html", values)


def _line(service: Service, subject: str | None, reading: Reading) -> LineView | None:
    """Give the newest changes of a subject's line, if one is kept."""
    try:
        return service.line_views.line(subject or "", None, Turned(_CHANGES), reading)
    except NotFound:
        return None


handlers = [show]
