"""Signing in with an access key, and out again. Both are entries; a wrong key gets no particulars."""

from __future__ import annotations

import asyncio
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
from api.roles import Permission

Asked = Request[Any, Any, Any]
Next = Annotated[str, QueryParameter(name="next", max_length=2_000)]


@get("/sign-in", sync_to_thread=False)
def form(request: Asked, wanted: Next = "") -> Response[str]:
    """Show the sign-in form."""
    return _form(request, wanted)


def _form(request: Asked, wanted: str, refusal: str = "", status: int = 200) -> Response[str]:
    cookie = entry_cookie()
    values = {"token": cookie.value, "next": inside(wanted), "refusal": refusal}
    return page(request, "sign-in.html", values, status, [cookie])


@post("/sign-in", status_code=303)
async def enter(request: Asked, entrance: NamedDependency[Entrance]) -> Response[Any]:
    """Open a session for whoever holds a key of the console."""
    fields = await entry_form(request)
    gate: Gate = request.app.state.gate
    try:
        principal = await gate.key_holder(request.scope, fields.get("key", "").strip())
        demand(principal, Permission.CONSOLE)
    except (Unauthenticated, Forbidden) as refused:
        return _form(request, fields.get("next", ""), _named(refused), 403)
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
    return "role" if isinstance(refused, Forbidden) else "unknown"
