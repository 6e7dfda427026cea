"""The few statements of the hot path: written in Core, rendered once, run on the SQLite driver.

SQLAlchemy's execution costs about 80 µs a statement, the driver's 10; a decision takes five. Another database gets a
sibling of this file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

_DIALECT = sqlite.dialect(paramstyle="named")


class Statement:
    """One statement with named parameters."""

    def __init__(self, written: sa.sql.expression.ClauseElement) -> None:
        self._text = str(written.compile(dialect=_DIALECT))

    def run(self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it once for each row."""
        _driver(connection).executemany(self._text, rows)

    def value(self, connection: sa.Connection, parameters: Mapping[str, Any]) -> Any:
        """Give the first column of the first row it finds; None if it finds none."""
        row = _driver(connection).execute(self._text, dict(parameters)).fetchone()
        return None if row is None else row[0]


def _driver(connection: sa.Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver
