"""Holds the listings against what they ought to hold: in one pass over each, with eight bytes of memory a row.

A listing stands in the order of its codes and not in that of the log, so it cannot be compared stretch by stretch.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import sqlalchemy as sa

from api.tables import Row

_AT_ONCE = 10_000  #: rows of a listing that are compared together


class Listed:
    """What a log leads to in the listings, gathered while going over it."""

    def __init__(self) -> None:
        self._wanted: dict[sa.Table, dict[str, array[int]]] = defaultdict(lambda: defaultdict(lambda: array("Q")))

    def add(self, table: sa.Table, rows: Iterable[Row]) -> None:
        """Take in more rows of a listing; of each code they come in the order of the log."""
        wanted = self._wanted[table]
        for row in rows:
            wanted[row["code"]].append(row["log_index"])

    def differing(self, connection: sa.Connection, table: sa.Table) -> Iterator[tuple[Row, bool]]:
        """Give each row that is missing from a listing (True) or has no business there (False)."""
        wanted = self._wanted[table]
        stored = connection.execute(sa.select(table.c.code).distinct()).scalars().all()
        for code in sorted({*wanted, *stored}, key=str):
            for index, missing in _apart(wanted.get(code, array("Q")), _stored(connection, table, code)):
                yield {"code": code, "log_index": index}, missing


def _apart(wanted: Sequence[int], stored: Iterable[list[int]]) -> Iterator[tuple[int, bool]]:
    """Give what only one side has, and whether it is the wanted; both rise, and the last page stored is not full."""
    start = 0
    for page in stored:
        end = bisect_right(wanted, page[-1]) if len(page) == _AT_ONCE else len(wanted)
        part, start = list(wanted[start:end]), end
        if part != page:
            yield from ((index, index in {*part}) for index in sorted({*part} ^ {*page}))


def _stored(connection: sa.Connection, table: sa.Table, code: str) -> Iterator[list[int]]:
    """Give the indexes a listing has of a code, page by page; the last page is not full."""
    index = table.c.log_index
    after: sa.ColumnElement[bool] = sa.true()
    chosen = sa.select(index).where(table.c.code == code).order_by(index).limit(_AT_ONCE)
    while True:
        page = list(connection.execute(chosen.where(after)).scalars())
        yield page
        if len(page) < _AT_ONCE:
            return
        after = index > page[-1]
