"""API keys from their making to their end. Every change is an entry, and no entry holds a secret."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable
from enum import StrEnum

import sqlalchemy as sa

from api import events
from api.admission.known import KnownKey, known_key, known_keys
from api.errors import InvalidParameter, Mistake, NotFound
from api.keys import NewKey
from api.ledger import Ledger
from api.roles import ALLOWED, WITHIN_POLICIES, Permission, Principal, Role, Scope

LONGEST_OVERLAP = dt.timedelta(days=30)
_SEE = "GET /keys and `grounds key list` name the keys there are"


class Because(StrEnum):
    """Why a key is revoked; a closed list, because free text would name somebody soon."""

    STOLEN = "stolen"
    LOST = "lost"
    REPLACED = "replaced"
    UNUSED = "unused"
    LEFT = "left"  #: who held it works elsewhere now


class Keyring:
    """Makes, finds, rotates and revokes keys of one log."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._turn = threading.Lock()
        self.generation = 0  #: grows with every change made here, so that nobody goes on with what they remember

    def create(self, role: Role, actor: str, scope: Scope, expires_at: dt.datetime | None = None) -> str:
        """Make a key and give it; raise InvalidParameter if it would be past its end already."""
        if expires_at is not None and expires_at <= self._ledger.now():
            raise _refused("expires_at", f"`{expires_at.isoformat()}` is over", "name a later moment")
        return self._ledger.create_key(role, actor, scope, expires_at)

    def rotate(self, key_id: str, actor: str, overlap: dt.timedelta) -> str:
        """Give a key another secret; the ones before it work for `overlap` still, but no longer than they would have.

        Raise NotFound, or InvalidParameter if the key is good for nothing any more or the overlap too long.
        """
        if not dt.timedelta() <= overlap <= LONGEST_OVERLAP:
            raise _refused("overlap", f"`{overlap}` is too long", f"at most {LONGEST_OVERLAP.days} days")
        fresh, origin = NewKey.random(key_id), self._ledger.origin(actor)
        entry = events.key_rotated(origin, key_id, fresh.secret_sha256, origin.at + overlap)

        def work(connection: sa.Connection) -> None:
            known = _existing(connection, key_id)
            if (standing := known.standing(origin.at)) != "valid":
                raise _refused("key_id", f"`{key_id}` is {standing}", "make a new key: `grounds key new`")
            self._ledger.record(connection, entry)

        self._change(work)
        return fresh.text

    def revoke(self, key_id: str, actor: str, because: Because) -> None:
        """End a key for good, with all its secrets; ending it again changes nothing. Raise NotFound."""
        entry = events.key_revoked(self._ledger.origin(actor), key_id, str(because))

        def work(connection: sa.Connection) -> None:
            if not _existing(connection, key_id).revoked_at:
                self._ledger.record(connection, entry)

        self._change(work)

    def _change(self, work: Callable[[sa.Connection], None]) -> None:
        self._ledger.writer.submit(work).result()
        with self._turn:  # it must never go back, or what was remembered before would count again
            self.generation += 1

    def find(self, key_id: str) -> KnownKey | None:
        """Find a key by its id."""
        with self._ledger.log.engine.connect() as connection:
            return known_key(connection, key_id)

    def holder(self, key_id: str) -> Principal | None:
        """Give who holds a key, for whoever proved it elsewhere; None if it is good for nothing any more."""
        known = self.find(key_id)
        return known.principal() if known is not None and known.standing(self._ledger.now()) == "valid" else None

    def all(self) -> list[KnownKey]:
        """Give every key there ever was, in the order they were made."""
        with self._ledger.log.engine.connect() as connection:
            return list(known_keys(connection))


def narrowed(role: Role, permissions: Iterable[Permission] = (), policies: Iterable[str] = ()) -> Scope:
    """Make the scope of a new key: nothing given narrows nothing. Raise InvalidParameter if it would widen the role.

    A key of some policies keeps only what names a policy or reaches its own: it must not read what others decided.
    """
    row, chosen, named = ALLOWED[role], frozenset(permissions), frozenset(policies)
    if beyond := chosen - row:
        raise _refused("permission", f"role `{role}` may not {_listed(beyond)}", f"it may: {_listed(row)}")
    if not named:
        return Scope(chosen or None)
    if beyond := chosen - WITHIN_POLICIES:
        remedy = f"with --policy a key may only: {_listed(row & WITHIN_POLICIES)}"
        raise _refused("permission", f"{_listed(beyond)} does not stop at a policy", remedy)
    return Scope((chosen or row) & WITHIN_POLICIES, named)


def _existing(connection: sa.Connection, key_id: str) -> KnownKey:
    known = known_key(connection, key_id)
    if known is None:
        raise NotFound(mistakes=[Mistake("key_id", f"no key `{key_id[:80]}`", _SEE)])
    return known


def _listed(permissions: Iterable[Permission]) -> str:
    return ", ".join(sorted(permissions))


def _refused(path: str, message: str, remedy: str) -> InvalidParameter:
    return InvalidParameter(mistakes=[Mistake(path, message, remedy)])
