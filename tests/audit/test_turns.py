"""Turns at writing an SQLite file: one process at a time, from before its transaction until after all of its commit."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from audit.sqlite import writing
from audit.sqlite.driver import SqliteDriver
from audit.sqlite.turns import SUFFIX, Turn

HOLD = """
import sys, time
from pathlib import Path
from audit.sqlite.turns import Turn
Turn(Path(sys.argv[1]), 1.0).take()
print("taken", flush=True)
time.sleep(60)
"""


def test_one_at_a_time(tmp_path: Path) -> None:
    """Who comes second waits, is told when that takes too long, and has the turn once it is given."""
    first, second = Turn(tmp_path / "log", 1.0), Turn(tmp_path / "log", 0.05)
    first.take()
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        second.take()
    first.give()
    second.take()
    second.take()  # changes nothing
    with pytest.raises(sqlite3.OperationalError):
        Turn(tmp_path / "log", 0.0).take()
    second.close()
    first.take()
    first.close()


def test_the_dead_hold_no_turn(tmp_path: Path) -> None:
    """A process that is killed inside its turn stands in nobody's way."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "log")], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"taken\n"
        mine = Turn(tmp_path / "log", 0.02)
        with pytest.raises(sqlite3.OperationalError):
            mine.take()
        process.kill()
    mine.take()
    mine.close()


def test_a_turn_lasts_from_before_the_transaction_until_after_the_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody else's turn comes while a commit is under way, nor while the write-ahead log is emptied."""
    engine, seen = writing(tmp_path / "log"), list[str]()
    watching = Turn(tmp_path / "log", 0.0)

    def look(text: str) -> None:
        if text.startswith(("COMMIT", "PRAGMA wal_checkpoint", "INSERT")):
            with pytest.raises(sqlite3.OperationalError):
                watching.take()
            seen.append(text.split("(", maxsplit=1)[0])

    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, SqliteDriver)
        driver.set_trace_callback(look)
        with connection.begin():
            connection.execute(sa.text("CREATE TABLE t (a)"))
            connection.execute(sa.text("INSERT INTO t VALUES (1)"))
        watching.take()  # it was given
        watching.give()
        driver.scrub()
    assert seen == ["INSERT INTO t VALUES ", "COMMIT", "PRAGMA wal_checkpoint"]
    watching.take()
    watching.close()
    engine.dispose()


def test_a_transaction_that_fails_gives_its_turn(tmp_path: Path) -> None:
    """A rollback ends the turn, and so does a connection that breaks."""
    engine, watching = writing(tmp_path / "log"), Turn(tmp_path / "log", 0.0)
    for broken in (False, True):
        with engine.connect() as connection:
            connection.begin()
            with pytest.raises(sqlite3.OperationalError):
                watching.take()
            connection.invalidate() if broken else connection.rollback()
            watching.take()
            watching.give()
    watching.close()
    engine.dispose()


def test_two_who_write_do_not_meet(tmp_path: Path) -> None:
    """Two connections that write at once wait for each other, each a fraction of a second."""
    engines = [writing(tmp_path / "log") for _ in range(2)]
    with engines[0].begin() as connection:
        connection.execute(sa.text("CREATE TABLE t (a)"))

    def write(engine: sa.Engine) -> None:
        for number in range(50):
            with engine.begin() as connection:
                connection.execute(sa.text("INSERT INTO t VALUES (:a)"), {"a": number})

    threads = [threading.Thread(target=write, args=(engine,)) for engine in engines]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with engines[0].begin() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM t")).scalar() == 100
    assert time.monotonic() - started < 30
    assert (tmp_path / f"log{SUFFIX}").stat().st_mode & 0o777 == 0o600
    for engine in engines:
        engine.dispose()
