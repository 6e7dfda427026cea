"""What a caller may do: the guard of each route, and the questions a handler asks about who is asking.

Who it is was settled before, at the gate (`api.admission`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler

from api.errors import Forbidden, Mistake
from api.roles import ALLOWED, Permission, Principal, holders

PUBLIC = {"public": True}  #: the `opt` of a route that needs no credential; everything else needs one

Connection = ASGIConnection[BaseRouteHandler, Principal, Any, State]


def demand(principal: Principal, *permissions: Permission) -> None:
    """Let a caller pass who has one of `permissions`; raise Forbidden naming who has."""
    if any(principal.may(permission) for permission in permissions):
        return
    wanted = " or ".join(permissions)
    if any(permission in ALLOWED.get(principal.role, ()) for permission in permissions):
        problem, remedy = f"this key was narrowed and may not {wanted}", "it takes a key that was made for it"
    else:
        allowed = sorted({role for permission in permissions for role in holders(permission)})
        problem, remedy = f"role `{principal.role}` may not {wanted}", f"it takes a key of role {', '.join(allowed)}"
    raise Forbidden(mistakes=[Mistake("Authorization", problem, remedy)])


def demand_policy(principal: Principal, policy: str) -> None:
    """Let a caller pass whose key was not narrowed to other policies; raise Forbidden naming those it was made for."""
    if principal.may_use(policy):
        return
    problem = f"this key was not made for policy `{policy[:80]}`"
    known = ", ".join(sorted(principal.scope.policies or ()))
    raise Forbidden(mistakes=[Mistake("policy", problem, f"it was made for {known}")])


def needs(*permissions: Permission) -> Callable[[Connection, BaseRouteHandler], Awaitable[None]]:
    """Make a guard that lets in whoever has one of `permissions`."""

    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        demand(connection.user, *permissions)

    guard.permissions = permissions  # type: ignore[attr-defined]  # read by the test that holds every route to the table
    return guard
