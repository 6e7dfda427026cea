"""Many rows by one statement: SQLite runs it in one step, and other threads run beside it meanwhile.

A step gives up the interpreter's lock and has to win it back. A row at a time, a writer beside a busy event loop waits
for that lock longer than for the disk.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

Row = Sequence[Any] | Mapping[str, Any]

_INSERT = re.compile(r"INSERT INTO (\w+) \(([^()]+)\) VALUES \(([?:\w, ]+)\)( ON CONFLICT .+)?", re.DOTALL)
_MOST, _MOST_OF_OWN = 128, 32
"""How many rows one statement takes: of many the first number, of fewer the second, of few as many as there are.
So there are few texts, and each is parsed once and kept.
"""


class Insert(NamedTuple):
    """A statement that adds rows, taken apart."""

    table: str
    head: str  #: up to the rows, as `INSERT OR FAIL`
    tail: str  #: what is said of rows that are there already
    width: int  #: columns
    named: bool  #: whether rows are mappings by the names of columns
    values: Callable[[Any], tuple[Any, ...]]  #: a row's values in order

    def text(self, rows: int) -> str:
        """Return the statement that adds so many rows; when one is refused, those before it stay."""
        # To take those back the database would copy every page the statement touches before it does. Whoever sends rows
        # takes back more than the statement: the work, or the batch.
        one = f"({', '.join('?' * self.width)})"
        return f"{self.head}{', '.join([one] * rows)}{self.tail}"


@lru_cache(maxsize=1024)
def insert(text: str) -> Insert | None:
    """Take apart a statement that adds one row of plain values; None if it is anything else."""
    if (match := _INSERT.fullmatch(" ".join(text.split()))) is None:
        return None
    table, columns, marks, tail = match.groups()
    names = [column.strip() for column in columns.split(",")]
    places = [mark.strip() for mark in marks.split(",")]
    named = [f":{name}" for name in names]
    if places not in (["?"] * len(names), named):
        return None
    head = f"INSERT OR FAIL INTO {table} ({columns}) VALUES "  # noqa: S608  # names from a statement of ours
    return Insert(table, head, tail or "", len(names), places == named, _values(names, named=places == named))


def run(connection: sqlite3.Connection, text: str, rows: Sequence[Row]) -> None:
    """Add rows by a statement that `insert` takes apart, in order."""
    statement = insert(text)
    assert statement is not None
    values = list(chain.from_iterable(map(statement.values, rows)))
    done, left = 0, len(rows)
    while left:
        size = _MOST if left >= _MOST else min(left, _MOST_OF_OWN)
        end = done + size * statement.width
        sqlite3.Connection.execute(connection, _text(text, size), values[done:end])
        done, left = end, left - size


@lru_cache(maxsize=1024)
def _text(text: str, rows: int) -> str:
    statement = insert(text)
    assert statement is not None
    return statement.text(rows)


def _values(names: Sequence[str], *, named: bool) -> Callable[[Any], tuple[Any, ...]]:
    if not named:
        return tuple
    if len(names) == 1:
        return lambda row: (row[names[0]],)
    return itemgetter(*names)
