"""One's own password: whoever was handed one chooses another before anything else."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from api.admission import Gate
from api.auth import needs
from api.console.entrance import HOME, Entrance, session_cookie, visitor_of
from api.console.rendering import page, seen_other
from api.errors import InvalidBody, Mistake, NotFound, Unauthenticated
from api.roles import Permission, Principal
from api.service import Service
from api.users.passwords import LONGEST, SHORTEST

Asked = Request[Any, Any, Any]


@get("/password", guards=[needs(Permission.CONSOLE)], sync_to_thread=False)
def form(request: Asked) -> Response[str]:
    """Show the form."""
    _own(request)
    return _form(request)


def _form(request: Asked, mistakes: tuple[Mistake, ...] = ()) -> Response[str]:
    visitor = visitor_of(request)
    values = {
        "must": visitor is not None and visitor.must_choose,
        "shortest": SHORTEST,
        "longest": LONGEST,
        "mistakes": mistakes,
    }
    return page(request, "password.html", values, 422 if mistakes else 200)


@post("/password", guards=[needs(Permission.CONSOLE)], status_code=303)
async def choose(
    request: Asked,
    service: NamedDependency[Service],
    entrance: NamedDependency[Entrance],
    form: NamedDependency[dict[str, str]],
) -> Response[Any]:
    """Choose another password; every session opened with the old one ends, and a new one begins."""
    principal = _own(request)
    gate: Gate = request.app.state.gate
    try:
        _repeated(form)
        await gate.proved(request.scope, principal.actor, lambda: _chosen(service, principal, form))
    except (InvalidBody, Unauthenticated) as refused:
        return _form(request, refused.mistakes)
    session = await asyncio.to_thread(entrance.sessions.open, principal)
    return seen_other(HOME, [session_cookie(session)])


def _chosen(service: Service, principal: Principal, form: Mapping[str, str]) -> Principal:
    service.users.choose(principal.key_id, form.get("old", ""), form.get("password", ""))
    return principal


def _repeated(form: Mapping[str, str]) -> None:
    if form.get("password", "") != form.get("again", ""):
        raise InvalidBody(mistakes=[Mistake("again", "is not the same as the new password", "type it twice")])


def _own(request: Asked) -> Principal:
    principal: Principal = request.user
    if principal.kind != "user":
        problem = "who signed in with a key has no password"
        raise NotFound(mistakes=[Mistake("password", problem, "`grounds key rotate` gives a key another secret")])
    return principal


handlers = [form, choose]
