"""The write-ahead log is moved into the database beside the commits: it stays small, and nothing is lost by it."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from audit import Keys, Log, Writer
from audit.sqlite import moving, writing
from audit.sqlite.driver import SqliteDriver
from audit.sqlite.moving import PAGE_BYTES, SUFFIX, Mover
from audit.sqlite.turns import Turn
from audit.verify import verify_database
from tests.audit.cases import clock, opened, sealing, sqlite_only

AHEAD = 300  #: pages
ROUNDS = 250


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the log moved after few pages."""
    monkeypatch.setattr(moving, "PAGES_AHEAD", AHEAD)


@pytest.fixture
def moves(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the names of the threads that moved, each time one did."""
    told, plain = list[str](), Mover._move

    def move(self: Mover) -> None:
        told.append(threading.current_thread().name)
        plain(self)

    monkeypatch.setattr(Mover, "_move", move)
    return told


def append(log: Log, writer: Writer, start: int, stop: int) -> None:
    """Append one at a time, a commit for each."""
    for number in range(start, stop):
        writer.submit(sealing(log, number, f"person-{number}")).result(30)


def pages(folder: Path) -> int:
    """Give the pages of the write-ahead log's file, which grows and does not shrink."""
    return (folder / "grounds.db-wal").stat().st_size // PAGE_BYTES


def test_the_log_stays_small(tmp_path: Path, moves: list[str]) -> None:
    """It is moved again and again by a thread of its own, begins anew each time, and the whole verifies."""
    with opened(tmp_path) as log, Writer(log, clock) as writer:
        append(log, writer, 0, ROUNDS)
        early = pages(tmp_path)
        append(log, writer, ROUNDS, 3 * ROUNDS)
        late = pages(tmp_path)

    assert 4 < len(moves) < 3 * ROUNDS // 5  # not with every commit
    assert set(moves) == {"audit-mover"}
    assert late <= max(early, 12 * AHEAD)  # of 50 times as many that were written
    assert verify_database(tmp_path / "grounds.db", Keys.load(tmp_path)).findings == ()
    with closing(sqlite3.connect(tmp_path / "grounds.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("SELECT count(*) FROM audit_entry").fetchall() == [(3 * ROUNDS,)]


def test_a_reader_holds_it_for_as_long_as_it_reads(tmp_path: Path, moves: list[str]) -> None:
    """What somebody still reads is not written over: the log grows, and does not any more once they are done."""
    with opened(tmp_path) as log, Writer(log, clock) as writer:
        append(log, writer, 0, 10)
        with log.engine.connect() as reader:
            size = reader.exec_driver_sql("SELECT count(*) FROM audit_entry").scalar_one()
            append(log, writer, 10, ROUNDS)
            again = reader.exec_driver_sql("SELECT count(*) FROM audit_entry").scalar_one()
            held, before = pages(tmp_path), len(moves)
        append(log, writer, ROUNDS, 2 * ROUNDS)
        let_go = pages(tmp_path)
        append(log, writer, 2 * ROUNDS, 4 * ROUNDS)
        after = pages(tmp_path)

    assert size == again == 10
    assert held > 2 * AHEAD
    assert 2 < before <= 2 + 4 * held // AHEAD  # seldom, as long as it is in vain
    assert after <= let_go + 8 * AHEAD


def test_a_move_that_fails_fails_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without another connection to be had, commits succeed, and those that come after move all there is."""
    tried, plain = list[None](), Mover.__init__

    def no_connection() -> sqlite3.Connection:
        tried.append(None)
        raise sqlite3.OperationalError("unable to open database file")

    def made(self: Mover, database: Path, _connect: Callable[[], sqlite3.Connection], patience: float) -> None:
        plain(self, database, no_connection, patience)

    monkeypatch.setattr(Mover, "__init__", made)
    with opened(tmp_path) as log, Writer(log, clock) as writer:
        append(log, writer, 0, 3 * ROUNDS)
        assert pages(tmp_path) <= 12 * AHEAD
    assert len(tried) > 4
    assert verify_database(tmp_path / "grounds.db", Keys.load(tmp_path)).findings == ()


def test_without_threads_commits_move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that may begin no thread more goes on, and its commits do what the thread would do."""
    tried, plain = list[None](), Mover._end

    def no_thread(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    def ended(self: Mover, driver: sqlite3.Connection) -> None:
        tried.append(None)
        plain(self, driver)

    with opened(tmp_path) as log, Writer(log, clock) as writer, monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_thread)
        patch.setattr(Mover, "_end", ended)
        append(log, writer, 0, ROUNDS)
        assert pages(tmp_path) <= 4 * AHEAD
    assert len(tried) > 4
    assert verify_database(tmp_path / "grounds.db", Keys.load(tmp_path)).findings == ()


def test_emptying_and_closing_wait_for_the_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both come while the thread moves: they end after it, and find all of the log at rest."""
    began, go_on, ended = threading.Event(), threading.Event(), list[str]()
    plain = Mover._move

    def move(self: Mover) -> None:
        began.set()
        assert go_on.wait(30)
        plain(self)
        ended.append("moved")

    monkeypatch.setattr(Mover, "_move", move)
    for what in ("emptied", "closed"):
        engine = writing(tmp_path / what)
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, SqliteDriver)
            for number in range(2 * AHEAD):
                with connection.begin():
                    driver.execute("CREATE TABLE IF NOT EXISTS t (a, b)")
                    driver.executemany("INSERT INTO t (a, b) VALUES (?, ?)", [(number, "x" * 3000)])
                if began.is_set():
                    break
            threading.Timer(0.2, go_on.set).start()
            if what == "emptied":
                assert driver.scrub()
            else:
                driver.close()
            ended.append(what)
        engine.dispose()
        began.clear()
        go_on.clear()
    assert ended == ["moved", "emptied", "moved", "closed"]


def test_what_was_undone_begins_no_move(tmp_path: Path) -> None:
    """Only who has written for sure begins to move, so that there is something to move: neither rollback counts."""
    engine = writing(tmp_path / "log")
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, SqliteDriver)

        def moves() -> bool:
            return getattr(driver.mover, "_thread", None) is not None

        def write() -> None:
            driver.executemany("INSERT INTO t (a) VALUES (?)", [(1,)] * 2 * AHEAD)
            driver.send()

        with connection.begin():
            driver.execute("CREATE TABLE t (a)")
        connection.begin()
        write()
        connection.rollback()
        with connection.begin():
            pass
        assert not moves()
        with connection.begin():
            driver.begin_work()
            write()
            driver.undo_work()
        assert not moves()
        with connection.begin():
            write()
        assert moves()
    engine.dispose()


def test_who_moves_elsewhere_is_waited_for(tmp_path: Path) -> None:
    """While another process moves nothing is moved here: emptying says that it is not done yet."""
    other = Turn(tmp_path / "log", 0.0, SUFFIX)
    mover = Mover(tmp_path / "log", lambda: sqlite3.connect(":memory:"), 0.05)
    assert other.have()
    assert not mover.alone()
    other.give()
    assert mover.alone()
    assert not other.have()
    mover.go_on()
    assert other.have()
    other.close()
    mover.close()


@sqlite_only
def test_what_is_long_counts(log: Log, writer: Writer, tmp_path: Path, moves: list[str]) -> None:
    """A few attachments of many pages are moved as soon as as many small rows would be."""
    chance = random.Random(1)  # what is random stays as long when it is packed
    for number in range(6):
        writer.submit(sealing(log, number, "person", chance.randbytes(100 * PAGE_BYTES))).result(30)

    assert moves
