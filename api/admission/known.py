"""What the log says of an API key: what it may, which of its secrets work, and since when it is good for nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from api import events, keys
from api.events import instant
from api.roles import Permission, Principal, Role, Scope
from api.tables import KEY, KEY_CHANGE

Standing = Literal["valid", "expired", "revoked"]
Row = sa.Row[Any]

_KEYS = sa.select(KEY).order_by(KEY.c.log_index)
_KEY = _KEYS.where(KEY.c.id == sa.bindparam("id"))
_CHANGES = sa.select(KEY_CHANGE).order_by(KEY_CHANGE.c.log_index)
_CHANGES_OF = _CHANGES.where(KEY_CHANGE.c.key == sa.bindparam("id"))


class Secret(msgspec.Struct, frozen=True):
    """One secret of a key, by its hash."""

    sha256: str
    until: str = ""  #: when it stops working; empty for the newest, which goes on

    def works(self, now: str) -> bool:
        """Whether it is taken at an instant."""
        return not self.until or now < self.until


class KnownKey(msgspec.Struct, frozen=True):
    """An API key as the log tells it; moments are written as entries write them."""

    id: str
    role: Role
    scope: Scope
    created_at: str
    expires_at: str  #: empty if it does not
    rotated_at: str  #: empty if never
    revoked_at: str  #: empty if it was not
    secrets: tuple[Secret, ...]  #: the newest first

    def standing(self, now: dt.datetime) -> Standing:
        """Say whether the key as a whole is good at `now`."""
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at and self.expires_at <= instant(now) else "valid"

    def opened_by(self, secret: str, now: dt.datetime) -> Secret | None:
        """Give which of the key's secrets this is, if that one works at `now`; the key itself has to be good."""
        known = [each for each in self.secrets if keys.matches(secret, each.sha256)]
        working = [each for each in known if each.works(instant(now))]
        return working[0] if working and self.standing(now) == "valid" else None

    def ends_at(self, secret: Secret) -> dt.datetime | None:
        """Give when `secret` stops opening the key, as far as that is known today."""
        ends = [end for end in (secret.until, self.expires_at) if end]
        return dt.datetime.fromisoformat(min(ends)) if ends else None

    def principal(self, *, superseded: bool = False) -> Principal:
        """Give who holds the key."""
        return Principal(self.id, self.role, scope=self.scope, superseded=superseded)


def known_key(connection: sa.Connection, key_id: str) -> KnownKey | None:
    """Find a key by its id."""
    row = connection.execute(_KEY, {"id": key_id}).first()
    return None if row is None else _known(row, connection.execute(_CHANGES_OF, {"id": key_id}).all())


def known_keys(connection: sa.Connection) -> Iterator[KnownKey]:
    """Give every key there ever was, in the order they were made."""
    changes: dict[str, list[Row]] = {}
    for change in connection.execute(_CHANGES):
        changes.setdefault(change.key, []).append(change)
    for row in connection.execute(_KEYS):
        yield _known(row, changes.get(row.id, []))


def _known(row: Row, changes: Sequence[Row]) -> KnownKey:
    rotations = [change for change in changes if change.kind == events.KEY_ROTATED]
    revocations = [change for change in changes if change.kind == events.KEY_REVOKED]
    return KnownKey(
        row.id,
        Role(row.role),
        _scope(row),
        row.created_at,
        row.expires_at,
        rotations[-1].at if rotations else "",
        revocations[0].at if revocations else "",
        tuple(_secrets(row.secret_sha256, rotations)),
    )


def _secrets(first: str, rotations: Sequence[Row]) -> Iterator[Secret]:
    """Give the secrets from the newest back; an old one works until the earliest overlap of all that came after it."""
    until = ""
    for rotation in reversed(rotations):
        yield Secret(rotation.secret_sha256, until)
        until = min(until, rotation.overlap_until) if until else rotation.overlap_until
    yield Secret(first, until)


def _scope(row: Row) -> Scope:
    permissions = frozenset(map(Permission, row.permissions.split())) if row.permissions else None
    return Scope(permissions, frozenset(row.policies.split()) if row.policies else None)
