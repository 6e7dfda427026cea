"""The few statements of the hot path: written in Core, rendered once for each database, run on its driver.

SQLAlchemy's execution costs about 80 µs a statement, the driver's 10; a decision takes five.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg

from audit.database import driver_of

_DIALECTS: Mapping[str, sa.engine.Dialect] = {
    "sqlite": sqlite.dialect(paramstyle="named"),
    "postgresql": psycopg.dialect(),  # type: ignore[no-untyped-call]  # the library has no types here
}


class Statement:
    """One statement with named parameters; `texts` has it as each kind of database reads it."""

    def __init__(self, written: sa.sql.expression.ClauseElement) -> None:
        self.texts = {name: str(written.compile(dialect=dialect)) for name, dialect in _DIALECTS.items()}

    def run(self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it once for each row."""
        driver_of(connection).executemany(self.texts[connection.dialect.name], rows)

    def value(self, connection: sa.Connection, parameters: Mapping[str, Any]) -> Any:
        """Give the first column of the first row it finds; None if it finds none."""
        row = self.first(connection, parameters)
        return None if row is None else row[0]

    def all(self, connection: sa.Connection, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Give every row it finds."""
        text = self.texts[connection.dialect.name]
        return list(driver_of(connection).execute(text, dict(parameters)).fetchall())

    def first(self, connection: sa.Connection, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Give the first row it finds; None if it finds none."""
        row: tuple[Any, ...] | None = (
            driver_of(connection).execute(self.texts[connection.dialect.name], dict(parameters)).fetchone()
        )
        return row


class ManyRows:
    """Adds many rows to a table at once, each a tuple of its columns in their order.

    In PostgreSQL one statement takes a list for each column; on SQLite the driver makes one statement of many rows by
    itself (`audit/sqlite/bulk.py`).
    """

    def __init__(self, table: sa.Table) -> None:
        self._names = [column.name for column in table.columns]
        lists = [sa.bindparam(column.name, type_=postgresql.ARRAY(column.type)) for column in table.columns]
        unnested = sa.select(*map(sa.func.unnest, lists))
        self._by_row = str(table.insert().compile(dialect=sqlite.dialect(paramstyle="qmark")))
        self._by_column = str(
            table.insert().from_select(self._names, unnested).compile(dialect=_DIALECTS["postgresql"])
        )

    def run(self, connection: sa.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add rows, in their order."""
        if connection.dialect.name == "postgresql":
            columns = dict(zip(self._names, map(list, zip(*rows, strict=True)), strict=True))
            driver_of(connection).executemany(self._by_column, [columns])
        else:
            driver_of(connection).executemany(self._by_row, rows)
