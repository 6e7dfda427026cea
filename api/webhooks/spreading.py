"""From the log to what has to be sent: the log is the outbox.

An entry that is committed is an event that will be sent, because each subscription remembers the first entry it was not
looked up for, and moves on only in the transaction that writes down what is to be delivered. So nothing is written for
subscribers when a decision is made, and nothing can be recorded but not told, or told but not recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from api import events
from api.ledger import Ledger
from api.tables import DECISION, OTHER
from api.webhooks.messages import KINDS, read
from api.webhooks.owners import SERVED
from api.webhooks.tables import DELIVERY, NOBODY, WAITING, WEBHOOK

_AT_ONCE = 500  #: entries looked up in one go
_UNWRITTEN = 1_000  #: entries that concern nobody may be looked up again rather than written down each time
_OTHERS = [kind for kind in KINDS if kind != events.DECISION_MADE]

Row = sa.Row[Any]


class Found(msgspec.Struct, frozen=True, order=True):
    """An entry that a subscription has to be told of."""

    index: int
    kind: str
    about: str  #: empty: nothing this subscription is told of


class Stretch(NamedTuple):
    """The part of the log one subscription is looked up for next: entries from its own mark below `end`."""

    webhook: Row
    end: int
    found: list[Found]

    @property
    def counts(self) -> bool:
        """Whether it is worth a transaction."""
        return bool(self.found) or self.end - self.webhook.next_index >= _UNWRITTEN


class Spreading:
    """Writes down what has to be delivered."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def run(self) -> bool:
        """Move every active subscription on by one stretch of what is signed; tell whether there may be more."""
        if not self._anybody():
            return False
        # Read before the tables are: what is signed by now has to stand in what is looked at next.
        signed = self._ledger.log.checkpoint().size
        with self._ledger.log.engine.connect() as connection:
            stretches = [each for each in self._stretches(connection, signed) if each.counts]
        if stretches:
            self._ledger.writer.submit(lambda connection: self._write(connection, stretches)).result()
        return bool(stretches)

    def _anybody(self) -> bool:
        with self._ledger.log.engine.connect() as connection:
            return connection.execute(SERVED.limit(1), self._now()).first() is not None

    def _now(self) -> dict[str, str]:
        return {"now": events.instant(self._ledger.now())}

    def _stretches(self, connection: sa.Connection, signed: int) -> Iterator[Stretch]:
        for row in connection.execute(SERVED.where(WEBHOOK.c.next_index < signed), self._now()).all():
            yield self._stretch(connection, row, signed)

    def _stretch(self, connection: sa.Connection, row: Row, signed: int) -> Stretch:
        found = sorted([*_decisions(connection, row, signed), *self._others(connection, row, signed)])[:_AT_ONCE]
        end = found[-1].index + 1 if len(found) == _AT_ONCE else signed
        wanted = [each for each in found if each.about and KINDS[each.kind].type in row.types.split()]
        return Stretch(row, end, wanted)

    def _others(self, connection: sa.Connection, row: Row, signed: int) -> Iterator[Found]:
        chosen = sa.select(OTHER.c.log_index, OTHER.c.kind).where(
            OTHER.c.kind.in_(_OTHERS), OTHER.c.log_index >= row.next_index, OTHER.c.log_index < signed
        )
        for index, kind in connection.execute(chosen.order_by(OTHER.c.log_index).limit(_AT_ONCE)).all():
            facts = read(msgspec.json.decode(self._ledger.log.entry(index)))
            yield Found(index, kind, facts.decision if facts.owner == row.owner else "")

    def _write(self, connection: sa.Connection, stretches: Iterable[Stretch]) -> None:
        for stretch in stretches:
            self._move(connection, stretch)

    def _move(self, connection: sa.Connection, stretch: Stretch) -> None:
        row, now = stretch.webhook, events.instant(self._ledger.now())
        moving = WEBHOOK.update().where(WEBHOOK.c.id == row.id, WEBHOOK.c.next_index == row.next_index)
        if not connection.execute(moving.values(next_index=stretch.end)).rowcount:
            return  # another process was first, or it was told to begin again
        common = {"webhook": row.id, "state": WAITING, "attempts": 0, "due_at": now, "changed_at": now}
        nobody = {"lease": NOBODY, "leased_until": NOBODY, "status": None, "problem": ""}
        rows = [
            {**common, **nobody, "log_index": each.index, "about": each.about, "type": KINDS[each.kind].type}
            for each in stretch.found
        ]
        if rows:
            connection.execute(DELIVERY.insert(), rows)


def _decisions(connection: sa.Connection, row: Row, signed: int) -> Iterator[Found]:
    chosen = sa.select(DECISION.c.log_index, DECISION.c.id).where(
        DECISION.c.owner == row.owner, DECISION.c.log_index >= row.next_index, DECISION.c.log_index < signed
    )
    for index, decision in connection.execute(chosen.order_by(DECISION.c.log_index).limit(_AT_ONCE)):
        yield Found(index, events.DECISION_MADE, decision)
