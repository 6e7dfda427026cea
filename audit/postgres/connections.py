"""Connections to a log in PostgreSQL: one that writes, a pool that reads, one that only looks at evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from audit.errors import LogRefused
from audit.postgres.names import SEARCH_PATH

READERS, MORE_READERS = 8, 32
BUSY_SECONDS = 10
"""How long to wait for another process that is writing."""
_SETTINGS = f"-c search_path={SEARCH_PATH} -c client_encoding=UTF8 -c lock_timeout={BUSY_SECONDS}s"
_READ_ONLY = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


def writing(url: sa.URL) -> sa.Engine:
    """Return the engine of the one writing connection; its transactions hold the head of the log from the beginning.

    A lock taken only with the first entry would come after rows another writer waits for, and the two would deadlock.
    """
    engine = _engine(url, size=1, overflow=0)
    event.listen(engine, "begin", _lock)
    return engine


def reading(url: sa.URL) -> sa.Engine:
    """Return the engine of readers: each transaction sees one state of the log, and cannot write."""
    return _beginning(_engine(url, size=READERS, overflow=MORE_READERS), _READ_ONLY)


def inspecting(url: sa.URL) -> sa.Engine:
    """Return an engine for an auditor, of one connection that only reads."""
    return _beginning(_engine(url, size=1, overflow=0), _READ_ONLY)


def owning(url: sa.URL) -> sa.Engine:
    """Return an engine for who makes and changes the schema; each transaction commits all of it or nothing."""
    return _beginning(_engine(url, size=1, overflow=0), "BEGIN")


def _engine(url: sa.URL, *, size: int, overflow: int) -> sa.Engine:
    engine = sa.create_engine(
        "postgresql+psycopg://",
        creator=_creator(url),
        poolclass=sa.QueuePool,
        pool_size=size,
        max_overflow=overflow,
        use_native_hstore=False,
    )
    event.listen(engine, "checkout", _refuse_dead)
    # What the toolkit sends comes after what the driver holds back.
    event.listen(engine, "before_cursor_execute", lambda connection, *_: _driver(connection).send())
    return engine


def _beginning(engine: sa.Engine, statement: str) -> sa.Engine:
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(statement))
    return engine


def _lock(connection: sa.Connection) -> None:
    driver, failures = _driver(connection), connection.dialect.loaded_dbapi.Error
    try:
        driver.take_head()
    except failures as error:  # the toolkit wraps only what it sends itself
        raise sa.exc.OperationalError("audit_lock()", None, error) from error


def _creator(url: sa.URL) -> Callable[[], Any]:
    try:
        from audit.postgres.driver import PostgresDriver
    except ImportError as error:
        raise LogRefused(f"PostgreSQL needs the extra `postgres`: pip install 'grounds[postgres]' ({error})") from None
    place = url.set(drivername="postgresql").render_as_string(hide_password=False)
    options = " ".join([*_given(url), _SETTINGS])
    return lambda: PostgresDriver.to(place, options)


def _given(url: sa.URL) -> list[str]:
    given = url.query.get("options", "")
    return [given] if isinstance(given, str) else list(given)


def _driver(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection


def _refuse_dead(driver: Any, _record: object, _proxy: object) -> None:
    # A server that was started again is met with a new connection rather than with an error.
    if not driver.alive():
        raise sa.exc.DisconnectionError
