"""A log in an SQLite file: one connection that writes, a pool that reads, one that only looks at evidence."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event

from audit.driver import Found, Outrun, Part
from audit.errors import AuditError

READERS, MORE_READERS = 8, 32
WRITER_CACHE_KIBIBYTES = 32 * 1024
PAGES_AHEAD = 16 * 1024
"""Pages (64 MiB) the write-ahead log may grow to before a commit moves them into the database.

The commit that does it waits for the disk twice more, and everybody in its batch with it. So it is not done more often
than once in some hundred batches; the file is written anew from its beginning then, and does not grow further.
"""
BUSY_SECONDS = 10.0
"""How long to wait for another process that is writing."""
_SCRUB_MILLISECONDS = 100


class SqliteDriver(sqlite3.Connection):
    """The driver's own connection: nothing stands between the append path and it. A `Driver`."""

    def newest(self) -> Found | None:
        """Return the last entry."""
        row = self.execute("SELECT idx, leaf_hash FROM audit_entry ORDER BY idx DESC LIMIT 1").fetchone()
        return None if row is None else Found(*row)

    def covered(self) -> int | None:
        """Return the size the newest stored checkpoint covers."""
        found: int | None = self.execute("SELECT MAX(size) FROM audit_checkpoint").fetchone()[0]
        return found

    def expect(self, event_ids: Sequence[str]) -> None:
        """Do nothing: a new event is found to be new by inserting it."""

    def find(self, event_id: str) -> Found | None:
        """Return the entry with this event id."""
        row = self.execute("SELECT idx, leaf_hash FROM audit_entry WHERE event_id = ?", (event_id,)).fetchone()
        return None if row is None else Found(*row)

    def append(self, idx: int, event_id: str, leaf_hash: bytes, entry: bytes, part: Part | None) -> Found | None:
        """Add an entry with its sealed part, or return the one that has this event id already; raises Outrun."""
        try:
            self.execute(
                "INSERT INTO audit_entry (idx, event_id, leaf_hash, entry) VALUES (?, ?, ?, ?)",
                (idx, event_id, leaf_hash, entry),
            )
        except sqlite3.IntegrityError as error:
            # Looked up only now, since nearly every event is new.
            if (found := self.find(event_id)) is not None:
                return found
            raise Outrun(str(error)) from error
        if part is not None:
            self.execute("INSERT INTO audit_sealed (idx, key_id, nonce, ciphertext) VALUES (?, ?, ?, ?)", (idx, *part))
        return None

    def begin_work(self) -> None:
        """Begin what `undo_work` takes back."""
        self.execute("SAVEPOINT work")

    def settle(self) -> None:
        """Do nothing: nothing was held back."""

    def keep_work(self) -> None:
        """End a work; fails if SQLite, or the work, has ended the transaction."""
        self.execute("RELEASE work")

    def undo_work(self) -> None:
        """Take back all that was done since `begin_work`; fails as `keep_work` does."""
        self.execute("ROLLBACK TO work")
        self.execute("RELEASE work")

    def lost(self, error: BaseException) -> bool:
        """Never: there is nobody to lose."""
        return False

    def secure(self) -> bool:
        """Move what the write-ahead log holds into the database, with a flush of each; False while readers hold it."""
        return self.scrub()

    def scrub(self) -> bool:
        """Empty the write-ahead log, which still has what was overwritten in the database; False while readers hold it.

        Closing the database does it at the latest.
        """
        self.execute(f"PRAGMA busy_timeout = {_SCRUB_MILLISECONDS}")
        busy, _frames, _moved = self.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        return not busy


def writing(path: Path) -> sa.Engine:
    """Return the engine of the one writing connection; its transactions take the write lock when they begin.

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
        f"PRAGMA wal_autocheckpoint = {PAGES_AHEAD}",
    )
    return _engine(_uri(path, "rw"), setup, "BEGIN IMMEDIATE", size=1, overflow=0)


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


def _engine(uri: str, setup: tuple[str, ...], begin: str, *, size: int, overflow: int) -> sa.Engine:
    engine = sa.create_engine(
        "sqlite://", creator=_creator(uri, setup), poolclass=sa.QueuePool, pool_size=size, max_overflow=overflow
    )
    # The driver would begin transactions by its own rules; it is told not to, and each begins as said here.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _creator(uri: str, setup: tuple[str, ...]) -> Callable[[], sqlite3.Connection]:
    def connect() -> sqlite3.Connection:
        driver = sqlite3.connect(
            uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, factory=SqliteDriver
        )
        try:
            for statement in setup:
                driver.execute(statement)
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
