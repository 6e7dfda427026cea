"""A credit line: how it stands, and every change with the decision behind it. That somebody looked is an entry."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from api.accounts.schemas import LineView
from api.accounts.viewing import Turned
from api.auth import needs
from api.console.days import taken
from api.console.naming import reason_names
from api.console.rendering import page
from api.errors import NotFound
from api.personal import Purpose
from api.reads import Reading
from api.roles import Permission
from api.service import Service

Asked = Request[Any, Any, Any]
ROWS = 100


@get("/lines", guards=[needs(Permission.READ_ALL)], sync_to_thread=True)
def show(request: Asked, service: NamedDependency[Service]) -> Response[str]:
    """Show the line of `subject`, or the form that asks for one."""
    asked = taken(dict(request.query_params), ("subject", "before"))
    line = None
    if "subject" in asked:
        before = int(asked["before"]) if asked.get("before", "").isdecimal() else None
        reading = Reading(request.user.actor, Purpose.REVIEW)
        line = _line(service, asked["subject"], Turned(ROWS, before), reading)
    values = {
        "line": line,
        "subject": asked.get("subject", ""),
        "reason_name": reason_names(service),
    }
    return page(request, "line.html", values, 404 if "subject" in asked and line is None else 200)


def _line(service: Service, subject: str, turned: Turned, reading: Reading) -> LineView | None:
    try:
        return service.line_views.line(subject, None, turned, reading)
    except NotFound:
        return None


handlers = [show]
