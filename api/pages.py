"""Pages of a search: a size of the log is fixed when it begins, so that no page repeats or skips because it grew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import merge
from typing import Any

import msgspec
import sqlalchemy as sa

from api import listings, search
from api.cursor import Cursor, Cursors
from api.narrowed import Column, Narrowed
from api.schemas import DecisionPage, DecisionSummary, EntryPage, EntrySummary
from api.search import Stretch, Where, WhereEntry
from api.tables import DECISION
from engine.decision import PolicyRef

Row = sa.Row[Any]


class Paging(msgspec.Struct, frozen=True):
    """Which page of a search, and how it is turned."""

    limit: int
    cursor: str | None = None
    oldest_first: bool = False
    counted: bool = False  #: say how many there are on all pages


class Pages:
    """Reads pages of one log; `size` is that of its newest checkpoint."""

    def __init__(self, connection: sa.Connection, cursors: Cursors, size: int) -> None:
        self._connection, self._cursors, self._size = connection, cursors, size

    def decisions(self, where: Where, paging: Paging) -> DecisionPage:
        """Give a page of decisions; raise InvalidParameter if the cursor is not of this search."""
        place = self._place(where, paging)
        within = search.stretch(self._connection, where, place.size)
        page = search.decisions(where, _left(within, place, paging))
        rows = self._rows(page, DECISION.c, paging)
        items = [summary(row) for row in rows[: paging.limit]]
        count = search.decisions(where, within).count(self._connection) if paging.counted else None
        return DecisionPage(items=items, next=self._next(where, place, paging, rows), size=place.size, count=count)

    def entries(self, where: WhereEntry, paging: Paging) -> EntryPage:
        """Give a page of entries; raise InvalidParameter if the cursor is not of this search."""
        place = self._place(where, paging)
        within = search.stretch(self._connection, where, place.size)
        found = [
            self._rows(each, columns, paging) for each, columns in search.entries(where, _left(within, place, paging))
        ]
        rows = list(merge(*found, key=lambda row: row[0], reverse=not paging.oldest_first))
        items = [EntrySummary(*tuple(row)) for row in rows[: paging.limit]]
        counted = (
            [each.count(self._connection) for each, _ in search.entries(where, within)] if paging.counted else None
        )
        count = None if counted is None else sum(counted)
        return EntryPage(items=items, next=self._next(where, place, paging, rows), size=place.size, count=count)

    def _place(self, where: Where | WhereEntry, paging: Paging) -> Cursor:
        """Read where the page begins; the index of the first page's cursor lies before all that is read."""
        if paging.cursor is None:
            return Cursor(self._size, -1 if paging.oldest_first else self._size)
        return self._cursors.read(_identity(where, paging), paging.cursor)

    def _next(self, where: Where | WhereEntry, place: Cursor, paging: Paging, rows: Sequence[Row]) -> str | None:
        if len(rows) <= paging.limit:
            return None
        return self._cursors.write(_identity(where, paging), Cursor(place.size, rows[paging.limit - 1][0]))

    def _rows(self, found: Narrowed, columns: Iterable[Column], paging: Paging) -> list[Row]:
        """Give the rows of a page and one more, if there is one."""
        return found.page(self._connection, *columns, oldest_first=paging.oldest_first, limit=paging.limit + 1)


def _identity(where: Where | WhereEntry, paging: Paging) -> object:
    return type(where).__name__, msgspec.to_builtins(where), paging.oldest_first


def _left(within: Stretch, place: Cursor, paging: Paging) -> Stretch:
    """Give what is left of a stretch after the page before."""
    if paging.oldest_first:
        return within._replace(first=max(within.first, place.index + 1))
    return within._replace(end=min(within.end, place.index))


def summary(row: Row) -> DecisionSummary:
    """Give a row of `decision` as it is listed."""
    return DecisionSummary(
        id=row.id,
        outcome=row.outcome,
        reasons=listings.read(row.reasons),
        policy=PolicyRef(row.policy, row.version, row.digest),
        as_of=row.as_of,
        decided_at=row.decided_at,
        actor=row.owner,
        index=row.log_index,
    )
