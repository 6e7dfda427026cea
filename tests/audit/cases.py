"""What the tests of the log share: made-up entries, works for the writer, and ways to reach round the guards."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from audit import Keys, Log, Writer

NOW = dt.datetime(2026, 11, 22, 8, 30, tzinfo=dt.UTC)
SECRET = b"monthly income 5_432.10, declared by the applicant"
TABLES = (
    "audit_meta",
    "audit_entry",
    "audit_sealed",
    "audit_erased",
    "audit_tile",
    "audit_checkpoint",
    "audit_subject",
    "audit_subject_key",
)

ELSEWHERE = "database.url"

#: For a test of what only an SQLite file has.
sqlite_only = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

Append = Callable[[sa.Connection], int]


def clock() -> dt.datetime:
    """Give the moment of the tests."""
    return NOW


def event(number: int) -> str:
    """Give a UUID for a number."""
    return str(UUID(int=number))


def entry(number: int, **fields: object) -> dict[str, object]:
    """Give an entry whose event id is made from a number."""
    return {"v": 1, "kind": "noted", "id": event(number), "at": "2026-11-22T08:30:00Z", **fields}


def plain(log: Log, number: int, **fields: object) -> Append:
    """Give a work that appends an entry."""
    return lambda connection: log.append(connection, event(number), entry(number, **fields))


def sealing(log: Log, number: int, reference: str, secret: bytes = SECRET) -> Append:
    """Give a work that appends an entry with a sealed part."""

    def work(connection: sa.Connection) -> int:
        subject = log.vault.subject(connection, reference, NOW)
        sealed = log.vault.seal(connection, subject, event(number), "noted", secret)
        return log.append(connection, event(number), entry(number, subject=subject, sealed=sealed.commitment), sealed)

    return work


def erasing(log: Log, number: int, reference: str) -> Append:
    """Give a work that records an erasure and erases; it returns how many sealed parts went."""

    def work(connection: sa.Connection) -> int:
        subject = log.vault.find_subject(connection, reference)
        assert subject is not None
        by = log.append(connection, event(number), entry(number, subject=subject))
        return log.vault.erase(connection, subject, by)

    return work


def run(log: Log, works: Iterable[Append]) -> list[int]:
    """Run works through a writer of their own and give what they returned."""
    with Writer(log, clock) as writer:
        return [future.result(30) for future in [writer.submit(work) for work in works]]


def one_by_one(log: Log, works: Iterable[Append]) -> list[int]:
    """Run each work in a transaction of its own, so that each gets its own checkpoint."""
    with Writer(log, clock) as writer:
        return [writer.submit(work).result(30) for work in works]


def place(folder: Path) -> Path | str:
    """Give the database of a folder's log: a file in it, unless the folder names one elsewhere (`conftest.store`)."""
    elsewhere = folder / ELSEWHERE
    return elsewhere.read_text() if elsewhere.exists() else folder / "grounds.db"


@contextmanager
def opened(folder: Path) -> Iterator[Log]:
    """Open the log of a folder, making it if it is not there, and close it."""
    log = Log.open(place(folder), Keys.open(folder, NOW))
    try:
        yield log
    finally:
        log.close()


def populate(folder: Path) -> None:
    """Make a log with all there can be."""
    with opened(folder) as log:
        fill(log)


def copy_of(folder: Path, to: Path) -> Path:
    """Copy a closed log, keys and all, and give the database's path."""
    shutil.copytree(folder, to)
    return to / "grounds.db"


def content(database: Path) -> dict[str, list[tuple[object, ...]]] | None:
    """Read every row of every table of the log, or give None if that cannot be done."""
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro&immutable=1", uri=True)) as driver:
            return {table: sorted(driver.execute(f"SELECT * FROM {table}"), key=repr) for table in TABLES}
    except (sqlite3.Error, ValueError, OverflowError):
        return None


def fill(log: Log) -> None:
    """Give a log all there can be: a full tile, many checkpoints, sealed parts, an erased subject."""
    run(log, [plain(log, number) for number in range(250)])
    one_by_one(log, [sealing(log, 250 + number, f"person-{number % 3}") for number in range(12)])
    run(log, [erasing(log, 300, "person-1")])


def behind_the_guards(database: Path, *statements: str) -> None:
    """Run statements with all triggers out of the way, and put the triggers back: the work of one who owns the file."""
    with closing(sqlite3.connect(database, isolation_level=None)) as driver:
        triggers = driver.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            driver.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            driver.execute(statement)
        for _, sql in triggers:
            driver.execute(sql)
