"""The read models made again from the log alone, in one transaction: readers see the old tables or the new ones.

Byte for byte the same as those that grew with the log, which is checked before the transaction ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import sqlalchemy as sa

from api.derived import DERIVED, shape
from api.errors import LogDiffers
from api.readmodels import PUT, all_derived
from api.reconcile import Difference, differing
from api.tables import SHAPE, ReadModel, Row
from audit import Log
from audit.verify import entries

_AT_ONCE = 5_000  #: rows that are written together
_NAMED = 100  #: differences that are told one by one


class Rebuilt(NamedTuple):
    """What a rebuild came to."""

    entries: int
    rows: int
    differing: int  #: how many rows said something else than the log
    differences: list[Difference]  #: the first of them


def rebuild(log: Log) -> Rebuilt:
    """Replace the derived tables by what the log leads to; nobody else may write meanwhile.

    Raise LogDiffers, changing nothing, if even the new ones do not agree with the log.
    """
    with log.write_engine.begin() as connection:
        found = differing(connection)
        first = list(islice(found, _NAMED))
        wrong = len(first) + sum(1 for _ in found)
        _clear(connection)
        rows = _fill(connection)
        for table in DERIVED:
            for index in sorted(table.indexes, key=lambda each: str(each.name)):
                index.create(connection)
        if left := list(islice(differing(connection, bundles=False), _NAMED)):
            raise LogDiffers("\n".join(f"{where}: {what}" for where, what in left))
    return Rebuilt(log.size(), rows, wrong, first)


def _clear(connection: sa.Connection) -> None:
    """Leave the derived tables empty and without their indexes, which are quicker to make at once."""
    ReadModel.metadata.drop_all(connection, tables=[*DERIVED, SHAPE])
    for table in DERIVED:
        connection.execute(sa.schema.CreateTable(table))
    ReadModel.metadata.create_all(connection)
    connection.execute(SHAPE.insert(), {"shape": shape()})


def _fill(connection: sa.Connection) -> int:
    count = 0
    for table, rows in _gathered(connection):
        PUT[table].run(connection, rows)
        count += len(rows)
    return count


def _gathered(connection: sa.Connection) -> Iterator[tuple[sa.Table, list[Row]]]:
    """Give rows in the order of the log, many of one table together."""
    waiting: dict[sa.Table, list[Row]] = {table: [] for table in DERIVED}
    for _, table, rows in all_derived(entries(connection)):
        waiting[table].extend(rows)
        if len(waiting[table]) >= _AT_ONCE:
            yield table, waiting[table]
            waiting[table] = []
    yield from ((table, rows) for table, rows in waiting.items() if rows)
