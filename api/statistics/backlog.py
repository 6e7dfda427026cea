"""What waits to be answered at a moment: how much, where it stands, how old it is, and what is late."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import msgspec
import sqlalchemy as sa

from api.casework.states import CaseKind, State
from api.casework.tables import CASE
from api.events import instant

AGES = (1, 3, 7, 15, 30)  #: days at which the next bucket of ages begins; the first begins at 0
SOON = dt.timedelta(days=2)


class AgeBucket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cases that were opened so many whole days ago."""

    from_days: int
    below_days: int | None  #: null: and older
    count: int


class BacklogRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The cases of one kind in one state."""

    kind: CaseKind
    state: State  #: a claim whose lease is over is open
    count: int
    overdue: int
    due_soon: int  #: due within two days, and not overdue
    escalated: int
    ages: tuple[AgeBucket, ...]


class Backlog(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that is not concluded, at a moment."""

    at: str
    count: int
    overdue: int
    rows: tuple[BacklogRow, ...]


def backlog(connection: sa.Connection, at: dt.datetime) -> Backlog:
    """Count what is not concluded at `at`."""
    found = connection.execute(_selected(at)).mappings().all()
    rows = [_row(*which, list(group)) for which, group in groupby(found, lambda row: (row["kind"], row["seen"]))]
    return Backlog(instant(at), sum(row.count for row in rows), sum(row.overdue for row in rows), tuple(rows))


def _selected(at: dt.datetime) -> sa.Select[Any]:
    now, soon = instant(at), instant(at + SOON)
    let_go = sa.and_(CASE.c.state == str(State.CLAIMED), CASE.c.lease_until != "", CASE.c.lease_until <= now)
    state = sa.case((let_go, str(State.OPEN)), else_=CASE.c.state).label("seen")
    begun = [instant(at - dt.timedelta(days=days)) for days in AGES]
    younger = [(CASE.c.opened_at > begins, place) for place, begins in enumerate(begun)]
    age = sa.case(*younger, else_=len(AGES)).label("bucket")
    counted = (
        sa.func.count().label("number"),
        _number(CASE.c.due_at <= now).label("late"),
        _number(sa.and_(CASE.c.due_at > now, CASE.c.due_at <= soon)).label("soon"),
        _number(CASE.c.escalated).label("raised"),
    )
    chosen = sa.select(CASE.c.kind, state, age, *counted).where(CASE.c.state != str(State.CONCLUDED))
    grouped = chosen.group_by(CASE.c.kind, sa.text("seen"), sa.text("bucket"))
    return grouped.order_by(CASE.c.kind, sa.text("seen"))


def _number(holds: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((holds, 1), else_=0))


def _row(kind: str, state: str, found: Sequence[sa.RowMapping]) -> BacklogRow:
    counts = {row["bucket"]: row["number"] for row in found}
    edges = zip((0, *AGES), (*AGES, None), strict=True)
    ages = tuple(AgeBucket(begins, ends, counts.get(place, 0)) for place, (begins, ends) in enumerate(edges))
    late, soon, raised = (sum(row[name] for row in found) for name in ("late", "soon", "raised"))
    return BacklogRow(CaseKind(kind), State(state), sum(counts.values()), late, soon, raised, ages)
