"""What cases came to, how long they took, and how many were answered in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from api.casework.states import CaseKind, Result, State
from api.casework.tables import CASE
from api.statistics.shares import LEAST, NOTE, Share
from api.statistics.windows import Window
from engine.vocabulary import Text


class ConclusionRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The cases of one kind that were concluded."""

    kind: CaseKind
    count: int
    results: dict[str, int]
    in_time: Share  #: answered before they were overdue
    median_hours: int | None  #: from opening to conclusion, whole hours, nearest rank; null for too few
    ninth_decile_hours: int | None  #: nine of ten took no longer


class Conclusions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cases concluded in a window."""

    window: Window
    rows: tuple[ConclusionRow, ...]
    note: Text


def conclusions(connection: sa.Connection, window: Window, policy: str | None = None) -> Conclusions:
    """Tell what was concluded in a window, of one policy if it is named."""
    conditions: list[sa.ColumnElement[Any]] = [CASE.c.state == str(State.CONCLUDED)]
    conditions += window.holds(CASE.c.concluded_at)
    if policy is not None:
        conditions.append(CASE.c.policy == policy)
    rows = [_row(connection, kind, [*conditions, CASE.c.kind == str(kind)]) for kind in CaseKind]
    return Conclusions(window, tuple(row for row in rows if row.count), NOTE)


def _row(connection: sa.Connection, kind: CaseKind, conditions: Sequence[sa.ColumnElement[bool]]) -> ConclusionRow:
    counted = sa.select(CASE.c.result, sa.func.count()).where(*conditions).group_by(CASE.c.result)
    results = dict(sorted((str(Result(result)), number) for result, number in connection.execute(counted)))
    count = sum(results.values())
    in_time = sa.select(sa.func.count()).where(*conditions, CASE.c.concluded_at < CASE.c.due_at)
    took = sa.select(CASE.c.opened_at, CASE.c.concluded_at).where(*conditions)
    hours = sorted(_hours(*row) for row in connection.execute(took))
    told = Share.among(connection.execute(in_time).scalar_one(), count)
    return ConclusionRow(kind, count, results, told, _ranked(hours, 50), _ranked(hours, 90))


def _hours(opened_at: str, concluded_at: str) -> int:
    took = dt.datetime.fromisoformat(concluded_at) - dt.datetime.fromisoformat(opened_at)
    return int(took.total_seconds()) // 3600


def _ranked(hours: Sequence[int], percent: int) -> int | None:
    """Give the value that so many per cent do not exceed (nearest rank), None for fewer than LEAST."""
    if len(hours) < LEAST:
        return None
    return hours[-(-len(hours) * percent // 100) - 1]
