"""What became of the events of a subscription: a page at a time, newest first."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from api.cursor import Cursor
from api.ledger import Ledger
from api.webhooks.messages import EventType
from api.webhooks.tables import DELIVERY, WAITING

State = Literal["waiting", "delivered", "dead"]
Row = sa.Row[Any]


class Delivered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One event on its way, or at its end."""

    index: int  #: of the entry; `POST /webhooks/{id}/replay` takes it
    type: EventType
    decision: str
    state: State  #: dead: given up after the last attempt
    attempts: int
    next_attempt_at: str | None
    status: int | None  #: of the receiver's last answer
    problem: str  #: why the last attempt failed: refused, unreachable, timeout, unresolved, forbidden, garbled
    changed_at: str

    @classmethod
    def of(cls, row: Row) -> Delivered:
        """Read a row."""
        following = row.due_at if row.state == WAITING else None
        named = {"index": row.log_index, "decision": row.about, "next_attempt_at": following}
        same = ("state", "attempts", "status", "problem", "changed_at")
        return cls(**named, type=EventType(row.type), **{name: getattr(row, name) for name in same})


class DeliveryPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page of deliveries; `next` is null on the last one."""

    items: list[Delivered]
    next: str | None


class Deliveries:
    """Reads deliveries."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def page(self, webhook: str, state: State | None, limit: int, cursor: str | None) -> DeliveryPage:
        """Give a page; raise InvalidParameter if the cursor is of another search."""
        search = ["deliveries", webhook, state]
        chosen = sa.select(DELIVERY).where(DELIVERY.c.webhook == webhook)
        if state is not None:
            chosen = chosen.where(DELIVERY.c.state == state)
        if cursor is not None:
            chosen = chosen.where(DELIVERY.c.log_index < self._ledger.cursors.read(search, cursor).index)
        with self._ledger.log.engine.connect() as connection:
            rows = connection.execute(chosen.order_by(DELIVERY.c.log_index.desc()).limit(limit + 1)).all()
        items = [Delivered.of(row) for row in rows[:limit]]
        if len(rows) <= limit:
            return DeliveryPage(items, None)
        return DeliveryPage(items, self._ledger.cursors.write(search, Cursor(0, items[-1].index)))
