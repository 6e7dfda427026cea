"""The log with its only writer and the read models beside it: the one way by which anything is recorded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, Self

import msgspec
import sqlalchemy as sa
import uuid_utils

from api import events, readmodels
from api.cursor import Cursors
from api.events import Origin
from api.foresight import Foresight
from api.idempotency import Fingerprints
from api.keys import NewKey
from api.presence import Presence
from api.roles import UNNARROWED, Role, Scope
from api.settings import Settings
from api.timekeeping import Timekeeper
from audit import Keys, Log, Writer

Clock = Callable[[], dt.datetime]
NewId = Callable[[], str]
Recording = tuple[events.Entry, Any]
"""An entry that is to be recorded, and what the vault sealed to stand beside it, if anything."""
NewWriter = Callable[[Log, Clock, int, Foresight, int], Writer]


def utc_now() -> dt.datetime:
    """The system's clock."""
    return dt.datetime.now(dt.UTC)


def new_id() -> str:
    """Draw a UUIDv7 (RFC 9562 section 5.7)."""
    return str(uuid_utils.uuid7())


class Ledger(msgspec.Struct, frozen=True):
    """An open log; clock and ids come from outside."""

    log: Log
    writer: Writer
    fingerprints: Fingerprints
    cursors: Cursors
    foresight: Foresight
    presence: Presence
    timekeeper: Timekeeper
    now: Clock
    new_id: NewId

    @classmethod
    def open(cls, settings: Settings, now: Clock = utc_now, new_id: NewId = new_id, begin: NewWriter = Writer) -> Self:
        """Open the log in the data directory, or begin one; raise AuditError if it must not be served.

        `begin` starts the log's only writer.
        """
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        presence = Presence.shared(settings.data)
        try:
            keys = Keys.open(settings.data, now())
            log = Log.open(settings.database, keys)
        except BaseException:
            presence.leave()
            raise
        foresight = Foresight(log)
        writer = begin(log, now, settings.queue_bound, foresight, settings.batch_limit)
        secrets = Fingerprints(keys.lookup), Cursors(keys.lookup)
        ledger = cls(log, writer, *secrets, foresight, presence, Timekeeper.of(log), now, new_id)
        try:
            writer.submit(lambda connection: readmodels.create(connection, log.size())).result()
        except BaseException:
            ledger.close()
            raise
        return ledger

    def close(self) -> None:
        """Write what waits, then let go of the database."""
        self.writer.close()
        self.log.close()
        self.presence.leave()

    def origin(self, actor: str) -> Origin:
        """Begin an entry: a new id, this moment, and who acts."""
        return Origin(self.new_id(), self.now(), actor)

    def record(self, connection: sa.Connection, entry: events.Entry, sealed: Any = None) -> int:
        """Append an entry and bring the read models up to it, inside the writer's transaction; give its index.

        If clocks went back since the entry before, one that says so comes first.
        """
        self.timekeeper.follow(connection, self.log)
        if (step := self.timekeeper.see(entry["at"])) is not None:
            self._append(connection, events.clock_went_back(self.origin("service"), step.before, step.back_ms))
        return self._append(connection, entry, sealed)

    def record_all(self, connection: sa.Connection, entries: Sequence[Recording]) -> list[int]:
        """Do as `record` for several entries that are all new, in their order."""
        self.timekeeper.follow(connection, self.log)
        if not self.timekeeper.steady([entry["at"] for entry, _ in entries]):
            return [self.record(connection, *each) for each in entries]
        given = [(entry["id"], entry, sealed) for entry, sealed in entries]
        indexes = self.log.append_all(connection, given)
        readmodels.apply_all(connection, zip(indexes, (entry for entry, _ in entries), strict=True))
        return indexes

    def _append(self, connection: sa.Connection, entry: events.Entry, sealed: Any = None) -> int:
        index = self.log.append(connection, entry["id"], entry, sealed)
        readmodels.apply(connection, index, entry)
        return index

    def create_key(
        self, role: Role, actor: str, scope: Scope = UNNARROWED, expires_at: dt.datetime | None = None
    ) -> str:
        """Make an API key, record it without its secret, and give it: it is shown this one time."""
        key = NewKey.random()
        entry = events.key_created(self.origin(actor), key.id, role, key.secret_sha256, scope, expires_at)
        self.writer.submit(lambda connection: self.record(connection, entry)).result()
        return key.text
