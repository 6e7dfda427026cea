"""Holds the read models and the kept policy bundles against the log: what people search in must be what was recorded.

The log proves itself (`audit.verify`); this proves the tables derived from it. Read-only, and it believes no row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from api import events
from api.events import Entry
from api.readmodels import BUNDLE, DERIVED, Row, derived
from audit import AuditError
from audit.verify import entries, inspecting

_AT_ONCE = 1_000


class Difference(NamedTuple):
    """Where a table does not say what the log says."""

    where: str
    what: str


def differences(database: Path) -> Iterator[Difference]:
    """Give every difference between the log in `database` and the tables beside it."""
    engine = inspecting(database)
    try:
        with engine.connect() as connection:
            yield from _differences(connection)
    except KeyError as error:
        yield Difference("read models", f"cannot be compared: an entry of the log lacks the field {error}")
    except (sa.exc.SQLAlchemyError, AuditError, ValueError, TypeError) as error:
        yield Difference("read models", f"cannot be read: {getattr(error, 'orig', None) or error}")
    finally:
        engine.dispose()


def _differences(connection: sa.Connection) -> Iterator[Difference]:
    present = set(sa.inspect(connection).get_table_names())
    if not present & {table.name for table in DERIVED}:
        return  # a log that no service has opened yet has nothing beside it
    if lacking := [table.name for table in (*DERIVED, BUNDLE) if table.name not in present]:
        yield Difference(f"table {lacking[0]}", "is missing")
        return
    end = 0
    recorded = entries(connection)
    while batch := list(islice(recorded, _AT_ONCE)):
        end = batch[-1][0] + 1
        yield from _batch(connection, batch)
        yield from _bundles(connection, batch)
    for table in (*DERIVED, BUNDLE):
        beyond = connection.execute(sa.select(sa.func.count()).where(table.c.log_index >= end)).scalar_one()
        if beyond:
            yield Difference(f"table {table.name}", f"{beyond} rows belong to no entry of the log")


def _batch(connection: sa.Connection, batch: Sequence[tuple[int, Entry]]) -> Iterator[Difference]:
    """Compare the derived rows of some consecutive entries, table by table."""
    wanted: dict[sa.Table, set[tuple[object, ...]]] = {table: set() for table in DERIVED}
    for index, entry in batch:
        for table, rows in derived(index, entry):
            wanted[table].update(_as_tuple(table, row) for row in rows)
    for table, expected in wanted.items():
        chosen = sa.select(table).where(table.c.log_index.between(batch[0][0], batch[-1][0]))
        stored = {tuple(row) for row in connection.execute(chosen)}
        column = _names(table).index("log_index")
        for place in sorted({row[column] for row in stored ^ expected}, key=str):
            yield Difference(f"table {table.name}, entry {place}", "does not say what the log says")


def _names(table: sa.Table) -> list[str]:
    return [column.name for column in table.columns]


def _as_tuple(table: sa.Table, row: Row) -> tuple[object, ...]:
    return tuple(row[column] for column in _names(table))


def _bundles(connection: sa.Connection, batch: Sequence[tuple[int, Entry]]) -> Iterator[Difference]:
    """Check that the policies published by some entries are kept, byte for byte."""
    for index, entry in batch:
        if entry["kind"] != events.POLICY_PUBLISHED:
            continue
        digest = entry["policy"]["digest"]
        bundle = connection.execute(sa.select(BUNDLE.c.bundle).where(BUNDLE.c.digest == digest)).scalar()
        if bundle is None:
            yield Difference(f"policy of entry {index}", f"bundle `{digest}` is gone; its decisions cannot be replayed")
        elif hashlib.sha256(bundle).hexdigest() != digest:
            yield Difference(f"policy of entry {index}", f"bundle `{digest}` is not what was published")
