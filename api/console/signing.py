"""Signing in with a name and a password or an access key, and out again. Who fails gets no particulars."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api.admission import Gate
from api.auth import demand
from api.console.entrance import (
    ENTRY_COOKIE,
    SESSION_COOKIE,
    Entrance,
    entry_cookie,
    entry_form,
    forgotten,
    inside,
    session_cookie,
    visitor_of,
)
from api.console.rendering import page, seen_other
from api.errors import ApiError, Forbidden, Unauthenticated
from api.roles import Permission, Principal
from api.users.directory import NotConfirmed, Users

Asked = Request[Any, Any, Any]
Next = Annotated[str, QueryParameter(name="next", max_length=2_000)]


@get("/sign-in", sync_to_thread=False)
def form(request: Asked, wanted: Next = "") -> Response[str]:
    """Show the sign-in form."""
    return _form(request, {"next": wanted})


def _form(request: Asked, fields: Mapping[str, str], refusal: str = "", status: int = 200) -> Response[str]:
    cookie = entry_cookie()
    values = {
        "token": cookie.value,
        "next": inside(fields.get("next", "")),
        "user": fields.get("user", ""),
        "by_key": bool(fields.get("key")),
        "refusal": refusal,
    }
    return page(request, "sign-in.html", values, status, [cookie])


@post("/sign-in", status_code=303)
async def enter(request: Asked, entrance: NamedDependency[Entrance]) -> Response[Any]:
    """Open a session for whoever has a password or a key of the console."""
    fields = await entry_form(request)
    gate: Gate = request.app.state.gate
    users: Users = request.app.state.service.users

    def prove() -> Principal:
        return users.prove(fields.get("user", ""), fields.get("password", "")).principal

    try:
        if fields.get("key", "").strip():
            principal = await gate.key_holder(request.scope, fields["key"].strip())
        else:
            principal = await gate.proved(request.scope, fields.get("user", "").strip()[:80], prove)
        demand(principal, Permission.CONSOLE)
    except (Unauthenticated, Forbidden) as refused:
        return _form(request, fields, _named(refused), 403)
    session = await asyncio.to_thread(entrance.sessions.open, principal)
    return seen_other(inside(fields.get("next", "")), [session_cookie(session), forgotten(ENTRY_COOKIE)])


@post("/sign-out", status_code=303)
async def leave(
    request: Asked,
    entrance: NamedDependency[Entrance],
    form: NamedDependency[dict[str, str]],  # noqa: ARG001  # it is the check
) -> Response[Any]:
    """Close the session for good."""
    visitor = visitor_of(request)
    assert visitor is not None  # the guard let somebody in
    await asyncio.to_thread(entrance.sessions.close, visitor.session, visitor.principal)
    return seen_other("/console/sign-in", [forgotten(SESSION_COOKIE)])


def _named(refused: ApiError) -> str:
    if isinstance(refused, NotConfirmed):
        return "waiting"
    return "role" if isinstance(refused, Forbidden) else "unknown"
