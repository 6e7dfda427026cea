"""How a subject stands: what of it is sealed and until when, what forbids its erasure, whether one is waiting.

Computed from the log's entries inside the caller's transaction, so that a hold placed a moment ago counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from api import personal
from api.accounts.keeping import place
from api.retention import RetentionClass, Schedule
from api.tables import DECISION, OTHER
from audit import Log

_OTHER = "*"
_TOLD = (personal.HOLD_PLACED, personal.HOLD_RELEASED, personal.ERASURE_REQUESTED)

# Made once: a sweep runs them for everybody.
_whose: sa.BindParameter[str] = sa.bindparam("subject")
_TELLING = sa.select(OTHER.c.log_index).where(OTHER.c.subject == _whose, OTHER.c.kind.in_(_TOLD))
_TELLING = _TELLING.order_by(OTHER.c.log_index)
_KNOWN = sa.union_all(
    sa.select(DECISION.c.log_index, DECISION.c.policy, DECISION.c.decided_at).where(DECISION.c.subject == _whose),
    sa.select(OTHER.c.log_index, sa.literal(_OTHER), OTHER.c.at).where(OTHER.c.subject == _whose),
)


class Kept(msgspec.Struct, frozen=True):
    """One entry beside which something of the subject is sealed."""

    index: int
    policy: str  #: `*` if it is no decision
    since: dt.date
    retention: str  #: the class
    keep_until: dt.date  #: the first day on which it may be erased
    remove_on: dt.date  #: the first day on which it is removed unasked


class Hold(msgspec.Struct, frozen=True):
    """What forbids every erasure until a day."""

    index: int
    reason: str
    until: dt.date  #: the first day on which it forbids nothing more


class Waiting(msgspec.Struct, frozen=True):
    """An erasure that was asked for and waits."""

    index: int
    reason: str
    not_before: dt.date
    because: tuple[str, ...]


class Standing(msgspec.Struct, frozen=True):
    """All of it, on one day."""

    subject: str
    today: dt.date
    kept: tuple[Kept, ...]
    holds: tuple[Hold, ...]  #: those in force
    waiting: Waiting | None

    @property
    def free_on(self) -> dt.date:
        """The first day on which nothing known today forbids the erasure; today if nothing does."""
        days = [each.keep_until for each in self.kept] + [hold.until for hold in self.holds]
        return max([self.today, *days])

    @property
    def because(self) -> tuple[str, ...]:
        """What forbids it: names of retention classes, and the entries of holds."""
        duties = sorted({each.retention for each in self.kept if each.keep_until > self.today})
        return (*duties, *(f"hold {hold.index}" for hold in self.holds))

    @property
    def due(self) -> tuple[Kept, ...]:
        """What goes today: what is over, or may go if an erasure was asked for; nothing under a hold."""
        return () if self.holds else self._over

    @property
    def held_back(self) -> bool:
        """Whether something would go today but for a hold."""
        return bool(self.holds and self._over)

    @property
    def _over(self) -> tuple[Kept, ...]:
        asked = self.waiting is not None
        return tuple(each for each in self.kept if (each.keep_until if asked else each.remove_on) <= self.today)


def standing(connection: sa.Connection, log: Log, schedule: Schedule, subject: str, today: dt.date) -> Standing:
    """Tell how a subject stands as the transaction sees it."""
    kept = tuple(_kept(connection, log, schedule, subject, today))
    indexes = connection.execute(_TELLING, {"subject": subject}).scalars().all()
    told = [(index, msgspec.json.decode(log.read(connection, index))) for index in indexes]
    return Standing(subject, today, kept, _holds(told, today), _waiting(told))


def _kept(connection: sa.Connection, log: Log, schedule: Schedule, subject: str, today: dt.date) -> list[Kept]:
    rows = connection.execute(_KNOWN, {"subject": subject}).all()
    known = {index: (policy, dt.date.fromisoformat(at[:10])) for index, policy, at in rows}
    if (line := place(connection, subject)) is not None and line.in_use:
        known[line.index] = (_OTHER, today)  # what a line stands on is as old as the line's last day, which is to come
    return [
        _under(schedule.of(policy), index, policy, since, today)
        for index in log.vault.parts(connection, subject)
        for policy, since in [known.get(index, (_OTHER, today))]
    ]


def _under(found: RetentionClass, index: int, policy: str, since: dt.date, today: dt.date) -> Kept:
    return Kept(index, policy, since, found.name, found.keep_until(since, today), found.remove_on(since, today))


def _holds(told: Sequence[tuple[int, dict[str, Any]]], today: dt.date) -> tuple[Hold, ...]:
    released = {each for _, entry in told if entry["kind"] == personal.HOLD_RELEASED for each in entry["holds"]}
    placed = [
        Hold(index, entry["reason"], dt.date.fromisoformat(entry["until"]))
        for index, entry in told
        if entry["kind"] == personal.HOLD_PLACED and index not in released
    ]
    return tuple(hold for hold in placed if hold.until > today)


def _waiting(told: Sequence[tuple[int, dict[str, Any]]]) -> Waiting | None:
    asked = [(index, entry) for index, entry in told if entry["kind"] == personal.ERASURE_REQUESTED]
    if not asked:
        return None
    index, entry = asked[-1]
    return Waiting(index, entry["reason"], dt.date.fromisoformat(entry["not_before"]), tuple(entry["because"]))
