"""``/users``: the people who sign in to the console. What one administrator does counts once another confirms it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from api.admission import Because
from api.auth import needs
from api.errors import NotFound
from api.roles import Permission, Role
from api.routes.described import problems
from api.routes.filters import Caller
from api.service import Service
from api.users.checks import LONGEST_NAME
from api.users.directory import Handed, User
from api.users.known import Standing


class UserDescription(msgspec.Struct, frozen=True):
    """A user of the console; never a password, nor the hash of one."""

    id: str
    login: str | None  #: what they sign in as; null once they were forgotten, as the name
    name: str | None
    role: Role
    standing: Standing
    asked_by: str | None  #: the administrator whose change waits to be confirmed by another one
    must_choose: bool  #: they have not chosen a password of their own yet
    created_at: dt.datetime
    disabled_at: dt.datetime | None
    version: int  #: rises with every change

    @classmethod
    def of(cls, user: User) -> UserDescription:
        """Describe a user."""
        known, who = user.known, user.person
        return cls(
            known.id,
            who.login or None,
            who.name or None,
            known.role,
            known.standing,
            known.asked_by or None,
            known.must_choose,
            dt.datetime.fromisoformat(known.created_at),
            dt.datetime.fromisoformat(known.disabled_at) if known.disabled_at else None,
            known.version,
        )


class UserList(msgspec.Struct, frozen=True):
    """Every user there ever was, in the order they were made."""

    items: list[UserDescription]


class NewUser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is to sign in, and under which role."""

    login: Annotated[str, Meta(min_length=1, max_length=40, description="What they sign in as, e.g. `li.wang`")]
    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME, description="What they are called")]
    role: Role


class RoleChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another role."""

    role: Role


class Confirmation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is confirmed: the user as they stood at a version."""

    version: Annotated[int, Meta(ge=0)]


class Disabling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a user is disabled."""

    because: Because


_CHANGES: Any = {
    "guards": [needs(Permission.MANAGE_USERS)],
    "status_code": 200,
    "responses": problems(400, 401, 403, 404, 412, 413, 415, 422, 503),
    "sync_to_thread": True,
}


@get(
    "/",
    guards=[needs(Permission.READ_USERS)],
    responses=problems(401, 403),
    summary="The users of the console",
    sync_to_thread=True,
)
def users(service: NamedDependency[Service]) -> UserList:
    """List the users with their role and how they stand."""
    return UserList([UserDescription.of(each) for each in service.users.all()])


@post(
    "/",
    guards=[needs(Permission.MANAGE_USERS)],
    responses=problems(400, 401, 403, 413, 415, 422, 503),
    summary="Make a user",
    sync_to_thread=True,
)
def create(request: Caller, data: JSONBody[NewUser], service: NamedDependency[Service]) -> Handed:
    """Make a user with a password to hand over, shown this one time; another administrator confirms them."""
    return service.users.create(data.login, data.name, data.role, request.user.actor)


@post("/{user_id:str}/role", summary="Give a user another role", **_CHANGES)
def role(
    request: Caller, user_id: FromPath[str], data: JSONBody[RoleChange], service: NamedDependency[Service]
) -> UserDescription:
    """Give a user another role, which counts once another administrator confirms it; nobody changes their own."""
    service.users.change_role(user_id, data.role, request.user.actor)
    return _described(service, user_id)


@post("/{user_id:str}/password", summary="Give a user a new password", **_CHANGES)
def password(request: Caller, user_id: FromPath[str], service: NamedDependency[Service]) -> Handed:
    """Give a user a new password to hand over, shown this one time; another administrator confirms it."""
    return service.users.reset(user_id, request.user.actor)


@post("/{user_id:str}/confirm", summary="Confirm what another administrator did about a user", **_CHANGES)
def confirm(
    request: Caller, user_id: FromPath[str], data: JSONBody[Confirmation], service: NamedDependency[Service]
) -> UserDescription:
    """Let what another administrator did about a user count."""
    service.users.confirm(user_id, data.version, request.user.actor)
    return _described(service, user_id)


@post("/{user_id:str}/disable", summary="Disable a user", **_CHANGES)
def disable(
    request: Caller, user_id: FromPath[str], data: JSONBody[Disabling], service: NamedDependency[Service]
) -> UserDescription:
    """Let a user in no more, for good; their sessions end at once."""
    service.users.disable(user_id, request.user.actor, data.because)
    return _described(service, user_id)


@post("/{user_id:str}/forget", summary="Erase who a user is", **_CHANGES)
def forget(request: Caller, user_id: FromPath[str], service: NamedDependency[Service]) -> UserDescription:
    """Erase a user's name and password, for good; the log keeps the id they acted under."""
    service.users.forget(user_id, request.user.actor)
    return _described(service, user_id)


def _described(service: Service, user_id: str) -> UserDescription:
    found = next((each for each in service.users.all() if each.known.id == user_id), None)
    if found is None:
        raise NotFound
    return UserDescription.of(found)


router = Router("/users", route_handlers=[users, create, role, password, confirm, disable, forget], tags=["users"])
