"""What the log says of a user: their role, whether they may sign in, and whose confirmation is waited for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from api.roles import Principal, Role
from api.users import tables
from api.users.tables import CHANGE, PERSON

Standing = Literal["valid", "waiting", "disabled"]
Row = sa.Row[Any]

OPERATOR = "cli"  #: whoever reaches the machine can do everything anyway, so nobody confirms what they do
_ALL = sa.select(CHANGE).order_by(CHANGE.c.user_id, CHANGE.c.log_index)
_ONE = _ALL.where(CHANGE.c.user_id == sa.bindparam("user"))


class KnownUser(msgspec.Struct, frozen=True):
    """A user as the log tells it; moments are written as entries write them."""

    id: str
    role: Role
    created_at: str
    password: str  #: the fingerprint of the hash that counts
    password_index: int  #: of the entry that set it; sessions opened before it are over
    must_choose: bool  #: somebody else knows the password, so the first thing to do is to choose one
    asked_by: str  #: who made or changed this user, while nobody else has confirmed it; else empty
    disabled_at: str  #: empty if they are not
    version: int  #: the newest entry about them

    @property
    def standing(self) -> Standing:
        """Whether they may sign in."""
        if self.disabled_at:
            return "disabled"
        return "waiting" if self.asked_by else "valid"

    @property
    def principal(self) -> Principal:
        """Who they are to everything else."""
        return Principal(self.id, self.role, "user")


class Person(msgspec.Struct, frozen=True):
    """Who a user is; empty once they were forgotten."""

    id: str
    login: str = ""
    name: str = ""
    password: str = ""  #: as `passwords.stored` writes it


def known_user(connection: sa.Connection, user_id: str) -> KnownUser | None:
    """Find a user by their id."""
    changes = connection.execute(_ONE, {"user": user_id}).all()
    return _known(changes) if changes else None


def known_users(connection: sa.Connection) -> Iterator[KnownUser]:
    """Give every user there ever was."""
    for _, changes in groupby(connection.execute(_ALL), lambda row: row.user_id):
        yield _known(list(changes))


def person(connection: sa.Connection, **by: str) -> Person | None:
    """Find who a user is, by `id` or by `login`."""
    (column, value), *_ = by.items()
    row = connection.execute(sa.select(PERSON).where(PERSON.c[column] == value)).first()
    return None if row is None else Person(*row)


def people(connection: sa.Connection) -> dict[str, Person]:
    """Give who all users are."""
    return {row.id: Person(*row) for row in connection.execute(sa.select(PERSON))}


def _known(changes: Sequence[Row]) -> KnownUser:
    made = changes[0]
    secret = _newest(changes, "password")
    role = _newest(changes, "role")
    gone = [each for each in changes if each.kind in {tables.USER_DISABLED, tables.USER_FORGOTTEN}]
    return KnownUser(
        made.user_id,
        Role(role.role),
        made.at,
        secret.password,
        secret.log_index,
        must_choose=secret.actor != f"user:{made.user_id}",
        asked_by=_asked_by(changes, made.user_id),
        disabled_at=gone[0].at if gone else "",
        version=changes[-1].log_index,
    )


def _newest(changes: Sequence[Row], column: str) -> Row:
    return next(each for each in reversed(changes) if getattr(each, column))


def _asked_by(changes: Iterable[Row], user_id: str) -> str:
    """Give whose change waits for somebody else: what gives a user powers, or somebody else their password."""
    asked = ""
    for each in changes:
        if each.kind == tables.USER_CONFIRMED:
            asked = ""
        elif (each.role or each.password) and each.actor not in {OPERATOR, f"user:{user_id}"}:
            asked = each.actor
    return asked
