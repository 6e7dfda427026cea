"""The search of decisions, with what is found counted, addresses that can be shared, and a CSV of it all."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Stream

from api.auth import needs
from api.console.finding import Search, asked_of
from api.console.languages import N_
from api.console.naming import reason_names
from api.console.rendering import page, reader_of
from api.exports import Export
from api.roles import Permission
from api.routes.exports import packed
from api.service import Service

Asked = Request[Any, Any, Any]
ROWS = 50
LABELS = {
    "subject": N_("Subject"),
    "outcome": N_("Outcome"),
    "policy": N_("Policy"),
    "version": N_("Version"),
    "reason": N_("Reason"),
    "rule": N_("Rule that fired"),
    "actor": N_("Asked by"),
    "since": N_("From"),
    "until": N_("To"),
}


@get("/decisions", guards=[needs(Permission.READ_ALL)], sync_to_thread=True)
def find(request: Asked, service: NamedDependency[Service]) -> Response[str]:
    """Find decisions."""
    search = Search(asked_of(request), request.user, service, reader_of(request).zone)
    found = search.page(min(ROWS, service.settings.page_limit))
    values = {
        "search": search,
        "found": found,
        "facets": search.facets(),
        "labels": LABELS,
        "reason_name": reason_names(service),
    }
    return page(request, "decisions.html", values)


@post("/decisions/export", guards=[needs(Permission.EXPORT)], sync_to_thread=True, status_code=201)
def export(request: Asked, service: NamedDependency[Service], form: NamedDependency[dict[str, str]]) -> Stream:
    """Carry what was found out as CSV, with the manifest that proves it; an entry says so."""
    search = Search(form, request.user, service, reader_of(request).zone)
    return packed(service, Export("csv", search.where, request.user.actor, most=service.settings.export_limit))


handlers = [find, export]
