"""What may be done about a subject: hold, release, and erase now or as soon as it is allowed.

Each is one transaction of the log's only writer, so that what is decided and what is done see the same state. A
reference nobody is known by is an answer and no error: who was erased is not known either.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Literal

import msgspec
import sqlalchemy as sa

from api import personal
from api.errors import InvalidParameter, Mistake, NotFound
from api.ledger import Ledger
from api.retention import Schedule
from api.standing import Standing, standing

PERIOD_OVER = "retention period over"
CAME_BACK = "came back with a restored backup"


class Erasure(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an erasure came to."""

    state: Literal["erased", "waiting", "unknown"]
    parts: int = 0  #: sealed parts that are gone
    index: int | None = None  #: the entry that records it
    not_before: dt.date | None = None  #: when it is waiting
    because: tuple[str, ...] = ()  #: retention classes and holds it waits for


class Held(msgspec.Struct, frozen=True):
    """A hold that was placed."""

    index: int
    until: dt.date


class Released(msgspec.Struct, frozen=True):
    """Holds that are over; none if there were none."""

    index: int | None
    holds: tuple[int, ...]


class Removal(msgspec.Struct, frozen=True):
    """What a sweep did about one subject."""

    parts: int = 0
    erased: bool = False
    held: bool = False  #: something would be due but for a hold


class Subjects:
    """The use cases about subjects."""

    def __init__(self, ledger: Ledger, schedule: Schedule) -> None:
        self._ledger, self._schedule = ledger, schedule

    def standing(self, reference: str) -> Standing:
        """Tell how long what is sealed is kept, and what forbids erasing it; raise NotFound."""
        with self._ledger.log.engine.connect() as connection:
            return self._standing(connection, self._known(connection, reference))

    def hold(self, reference: str, reason: str, until: dt.date, actor: str) -> Held:
        """Forbid every erasure of a subject before `until`; raise NotFound, or InvalidParameter for a day gone by."""
        text, today = personal.checked_reason(reason, reference), self._today()
        if until <= today:
            remedy = f"a hold lasts until a day after {today}; release one that is over"
            raise InvalidParameter(mistakes=[Mistake("until", f"`{until}` is not to come", remedy)])

        def work(connection: sa.Connection) -> Held:
            subject = self._known(connection, reference)
            entry = personal.hold_placed(self._ledger.origin(actor), subject, text, until)
            return Held(self._ledger.record(connection, entry), until)

        return self._ledger.writer.submit(work).result()

    def release(self, reference: str, reason: str, actor: str) -> Released:
        """End all holds on a subject; raise NotFound."""
        text = personal.checked_reason(reason, reference)

        def work(connection: sa.Connection) -> Released:
            subject = self._known(connection, reference)
            holds = tuple(hold.index for hold in self._standing(connection, subject).holds)
            if not holds:
                return Released(None, ())
            entry = personal.hold_released(self._ledger.origin(actor), subject, text, holds)
            return Released(self._ledger.record(connection, entry), holds)

        return self._ledger.writer.submit(work).result()

    def erase(self, reference: str, reason: str, actor: str) -> Erasure:
        """Erase a subject, or record that it is asked for and waits for a duty or hold to end."""
        text = personal.checked_reason(reason, reference)

        def work(connection: sa.Connection) -> Erasure:
            subject = self._ledger.log.vault.find_subject(connection, reference)
            if subject is None:
                return Erasure("unknown")
            found = self._standing(connection, subject)
            if found.because:
                return self._wait(connection, found, text, actor)
            return self._gone(connection, subject, text, actor)

        return self._ledger.writer.submit(work).result()

    def remove_due(self, connection: sa.Connection, subject: str, today: dt.date, actor: str) -> Removal:
        """Remove what is due of a subject in the caller's transaction."""
        found = standing(connection, self._ledger.log, self._schedule, subject, today)
        if found.holds or not found.due:
            return Removal(held=found.held_back)
        if len(found.due) == len(found.kept):
            reason = found.waiting.reason if found.waiting else PERIOD_OVER
            return Removal(self._gone(connection, subject, reason, actor).parts, erased=True)
        indexes = [each.index for each in found.due]
        entry = personal.parts_removed(self._ledger.origin(actor), subject, PERIOD_OVER, indexes)
        by = self._ledger.record(connection, entry)
        return Removal(self._ledger.log.vault.remove(connection, subject, indexes, by))

    def erase_again(self, connection: sa.Connection, subject: str, actor: str) -> Removal:
        """Erase somebody whom a restored backup brought back although an entry says that they were erased."""
        return Removal(self._gone(connection, subject, CAME_BACK, actor).parts, erased=True)

    def remove_again(self, connection: sa.Connection, subject: str, indexes: Sequence[int], actor: str) -> Removal:
        """Remove single parts that a restored backup brought back."""
        entry = personal.parts_removed(self._ledger.origin(actor), subject, CAME_BACK, indexes)
        by = self._ledger.record(connection, entry)
        return Removal(self._ledger.log.vault.remove(connection, subject, indexes, by))

    def _gone(self, connection: sa.Connection, subject: str, reason: str, actor: str) -> Erasure:
        vault = self._ledger.log.vault
        count = len(vault.parts(connection, subject))
        entry = personal.subject_erased(self._ledger.origin(actor), subject, reason, count)
        by = self._ledger.record(connection, entry)
        return Erasure("erased", vault.erase(connection, subject, by), by)

    def _wait(self, connection: sa.Connection, found: Standing, reason: str, actor: str) -> Erasure:
        earliest, because, asked = found.free_on, found.because, found.waiting
        if asked is not None and (asked.not_before, asked.because) == (earliest, because):
            return Erasure("waiting", 0, asked.index, earliest, because)
        origin = self._ledger.origin(actor)
        entry = personal.erasure_requested(origin, found.subject, reason, earliest, because)
        return Erasure("waiting", 0, self._ledger.record(connection, entry), earliest, because)

    def _standing(self, connection: sa.Connection, subject: str) -> Standing:
        return standing(connection, self._ledger.log, self._schedule, subject, self._today())

    def _today(self) -> dt.date:
        return self._ledger.now().date()

    def _known(self, connection: sa.Connection, reference: str) -> str:
        subject = self._ledger.log.vault.find_subject(connection, reference)
        if subject is None:
            remedy = "references are compared letter by letter; somebody who was erased is not known any more"
            raise NotFound(mistakes=[Mistake("subject", "nobody is known by this reference", remedy)])
        return subject
