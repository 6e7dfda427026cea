"""Changing the keys of a log: each step one transaction, recorded by an entry, and safe to repeat after a crash.

A waiting key is on disk before the database names it, and takes the place of the old file only after; whoever is cut
short between runs the same step again. The log must not be served meanwhile: a service that is notices and stops
signing. The procedures are in docs/keys.md, the entries in docs/log-format.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from audit import database, guards, keys, ring, rows
from audit.database import Database, driver_of
from audit.errors import AuditError, KeysRefused
from audit.keys import NEXT_SIGNING, NEXT_VAULT, Keys
from audit.log import Log
from audit.ring import ANNOUNCED, KEY, SIGNING, SWITCHED, VAULT, Era
from audit.store import EntryRow, SubjectKeyRow, table_of
from audit.wrapping import rewrap

Head = Callable[[str], dict[str, object]]
"""Gives the fields an entry of a kind begins with: `v`, `kind`, `id`, `at` and who acts."""
Applied = Callable[[sa.Connection, int, Mapping[str, object]], None]
"""Brings the tables beside the log up to an entry, in the transaction that appends it."""


class Place(NamedTuple):
    """The log whose keys change, and how its entries are written."""

    where: Database
    directory: Path  #: holds `keys/`
    head: Head
    applied: Applied
    now: datetime

    def waiting(self, name: str) -> bytes:
        """Return the waiting key, made if it was not there."""
        return keys.make_next(self.directory, name, self.now)

    def opened(self) -> Log:
        """Open the log with the keys that are in place."""
        return Log.open(self.where, Keys.load(self.directory))

    def finish(self, name: str) -> None:
        """Put the waiting key in its place and have it sign what is not signed yet."""
        keys.take_over(self.directory, name)
        self.opened().close()


class Status(NamedTuple):
    """The keys of a log as they are now."""

    eras: tuple[Era, ...]  #: signing keys, oldest first; the last one signs
    waiting: str | None  #: the verifier key that is to take over
    announced: int | None  #: the entry that announced it
    wrapped: dict[str, int]  #: public name of a vault key -> how many subjects' keys it wraps
    vault: str  #: the vault key in use


def status(place: Place) -> Status:
    """Tell which keys there are."""
    log = place.opened()
    try:
        waiting = keys.read_next(place.directory, NEXT_SIGNING)
        vkey = None if waiting is None else _next_vkey(place, log.origin)
        table = table_of(SubjectKeyRow)
        counted = sa.select(table.c.vault_id, sa.func.count()).group_by(table.c.vault_id).order_by(table.c.vault_id)
        with log.engine.connect() as connection:
            wrapped = {str(row[0]): int(row[1]) for row in connection.execute(counted)}
            eras = ring.Ring.read(connection).eras
        announced = None if vkey is None else _find(log, ANNOUNCED, vkey)
        return Status(eras, vkey, announced, wrapped, Keys.load(place.directory).vault_id)
    finally:
        log.close()


def announce(place: Place, why: str) -> int:
    """Announce a new signing key under the old one; from now on both sign. Return the index of the entry."""
    place.waiting(NEXT_SIGNING)
    log = place.opened()
    try:
        old, new = str(log.vkey), _next_vkey(place, log.origin)
        index = _find(log, ANNOUNCED, new)
        if index is None:
            fields = {"use": SIGNING, "step": ANNOUNCED, "old": old, "new": new, "why": why}
            with log.write_engine.begin() as connection:
                index = _append(place, log, connection, KEY, ANNOUNCED, fields)
        with log.write_engine.begin() as connection:
            log.sign(connection)
        return index
    finally:
        log.close()


def switch(place: Place, why: str) -> int:
    """Let the announced key take over: the old one signs no more. Return the index of the entry."""
    if keys.read_next(place.directory, NEXT_SIGNING) is None:
        raise KeysRefused(f"`{place.directory}` holds no {NEXT_SIGNING}; announce a new key first")
    if (changed := done(place, "vkey", NEXT_SIGNING)) is None:
        log = place.opened()
        try:
            old, new = str(log.vkey), _next_vkey(place, log.origin)
            if _find(log, ANNOUNCED, new) is None:
                raise AuditError(f"`{new}` was never announced in this log; announce it first")
            fields = {"use": SIGNING, "step": SWITCHED, "old": old, "new": new, "why": why}
            with log.write_engine.begin() as connection:
                changed = _append(place, log, connection, KEY, SWITCHED, fields)
                rows.insert_meta(driver_of(connection), f"vkey@{changed}", new)
        finally:
            log.close()
    place.finish(NEXT_SIGNING)
    return changed


def rotate_vault(place: Place, why: str) -> tuple[int, int]:
    """Wrap the key of every living subject under a new vault key and destroy the old one.

    Return the index of the entry and how many keys it holds for. Backups of people who were erased before are dark
    from then on, wherever they are.
    """
    place.waiting(NEXT_VAULT)
    count = 0
    if (changed := done(place, "vault_key", NEXT_VAULT)) is None:
        old, new = Keys.load(place.directory), Keys.succeeding(place.directory, NEXT_VAULT)
        log = place.opened()
        try:
            fields = {"use": VAULT, "step": SWITCHED, "old": old.vault_id, "new": new.vault_id, "why": why}
            with log.write_engine.begin() as connection:
                changed = _append(place, log, connection, KEY, SWITCHED, fields)
                rows.insert_meta(driver_of(connection), f"vault_key@{changed}", new.vault_id)
                count = rewrap(connection, log.origin, old, new)
            with log.write_engine.connect() as connection:
                driver_of(connection).scrub()
        finally:
            log.close()
    place.finish(NEXT_VAULT)
    return changed, count


def _append(
    place: Place, log: Log, connection: sa.Connection, kind: str, step: str, fields: Mapping[str, object]
) -> int:
    entry = entry_of(place, kind, step, fields)
    index = log.append(connection, str(entry["id"]), entry)
    place.applied(connection, index, entry)
    return index


def _find(log: Log, step: str, new: str) -> int | None:
    table = table_of(EntryRow)
    chosen = sa.select(table.c.idx).where(table.c.event_id == ring.event_of(step, new))
    with log.engine.connect() as connection:
        found: int | None = connection.execute(chosen).scalar()
        return found


def _next_vkey(place: Place, origin: str) -> str:
    return str(Keys.succeeding(place.directory, NEXT_SIGNING).signer(origin).vkey)


def done(place: Place, row: str, name: str) -> int | None:
    """Return the entry by which the waiting key took over already, if it did: only the files are left to do."""
    new = Keys.succeeding(place.directory, name)
    reads = database.reading(place.where)
    try:
        with reads.connect() as connection:
            stored = ring.meta(connection) if guards.present(connection) else {}
    finally:
        reads.dispose()
    value = str(new.signer(stored.get("origin", "unknown")).vkey) if row == "vkey" else new.vault_id
    found = [each for each, text in stored.items() if text == value and each.startswith(f"{row}@")]
    return int(found[0].partition("@")[2]) if found else None


def entry_of(place: Place, kind: str, step: str, fields: Mapping[str, object]) -> dict[str, object]:
    """Return the entry that changes a key; the event id follows from what it says."""
    return {**place.head(kind), **fields, "id": ring.event_of(step, str(fields["new"]))}
