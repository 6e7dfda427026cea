"""Reading rows without believing them: a value of another type than its column's is refused before it is used."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from audit.database import driver_of, is_sqlite
from audit.entry import decode
from audit.verify.report import Draft

T = TypeVar("T")
Row = tuple[Any, ...]
R = TypeVar("R", bound=Row)

AT_ONCE = 256


def read(connection: sa.Connection, statement: str, *types: type, **given: int) -> Iterator[Row]:
    """Yield rows as the driver gives them, past any conversion; raises TypeError when a value is not of its type."""
    for rows in read_many(connection, statement, *types, **given):
        yield from rows


def read_many(connection: sa.Connection, statement: str, *types: type, **given: int) -> Iterator[list[Row]]:
    """Yield the same in lists of up to 256."""
    expected = [{each} for each in types]
    for rows in _fetched(connection, statement, given):
        if [{*map(type, column)} for column in zip(*rows, strict=True)] == expected:
            yield rows
            continue
        good = list(itertools.takewhile(lambda row: tuple(map(type, row)) == types, rows))
        yield good
        bad = rows[len(good)]
        raise TypeError(f"row {bad[0]!r} holds {_names(map(type, bad))} instead of {_names(types)}")


def _fetched(connection: sa.Connection, statement: str, given: dict[str, int]) -> Iterator[list[Row]]:
    if is_sqlite(connection):
        cursor: sqlite3.Cursor = driver_of(connection).execute(statement, given)  # type: ignore[assignment]
        while rows := cursor.fetchmany(AT_ONCE):
            yield rows
        return
    # for this statement alone: set on the connection it would hold for all that follows on it
    found = connection.execute(sa.text(statement), given, execution_options={"yield_per": AT_ONCE})
    for partition in found.partitions(AT_ONCE):
        yield [tuple(row) for row in partition]


def entries(connection: sa.Connection) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield index and fields of every entry in order, for who audits what is derived from the log.

    Raises EntryRefused for one that cannot be read.
    """
    for index, entry in read(connection, "SELECT idx, entry FROM audit_entry ORDER BY idx", int, bytes):
        yield index, decode(entry)


def guarded(draft: Draft, where: str, rows: Iterable[T]) -> Iterator[T]:
    """Yield `rows` until they cannot be read further, which becomes a finding."""
    with draft.reading(where):
        yield from rows


def _names(types: Iterable[type]) -> str:
    return ", ".join(each.__name__ for each in types)


class Merge(Generic[R]):
    """Rows in the order of their first column, taken by it while something else is walked in the same order."""

    def __init__(self, rows: Iterator[R]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def up_to(self, key: int) -> Iterator[R]:
        """Take all rows whose first column is at most `key`."""
        while self._next is not None and self._next[0] <= key:
            row, self._next = self._next, next(self._rows, None)
            yield row

    def rest(self) -> Iterator[R]:
        """Take what is left."""
        if self._next is not None:
            yield self._next
            self._next = None
        yield from self._rows
