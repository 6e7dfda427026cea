"""Who is asking: the API key in ``Authorization: Bearer``, checked against the read model, and each route's guard."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import sqlalchemy as sa
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import ASGIApp

from api import keys, queries
from api.errors import Forbidden, Mistake, Unauthenticated
from api.logs import bind_actor
from api.roles import Permission, Principal, Role, holders

PUBLIC = {"public": True}  #: the `opt` of a route that needs no key; everything else needs one
_REMEDY = "send `Authorization: Bearer KEY` with a key from `grounds key new --role ROLE`"
_NOBODY = keys.digest("")  # compared against when the id is unknown, so that both ways take the same steps
_REMEMBERED = 10_000

Connection = ASGIConnection[BaseRouteHandler, Principal, Any, State]


class Doorkeeper:
    """Checks keys; remembers each checked one for a moment so that a busy caller costs one read in a while."""

    def __init__(self, database: sa.Engine, remember_seconds: float, clock: Callable[[], float]) -> None:
        self._database, self._seconds, self._clock = database, remember_seconds, clock
        self._known: dict[bytes, tuple[float, Principal]] = {}

    def admit(self, header: str) -> Principal:
        """Give who holds the key in an Authorization header; raise Unauthenticated without particulars."""
        known = self._known.get(memory := hashlib.sha256(header.encode()).digest())
        if known is not None and self._clock() < known[0]:
            return known[1]
        principal = self._check(header)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[memory] = (self._clock() + self._seconds, principal)
        return principal

    def _check(self, header: str) -> Principal:
        scheme, _, token = header.partition(" ")
        key = keys.parse(token.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            problem = "no API key was sent" if not header else "this is not an API key"
            raise Unauthenticated(mistakes=[Mistake("Authorization", problem, _REMEDY)])
        with self._database.connect() as connection:
            stored = queries.key(connection, key.id)
        if not keys.matches(key.secret, stored.secret_sha256 if stored else _NOBODY) or stored is None:
            raise Unauthenticated(mistakes=[Mistake("Authorization", "this key is not known here", _REMEDY)])
        return Principal(stored.id, Role(stored.role))


class ApiKeyAuth(AbstractAuthenticationMiddleware):
    """Puts the principal on every request that is not explicitly public."""

    def __init__(self, app: ASGIApp, doorkeeper: Doorkeeper) -> None:
        super().__init__(app, exclude_from_auth_key="public", exclude_http_methods=["OPTIONS"])
        self._doorkeeper = doorkeeper

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        """Check the key of a request."""
        principal = self._doorkeeper.admit(connection.headers.get("authorization", ""))
        bind_actor(principal.actor)
        return AuthenticationResult(user=principal, auth=None)


def demand(principal: Principal, *permissions: Permission) -> None:
    """Let a caller pass who has one of `permissions`; raise Forbidden naming the roles that have."""
    if any(principal.may(permission) for permission in permissions):
        return
    allowed = sorted({role for permission in permissions for role in holders(permission)})
    problem = f"role `{principal.role}` may not {' or '.join(permissions)}"
    raise Forbidden(mistakes=[Mistake("Authorization", problem, f"it takes a key of role {', '.join(allowed)}")])


def needs(*permissions: Permission) -> Callable[[Connection, BaseRouteHandler], Awaitable[None]]:
    """Make a guard that lets in whoever has one of `permissions`."""

    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        demand(connection.user, *permissions)

    guard.permissions = permissions  # type: ignore[attr-defined]  # read by the test that holds every route to the table
    return guard
