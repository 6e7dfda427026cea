"""Matters as people see them: how they stand, how their clocks do, and what was written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec
import sqlalchemy as sa

from api.casework import texts
from api.clocks import Clocks, Due
from api.cursor import Cursor
from api.deadlines import DecisionClock, Running, judged, met
from api.errors import Mistake, NotFound
from api.ledger import Ledger
from api.matters.matter import Ending, MatterAction, MatterKind
from api.matters.schemas import MatterFile, MatterPage, MatterPart, MatterView
from api.matters.tables import KIND, MATTER, MATTER_STEP
from api.reads import Reading, Reads
from api.roles import Permission, Principal

_INSIDE = frozenset({KIND[MatterAction.EXTEND]})  #: whose texts are for the house


class WhichMatters(msgspec.Struct, frozen=True):
    """What matters are narrowed to; None leaves it open."""

    kind: str | None = None
    owner: str | None = None
    open: bool | None = None
    overdue: bool = False


class MatterViews:
    """Shows them."""

    def __init__(self, ledger: Ledger, clocks: Clocks) -> None:
        self._ledger, self._clocks = ledger, clocks

    def of(self, matter: str, principal: Principal) -> MatterView:
        """Show a matter that is the caller's to see; raise NotFound."""
        with self._ledger.log.engine.connect() as connection:
            return self._view(_row(connection, matter, principal))

    def page(self, which: WhichMatters, limit: int, cursor: str | None) -> MatterPage:
        """Give a page of matters, the newest first; raise InvalidParameter if the cursor is not of this search."""
        search = ("matters", msgspec.to_builtins(which))
        below = None if cursor is None else self._ledger.cursors.read(search, cursor).index
        with self._ledger.log.engine.connect() as connection:
            found = [*islice(self._found(connection, which, below), limit + 1)]
        shown = [view for _, view in found[:limit]]
        following = self._ledger.cursors.write(search, Cursor(0, found[limit - 1][0])) if len(found) > limit else None
        return MatterPage(shown, following)

    def running(self, limit: int, *, overdue: bool = False) -> list[Running]:
        """Give up to `limit` clocks of matters of the living that nothing has ended yet, only overdue ones if asked."""
        which = WhichMatters(open=True, overdue=overdue)
        with self._ledger.log.engine.connect() as connection:
            found = self._found(connection, which, None, living=True)
            return [*islice((each for _, view in found for each in _running(view, overdue=overdue)), limit)]

    def file(self, matter: str, principal: Principal, reading: Reading) -> MatterFile:
        """Open what was written, as one recorded read; raise NotFound, or Erased if it is gone."""
        with self._ledger.log.engine.connect() as connection:
            row = _row(connection, matter, principal)
            steps = [each for each in _steps(connection, matter) if self._shown(connection, each, principal)]
        read = Reads(self._ledger).open_all([each.log_index for each in steps], reading, row.subject) if steps else []
        parts = [
            MatterPart(step.version, step.log_index, step.kind, step.at, msgspec.json.decode(texts.read(text).body))
            for step, text in zip(steps, read, strict=True)
        ]
        return MatterFile(matter, row.version, parts)

    def _shown(self, connection: sa.Connection, step: Any, principal: Principal) -> bool:
        if step.kind in _INSIDE and not principal.may(Permission.ANSWER_MATTERS):
            return False
        return "sealed" in msgspec.json.decode(self._ledger.log.read(connection, step.log_index))

    def _found(
        self, connection: sa.Connection, which: WhichMatters, below: int | None, *, living: bool = False
    ) -> Iterator[tuple[int, MatterView]]:
        """Give matters with their openings, the newest first; whether a clock is over is no column, but computed."""
        chosen = sa.select(MATTER).order_by(MATTER.c.opened_index.desc())
        chosen = chosen if which.kind is None else chosen.where(MATTER.c.kind == which.kind)
        chosen = chosen if which.owner is None else chosen.where(MATTER.c.owner == which.owner)
        chosen = chosen if below is None else chosen.where(MATTER.c.opened_index < below)
        if which.open is not None or which.overdue:
            still = which.open is not False
            chosen = chosen.where((MATTER.c.ended_on == "") if still else (MATTER.c.ended_on != ""))
        for row in connection.execute(chosen):
            view = self._view(row)
            if (view.overdue or not which.overdue) and not (living and self._gone(connection, row.subject)):
                yield row.opened_index, view

    def _gone(self, connection: sa.Connection, subject: str) -> bool:
        return subject not in self._ledger.log.vault.living(connection, [subject])

    def _view(self, row: Any) -> MatterView:
        began = dt.date.fromisoformat(row.began_on)
        dues = self._clocks.of_event(row.kind, self._clocks.noon(began), row.extended)
        clocks = [self._stands(row, due) for due in dues]
        return MatterView(
            id=row.id,
            kind=MatterKind(row.kind),
            version=row.version,
            decision=row.decision or None,
            began_on=began,
            acknowledged_on=_day(row.acknowledged_on),
            extended=row.extended,
            ended_on=_day(row.ended_on),
            ending=Ending(row.ending) if row.ending else None,
            overdue=any(each.state == "overdue" for each in clocks),
            clocks=clocks,
            index=row.log_index,
        )

    def _stands(self, row: Any, due: Due) -> DecisionClock:
        """An acknowledgement, or what ends the matter before there is one, ends its clock; what ends it, the others."""
        ended = _day(row.ended_on)
        if due.met_by == "nothing":
            return DecisionClock(due, "open")
        if due.met_by == "acknowledgement" and (told := _day(row.acknowledged_on)) is not None:
            return met(due, told, None)
        return judged(due, self._ledger.now()) if ended is None else met(due, ended, row.log_index)


def may_see(principal: Principal, owner: str) -> bool:
    """Whether a matter is a caller's to see."""
    everybody = principal.may(Permission.ANSWER_MATTERS) or principal.may(Permission.SPEAK_FOR_ALL)
    return everybody or owner == principal.actor


def _running(view: MatterView, *, overdue: bool) -> Iterator[Running]:
    for clock in view.clocks:
        if clock.state == "overdue" or (clock.state == "running" and not overdue):
            yield Running(view.id, "matter", str(view.kind), clock.due, clock.state == "overdue")


def _row(connection: sa.Connection, matter: str, principal: Principal) -> Any:
    row = connection.execute(sa.select(MATTER).where(MATTER.c.id == matter)).first()
    if row is None or not may_see(principal, row.owner):
        raise unknown(matter)
    return row


def unknown(matter: str) -> NotFound:
    """Say that there is no such matter, in the same words whether it is somebody else's or nobody's."""
    message = f"no matter `{matter[:80]}` that is yours to see"
    return NotFound(mistakes=[Mistake("matter_id", message, "GET /matters lists those that are")])


def _steps(connection: sa.Connection, matter: str) -> list[Any]:
    chosen = sa.select(MATTER_STEP).where(MATTER_STEP.c.matter_id == matter).order_by(MATTER_STEP.c.version)
    return list(connection.execute(chosen))


def _day(written: str) -> dt.date | None:
    return dt.date.fromisoformat(written) if written else None
