"""Connections to a log in an SQLite file: one that writes, a pool that reads, one that only looks at evidence."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event

from audit.errors import AuditError
from audit.sqlite.driver import BUSY_SECONDS, SqliteDriver
from audit.sqlite.moving import Mover
from audit.sqlite.turns import Turn

READERS, MORE_READERS = 8, 32
WRITER_CACHE_KIBIBYTES = 2 * 1024
"""Of pages the writer keeps in memory. Not more: most commits have SQLite walk through all of them in search of pages
beyond the end of the file, one cache line of each, and that pushes everything else out of the processor's own cache.
"""
WRITER_SPILLS_PAGES = 8_000
"""Pages a transaction may change (31 MiB) before they go into the write-ahead log ahead of its commit. No multiple of
256: SQLite takes those for "never".
"""
STATEMENTS = 768
"""Statements a connection keeps parsed: each of the hot path comes in several lengths (`bulk`)."""


def writing(path: Path) -> sa.Engine:
    """Return the engine of the one writing connection; its transactions wait for their turn and take the write lock.

    synchronous=FULL makes a commit wait for the disk. secure_delete overwrites what an erasure deletes.
    """
    _create_private(path)
    setup = (
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "PRAGMA secure_delete = ON",
        "PRAGMA trusted_schema = OFF",
        "PRAGMA temp_store = MEMORY",  # savepoints keep a journal; on a file it would cost a third of an append
        f"PRAGMA cache_size = -{WRITER_CACHE_KIBIBYTES}",
        f"PRAGMA cache_spill = {WRITER_SPILLS_PAGES}",
        "PRAGMA wal_autocheckpoint = 0",  # see `moving`
    )
    return _engine(_uri(path, "rw"), setup, "BEGIN IMMEDIATE", size=1, overflow=0, turns=path.absolute())


def reading(path: Path) -> sa.Engine:
    """Return the engine of readers: each transaction sees one state of the log, and cannot write."""
    return _engine(_uri(path, "rw"), ("PRAGMA query_only = ON",), "BEGIN", size=READERS, overflow=MORE_READERS)


def inspecting(path: Path) -> sa.Engine:
    """Return an engine for an auditor: opens an existing file for reading only and believes nothing in its schema."""
    if not path.is_file():
        raise AuditError(f"there is no file `{path}`")
    setup = ("PRAGMA query_only = ON", "PRAGMA trusted_schema = OFF", "PRAGMA cell_size_check = ON")
    # On a read-only medium nobody writes, and SQLite must be told so: there it cannot make its lock file.
    frozen = "" if os.access(path.parent, os.W_OK) else "&immutable=1"
    return _engine(_uri(path, "ro") + frozen, setup, "BEGIN", size=1, overflow=0)


def _engine(
    uri: str, setup: tuple[str, ...], begin: str, *, size: int, overflow: int, turns: Path | None = None
) -> sa.Engine:
    creator = _creator(uri, setup, turns)
    engine = sa.create_engine(
        "sqlite://", creator=creator, poolclass=sa.QueuePool, pool_size=size, max_overflow=overflow
    )
    # The driver would begin transactions by its own rules; it is told not to, and each begins as said here.
    event.listen(engine, "begin", lambda connection: _begin(_driver(connection), begin))
    # What the toolkit sends comes after what the driver holds back.
    event.listen(engine, "before_cursor_execute", lambda connection, *_: _driver(connection).send())
    return engine


def _begin(driver: SqliteDriver, statement: str) -> None:
    try:
        driver.take_turn()
        driver.execute(statement)  # not through the toolkit, which takes longer for it than the database
    except sqlite3.Error as error:  # the toolkit wraps only what it sends itself
        raise sa.exc.DBAPIError.instance(statement, None, error, sqlite3.Error) from error


def _driver(connection: sa.Connection) -> SqliteDriver:
    driver = connection.connection.driver_connection
    assert isinstance(driver, SqliteDriver)
    return driver


def _creator(uri: str, setup: tuple[str, ...], turns: Path | None) -> Callable[[], sqlite3.Connection]:
    def bare() -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)

    def connect() -> sqlite3.Connection:
        driver = sqlite3.connect(
            uri,
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            factory=SqliteDriver,
            cached_statements=STATEMENTS,
        )
        try:
            if turns is not None:
                driver.turn = Turn(turns, BUSY_SECONDS)
                driver.mover = Mover(turns, bare, BUSY_SECONDS)
                driver.take_turn()  # setting up may write too
            for statement in setup:
                driver.execute(statement)
            driver.give_turn()
        except BaseException:
            driver.close()
            raise
        return driver

    return connect


def _uri(path: Path, mode: str) -> str:
    return f"file:{quote(str(path.absolute()))}?mode={mode}"


def _create_private(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    # SQLite makes the file's content durable, but not its name.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
