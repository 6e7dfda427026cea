"""The rows of a search: where they are read, along which index, and how they are paged and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa

Condition = sa.ColumnElement[bool]
Index = sa.ColumnElement[int]
Column = sa.ColumnElement[Any]
Rows = list[sa.Row[Any]]
Counts = Counter[tuple[Any, ...]]  #: how many rows say what, in some columns


class Part(Protocol):
    """The rows of a search in one part of the log."""

    def page(self, connection: sa.Connection, *columns: Column, oldest_first: bool, limit: int) -> Rows:
        """Give columns of the first rows in either order."""

    def count(self, connection: sa.Connection) -> int:
        """Count the rows."""

    def grouped(self, connection: sa.Connection, *columns: Column) -> Counts:
        """Count the rows by what they say in columns."""


@dataclass(frozen=True)
class Ranged:
    """Rows that one index leads to: where they come from, what holds for them, and the index they are read along."""

    source: sa.FromClause
    conditions: Sequence[Condition]
    index: Index

    def select(self, *columns: Column) -> sa.Select[Any]:
        """Select columns of every row."""
        return sa.select(*columns).select_from(self.source).where(*self.conditions)

    def ordered(self, *columns: Column, oldest_first: bool, limit: int) -> sa.Select[Any]:
        """Select columns of the first rows in either order."""
        order = self.index.asc() if oldest_first else self.index.desc()
        return self.select(*columns).order_by(order).limit(limit)

    def counted(self) -> sa.Select[Any]:
        """Select the number of rows."""
        return sa.select(sa.func.count()).select_from(self.source).where(*self.conditions)

    def page(self, connection: sa.Connection, *columns: Column, oldest_first: bool, limit: int) -> Rows:
        """Give columns of the first rows in either order."""
        return [*connection.execute(self.ordered(*columns, oldest_first=oldest_first, limit=limit))]

    def count(self, connection: sa.Connection) -> int:
        """Count the rows."""
        return int(connection.execute(self.counted()).scalar_one())

    def grouped(self, connection: sa.Connection, *columns: Column) -> Counts:
        """Count the rows by what they say in columns."""
        chosen = self.select(*columns, sa.func.count()).group_by(*columns)
        return Counter({tuple(said): number for *said, number in connection.execute(chosen)})


@dataclass(frozen=True)
class Narrowed:
    """The rows of a search, in parts of the log that follow one another and share nothing.

    One statement for all parts would leave to the database whether it reads them in order, and stops in time.
    """

    parts: Sequence[Part]

    def page(self, connection: sa.Connection, *columns: Column, oldest_first: bool, limit: int) -> Rows:
        """Give columns of the first rows in either order."""
        rows: Rows = []
        for part in self.parts if oldest_first else reversed(self.parts):
            if (left := limit - len(rows)) > 0:
                rows += part.page(connection, *columns, oldest_first=oldest_first, limit=left)
        return rows

    def count(self, connection: sa.Connection) -> int:
        """Count the rows."""
        return sum(part.count(connection) for part in self.parts)

    def grouped(self, connection: sa.Connection, *columns: Column) -> Counts:
        """Count the rows by what they say in columns."""
        found: Counts = Counter()
        for part in self.parts:
            found.update(part.grouped(connection, *columns))
        return found
