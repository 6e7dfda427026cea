"""The rows of a search: where they are read, along which index, and how they are paged and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

Condition = sa.ColumnElement[bool]
Index = sa.ColumnElement[int]
Column = sa.ColumnElement[Any]


@dataclass(frozen=True)
class Part:
    """Rows that one index leads to: where they come from, what holds for them, and the index they are read along."""

    source: sa.FromClause
    conditions: Sequence[Condition]
    index: Index
    lean: sa.FromClause | None = None  #: has as many of these rows, for who needs no more than their number

    def select(self, *columns: Column) -> sa.Select[Any]:
        """Select columns of every row."""
        return sa.select(*columns).select_from(self.source).where(*self.conditions)

    def page(self, *columns: Column, oldest_first: bool, limit: int) -> sa.Select[Any]:
        """Select columns of the first rows in either order."""
        order = self.index.asc() if oldest_first else self.index.desc()
        return self.select(*columns).order_by(order).limit(limit)

    def counted(self) -> sa.Select[Any]:
        """Count the rows."""
        source = self.source if self.lean is None else self.lean
        return sa.select(sa.func.count()).select_from(source).where(*self.conditions)

    def grouped(self, *columns: Column) -> sa.Select[Any]:
        """Count the rows by what they say in columns; the number comes last."""
        return self.select(*columns, sa.func.count()).group_by(*columns)


@dataclass(frozen=True)
class Narrowed:
    """The rows of a search, in parts of the log that follow one another and share nothing.

    One statement for all parts would leave to the database whether it reads them in order, and stops in time.
    """

    parts: Sequence[Part]

    def page(self, connection: sa.Connection, *columns: Column, oldest_first: bool, limit: int) -> list[sa.Row[Any]]:
        """Give columns of the first rows in either order."""
        rows: list[sa.Row[Any]] = []
        for part in self.parts if oldest_first else reversed(self.parts):
            if (left := limit - len(rows)) > 0:
                rows += connection.execute(part.page(*columns, oldest_first=oldest_first, limit=left))
        return rows

    def count(self, connection: sa.Connection) -> int:
        """Count the rows."""
        return sum(connection.execute(part.counted()).scalar_one() for part in self.parts)

    def grouped(self, connection: sa.Connection, *columns: Column) -> Counter[tuple[Any, ...]]:
        """Count the rows by what they say in columns."""
        found: Counter[tuple[Any, ...]] = Counter()
        for part in self.parts:
            found.update({tuple(said): number for *said, number in connection.execute(part.grouped(*columns))})
        return found
