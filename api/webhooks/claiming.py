"""Who delivers what: an attempt is leased in one transaction and settled in another.

A lease that ran out belongs to somebody who died, so what it held is sent again: once or more, never none. What is
about the same decision waits for the one before it, so that a receiver sees them in the order of the log.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from api import events
from api.ledger import Ledger
from api.webhooks.owners import SERVED
from api.webhooks.pace import Pace
from api.webhooks.sending import Answer
from api.webhooks.tables import DEAD, DELIVERED, DELIVERY, NOBODY, WAITING, WEBHOOK

_BEFORE = DELIVERY.alias("before")
_BLOCKED = sa.exists().where(
    _BEFORE.c.webhook == DELIVERY.c.webhook,
    _BEFORE.c.about == DELIVERY.c.about,
    _BEFORE.c.log_index < DELIVERY.c.log_index,
    _BEFORE.c.state == WAITING,
)
_READY = (
    DELIVERY.c.webhook == sa.bindparam("of"),
    DELIVERY.c.state == WAITING,
    DELIVERY.c.due_at <= sa.bindparam("now"),
    DELIVERY.c.leased_until <= sa.bindparam("now"),
    ~_BLOCKED,
)
_DUE = sa.select(DELIVERY).where(*_READY).order_by(DELIVERY.c.due_at, DELIVERY.c.log_index).limit(sa.bindparam("most"))

Row = sa.Row[Any]


class Claim(msgspec.Struct, frozen=True):
    """One attempt: what to deliver, to whom, under which lease."""

    webhook: Row
    index: int
    attempts: int  #: before this one
    lease: str


class Outcome(NamedTuple):
    """A claim and what became of it."""

    claim: Claim
    answer: Answer


class Room(NamedTuple):
    """How many attempts may begin."""

    all: int
    each: int  #: of one subscription, so that a slow receiver holds up nobody else


class Claims:
    """Leases and settles deliveries; `lease_seconds` is longer than an attempt can take."""

    def __init__(self, ledger: Ledger, pace: Pace, lease_seconds: float) -> None:
        self._ledger, self._pace = ledger, pace
        self._lease = dt.timedelta(seconds=lease_seconds)

    def pending(self, room: Room, busy: dict[str, int]) -> bool:
        """Whether anything can be begun now; a look that writes nothing."""
        with self._ledger.log.engine.connect() as connection:
            return any(True for _ in self._due(connection, room, busy))

    def take(self, outcomes: Iterable[Outcome], room: Room, busy: dict[str, int]) -> list[Claim]:
        """Settle what is over and lease what comes next, together; `busy` counts what is under way by subscription."""

        def work(connection: sa.Connection) -> list[Claim]:
            for outcome in outcomes:
                self._settle(connection, outcome)
            return [self._claim(connection, *each) for each in self._due(connection, room, busy)]

        return self._ledger.writer.submit(work).result()

    def forget(self, older_than: dt.datetime) -> int:
        """Delete what is over for so long; give how many that were."""
        over = DELIVERY.c.state != WAITING, DELIVERY.c.changed_at < events.instant(older_than)
        with self._ledger.log.engine.connect() as connection:
            if connection.execute(sa.select(DELIVERY.c.webhook).where(*over).limit(1)).first() is None:
                return 0
        return self._ledger.writer.submit(lambda on: on.execute(DELIVERY.delete().where(*over)).rowcount).result()

    def _due(self, connection: sa.Connection, room: Room, busy: dict[str, int]) -> Iterator[tuple[Row, Row]]:
        """Give what may be begun, at most `room.all`: each subscription in turn, the least busy first."""
        left, now = room.all, events.instant(self._ledger.now())
        hooks = connection.execute(SERVED, {"now": now}).all()
        for hook in sorted(hooks, key=lambda hook: busy.get(hook.id, 0)):
            most = min(left, room.each - busy.get(hook.id, 0))
            if most <= 0:
                continue
            found = connection.execute(_DUE, {"of": hook.id, "now": now, "most": most}).all()
            left -= len(found)
            yield from ((hook, row) for row in found)

    def _claim(self, connection: sa.Connection, hook: Row, row: Row) -> Claim:
        claim = Claim(hook, row.log_index, row.attempts, self._ledger.new_id())
        until = events.instant(self._ledger.now() + self._lease)
        connection.execute(_at(claim), {"lease": claim.lease, "leased_until": until})
        return claim

    def _settle(self, connection: sa.Connection, outcome: Outcome) -> None:
        claim, answer, now = outcome.claim, outcome.answer, self._ledger.now()
        attempts = claim.attempts + 1
        pause = self._pace.pause(attempts, answer.retry_after_seconds)
        values = {
            "attempts": attempts,
            "status": answer.status,
            "problem": answer.problem,
            "changed_at": events.instant(now),
            "lease": NOBODY,
            "leased_until": NOBODY,
            "state": DELIVERED if answer.taken else WAITING if pause is not None else DEAD,
            "due_at": events.instant(now + (pause or dt.timedelta())),
        }
        # Another's by now, or told to begin again: then this attempt was one more, and counts for nothing.
        held = connection.execute(_at(claim).where(DELIVERY.c.lease == claim.lease).values(values)).rowcount
        if held and answer.gone:
            connection.execute(WEBHOOK.update().where(WEBHOOK.c.id == claim.webhook.id).values(active=False))


def _at(claim: Claim) -> sa.Update:
    return DELIVERY.update().where(DELIVERY.c.webhook == claim.webhook.id, DELIVERY.c.log_index == claim.index)
