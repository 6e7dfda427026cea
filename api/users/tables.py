"""The tables of users. What was done about one follows from the log; what is personal stands beside it, erasable."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Field

from api.events import Entry
from api.tables import BY_KEY, ReadModel, Rows, table_of

USER_CREATED = "user_created"
USER_ROLE_CHANGED = "user_role_changed"
USER_PASSWORD_SET = "user_password_set"  # noqa: S105  # the kind of an entry
USER_CONFIRMED = "user_confirmed"
USER_DISABLED = "user_disabled"
USER_FORGOTTEN = "user_forgotten"
KINDS = (USER_CREATED, USER_ROLE_CHANGED, USER_PASSWORD_SET, USER_CONFIRMED, USER_DISABLED, USER_FORGOTTEN)


class UserChangeRow(ReadModel, table=True):
    """Something that was done about a user; the first row of each made them."""

    __tablename__ = "console_user_change"
    __table_args__ = (sa.Index("console_user_change_by_user", "user_id", "log_index"),)

    log_index: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    user_id: str
    kind: str  #: of the entry
    actor: str
    at: str
    role: str  #: the new one; empty if it stays
    password: str  #: the fingerprint of the new password's hash; empty if it stays


class PersonRow(ReadModel, table=True):
    """Who a user is, and the hash of their password. Not in the log, so a rebuild leaves it alone.

    The leaf of whoever set the password holds a keyed hash of what stands here: a row that is changed by other ways
    lets nobody in.
    """

    __tablename__ = "console_person"
    __table_args__ = BY_KEY

    id: str = Field(primary_key=True)
    login: str = Field(unique=True)
    name: str
    password: str


CHANGE, PERSON = table_of(UserChangeRow), table_of(PersonRow)
TABLES = (CHANGE,)


def rows(index: int, entry: Entry) -> Rows:
    """Give the row of an entry about a user."""
    told = {"user_id": entry["user"], **{name: entry[name] for name in ("kind", "actor", "at")}}
    changed = {name: entry.get(name, "") for name in ("role", "password")}
    yield CHANGE, [{"log_index": index, **told, **changed}]
