"""The way in: a session cookie held against the log at every request, and forms that carry their session's token."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.handlers import BaseRouteHandler

from api.auth import demand
from api.console.holders import Holders
from api.console.sessions import Session, Sessions
from api.errors import ApiError, Forbidden, InvalidBody, Mistake
from api.logs import bind_actor
from api.roles import Permission, Principal

SESSION_COOKIE = "__Host-grounds"
ENTRY_COOKIE = "__Host-grounds-entry"  #: ties the sign-in form to the browser that asked for it
HOME = "/console/"
PASSWORD = "/console/password"  # noqa: S105  # a path
BEFORE_A_CHOICE = (PASSWORD, "/console/sign-out")  #: what a handed password opens
_TOKEN_BYTES = 32
Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]


class SignInNeeded(ApiError):
    """nobody is signed in"""

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted = wanted


class PasswordNeeded(ApiError):
    """whoever is signed in has to choose a password first"""


class FormRefused(Forbidden):
    """the form does not come from a page of this session"""


class Visitor(msgspec.Struct, frozen=True):
    """Who is signed in, and by which session."""

    session: Session
    principal: Principal
    must_choose: bool = False


class Entrance:
    """Admits visitors; one for the whole console."""

    def __init__(self, sessions: Sessions, holders: Holders) -> None:
        self.sessions, self._holders = sessions, holders

    def visitor(self, secret: str) -> Visitor | None:
        """Give who holds this session, if it is open and what it was opened with still good."""
        session = self.sessions.find(secret) if secret else None
        held = self._holders.of(session) if session else None
        return None if session is None or held is None else Visitor(session, held.principal, held.must_choose)

    def guard(self) -> Guard:
        """Make the guard of all pages: it lets in who is signed in and may use the console.

        It raises SignInNeeded, PasswordNeeded or Forbidden. A function, because Litestar copies the handlers of a
        router, and with them whatever a bound method belongs to.
        """

        async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
            visitor = self.visitor(connection.cookies.get(SESSION_COOKIE, ""))
            if visitor is None:
                raise SignInNeeded(_wanted(connection))
            if visitor.must_choose and connection.scope["path"] not in BEFORE_A_CHOICE:
                raise PasswordNeeded
            demand(visitor.principal, Permission.CONSOLE)
            bind_actor(visitor.principal.actor)
            connection.scope["user"] = visitor.principal
            connection.scope["auth"] = visitor

        guard.permissions = (Permission.CONSOLE,)  # type: ignore[attr-defined]  # read by the test that walks all routes
        return guard


def visitor_of(request: Request[Any, Any, Any]) -> Visitor | None:
    """Give who the guard let in; None on the pages before it."""
    found = request.scope.get("auth")
    return found if isinstance(found, Visitor) else None


async def _fields(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Read a form; raise InvalidBody for a NUL, which no text of PostgreSQL can hold."""
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    wrong = [name for name, value in form.items() if "\0" in name or "\0" in value]
    if wrong:
        raise InvalidBody(mistakes=[Mistake(name[:80], "holds the character NUL", "leave it out") for name in wrong])
    return form


async def checked_form(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Give the fields of a form of this session; raise FormRefused on any other."""
    form = await _fields(request)
    visitor = visitor_of(request)
    if visitor is None or not visitor.session.owns(form.get("token", "")) or _from_elsewhere(request):
        raise FormRefused(mistakes=[_stale()])
    return form


async def entry_form(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Give the fields of the sign-in form, if this browser was given it; raise FormRefused otherwise."""
    form = await _fields(request)
    mine = request.cookies.get(ENTRY_COOKIE, "")
    if not mine or not hmac.compare_digest(mine.encode(), form.get("token", "").encode()) or _from_elsewhere(request):
        raise FormRefused(mistakes=[_stale()])
    return form


def session_cookie(session: Session) -> Cookie:
    """Hand a session to its browser: no script reads it, no other site sends it."""
    return _cookie(SESSION_COOKIE, session.secret)


def entry_cookie() -> Cookie:
    """Begin a sign-in."""
    return _cookie(ENTRY_COOKIE, secrets.token_urlsafe(_TOKEN_BYTES))


def forgotten(name: str) -> Cookie:
    """Take a cookie back."""
    cookie = _cookie(name, "")
    cookie.max_age = 0
    return cookie


def inside(path: str) -> str:
    """Give a path of the console to return to; anything else becomes its first page."""
    plain = path.startswith("/console/") and "\\" not in path and path.isprintable()
    return path if plain and not path.startswith("/console/sign-") else HOME


def _cookie(name: str, value: str) -> Cookie:
    return Cookie(name, value=value, path="/", secure=True, httponly=True, samesite="lax")


def _wanted(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    query = connection.scope["query_string"].decode("ascii", "replace")
    path: str = connection.scope["path"]
    return quote(path + (f"?{query}" if query else ""), safe="")


def _from_elsewhere(request: Request[Any, Any, Any]) -> bool:
    """Whether the browser says that another site sent this; one that says nothing is held by the token alone."""
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host", "")


def _stale() -> Mistake:
    remedy = "go back, load the page again, and send it once more; nothing was changed"
    return Mistake("token", "the form is out of date, or another page sent it", remedy)
