"""A line as people see it: how it stands, and every change with the decision, rules and reasons behind it.

Rows tell what happened and which decision made it; amounts are opened by `reads`, which leaves an entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from api import listings
from api.accounts import entries, words
from api.accounts.account import Change, Status
from api.accounts.entries import Told
from api.accounts.keeping import place
from api.accounts.schemas import LineAmounts, LineChange, LineDecision, LineView
from api.accounts.tables import LINE
from api.errors import Mistake, NotFound
from api.ledger import Ledger
from api.reads import Reading, Reads
from api.tables import DECISION

Row = sa.Row[Any]

# All of them are null where no decision made the change.
_DECIDED = [DECISION.c[name] for name in ("policy", "version", "outcome", "reasons", "rules")]
_CHANGES = sa.select(*LINE.c, *_DECIDED).outerjoin(DECISION, DECISION.c.id == LINE.c.decision)


class Turned(NamedTuple):
    """Which changes are asked for."""

    limit: int
    before: int | None = None  #: older ones than this sequence


class Views:
    """Shows lines."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._reads = ledger, Reads(ledger)

    def line(self, reference: str, owner: str | None, turned: Turned, reading: Reading) -> LineView:
        """Show the line of a subject, that of `owner` only if one is named; raise NotFound."""
        log = self._ledger.log
        with log.engine.connect() as connection:
            subject = log.vault.find_subject(connection, reference)
            found = None if subject is None else place(connection, subject)
            if subject is None or found is None or owner not in {None, found.owner}:
                raise no_line()
            rows = _page(connection, subject, turned)
            there = {*log.vault.parts(connection, subject)}
        asked = [index for index in {found.index, *(row.log_index for row in rows)} if index in there]
        told = dict(zip(asked, map(entries.read, self._reads.open_all(asked, reading, subject)), strict=True))
        return LineView(
            subject=reference,
            status=found.status,
            label=words.of_status(found.status),
            owner=found.owner,
            amounts=LineAmounts.of(told[found.index].after if found.index in told else None),
            changes=tuple(_change(row, told.get(row.log_index)) for row in rows[: turned.limit]),
            next=rows[turned.limit - 1].sequence if len(rows) > turned.limit else None,
        )

    def change(self, index: int, told: Told | None = None, reading: Reading | None = None) -> LineChange:
        """Show the change at `index`; what it told is opened for `reading` if it is not at hand."""
        if reading is not None:
            told = entries.read(self._reads.open(index, reading))
        with self._ledger.log.engine.connect() as connection:
            row = connection.execute(_CHANGES.where(LINE.c.log_index == index)).one()
        return _change(row, told)


def no_line() -> NotFound:
    """Make the answer to who asks for a line that is not there, or not theirs."""
    remedy = "a line begins with the approval of an opening; subjects whose line is kept elsewhere have none here"
    return NotFound(mistakes=[Mistake("subject", "no line of this subject that is yours to see", remedy)])


def _page(connection: sa.Connection, subject: str, turned: Turned) -> Sequence[Row]:
    """Give the rows of a page and one more, if there is one."""
    chosen = _CHANGES.where(LINE.c.subject == subject)
    if turned.before is not None:
        chosen = chosen.where(LINE.c.sequence < turned.before)
    return connection.execute(chosen.order_by(LINE.c.sequence.desc()).limit(turned.limit + 1)).all()


def _change(row: Row, told: Told | None) -> LineChange:
    change = Change(row.change)
    decision = None
    if row.outcome is not None:
        why = listings.read(row.reasons), listings.read(row.rules)
        decision = LineDecision(row.decision, row.policy, row.version, row.outcome, *why)
    return LineChange(
        sequence=row.sequence,
        change=change,
        status=Status(row.status),
        at=row.at,
        actor=row.actor,
        decision=decision,
        amount_fen=told.amount_fen if told else None,
        before=LineAmounts.of(told.before) if told else None,
        after=LineAmounts.of(told.after) if told else None,
        statement=words.of_change(change, told),
        index=row.log_index,
    )
