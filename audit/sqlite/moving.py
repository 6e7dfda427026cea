"""Moving the write-ahead log into the database, beside the commits that go on.

A commit that moves all of it waits for a flush of thousands of pages, and everybody in its batch with it. So a thread
with a connection of its own moves what is there while commits go on, and has it flushed. What came in meanwhile another
thread moves, until that is little, which a commit moves. Then all is moved, and the next transaction writes the log
anew from its beginning.

Releases of SQLite before 3.51.3 can lose a commit (sqlite.org/wal.html, "the WAL-reset bug"): when all was moved, and
somebody begins to move again while another transaction begins the log anew. That cannot happen here. Only who holds the
lock of this file moves anything; a commit that is about to begin the thread takes the lock before it writes, and the
thread holds it until it is done, so what it begins with is never moved already; and the commit that moves the rest does
it within its turn, when nobody writes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Thread

from audit.sqlite.flushing import flush
from audit.sqlite.turns import Turn

SUFFIX = "-moving"
"""Of the file beside the database that is locked; it is empty."""
PAGES_AHEAD = 32 * 1024
"""Pages (128 MiB) the write-ahead log grows to before it is moved; while readers hold it, a quarter more each time."""
PAGE_BYTES = 4096
_MOVE = "PRAGMA wal_checkpoint(PASSIVE)"
_OF_A_COMMIT = 8  #: what a commit writes beside its rows, counted in rows
_FIRST_SHARE, _LEAST_SHARE = 2.0, 0.25
_LITTLE, _MOST_TIMES = 1 / 32, 4  #: of PAGES_AHEAD, what a commit moves; how often a thread moves before that


class Mover:
    """Has the log of one database moved; belongs to one connection that writes, and to its thread.

    Once the disk has failed under a move nothing is moved any more: the log is where all of it stands for sure.
    """

    def __init__(self, database: Path, connect: Callable[[], sqlite3.Connection], patience: float) -> None:
        """`connect` opens another connection; `patience` is how many seconds to wait for other processes' moves."""
        self._database, self._connect = database, connect
        self._lock = Turn(database, patience, SUFFIX)
        self._thread: Thread | None = None
        self._rows = 0  # written since the log began, pages of what is long among them
        self._share = _FIRST_SHARE  # pages of the log to each of them, as the last move told
        self._next = PAGES_AHEAD  # pages of the log at which to move
        self._wrote = False  # whether the open transaction did, for sure
        self._due = False  # the commit at hand is to begin a move or to end it, and has the lock
        self._times = self._from = 0  # threads since the log was due; and rows when the last of them began
        self._hindered = False  # the last of them could not move all it found
        self._doubtful = False  # something that was moved may not have reached the disk

    def sent(self, rows: int) -> None:
        """Take note of rows that were written; what is long counts for as many as it has pages."""
        self._rows += rows
        self._wrote = True

    def undone(self) -> None:
        """Take note that what the transaction wrote may not come into the log after all."""
        self._wrote = False
        if self._due:
            self._due = False
            self._lock.give()

    def committing(self) -> None:
        """Take the lock if it is time to move; to be called within the turn of a commit, before it.

        After it would be too late: somebody else might have moved by then what it wrote.
        """
        self._rows += _OF_A_COMMIT
        if self._thread is None:
            due = self._wrote and self._rows * self._share >= self._next
        else:
            due = not self._thread.is_alive()
        self._due = due and not self._doubtful and self._lock.have()

    def committed(self, driver: sqlite3.Connection) -> None:
        """Begin to move, or end it, if it is time; to be called within the turn of a commit, after it."""
        wrote, self._wrote = self._wrote, False
        if not self._due:
            return
        self._due = False
        if self._thread is None or (wrote and self._worth_it()):
            self._begin(driver)
        else:
            self._end(driver)

    def _worth_it(self) -> bool:
        """Say whether a thread had better move what came in while the last one moved."""
        much = (self._rows - self._from) * self._share > PAGES_AHEAD * _LITTLE
        return much and not self._hindered and self._times < _MOST_TIMES

    def alone(self) -> bool:
        """Wait until nobody moves anything and see to it that nobody begins; False if that takes too long.

        `go_on` ends it. What the connection moves in between is its own business. False too if the disk failed under a
        move: then the log has to stay as it is.
        """
        self._join()
        if self._doubtful:
            return False
        try:
            self._lock.take()
        except sqlite3.OperationalError:
            return False
        return True

    def go_on(self) -> None:
        """Let others move."""
        self._lock.give()

    def close(self) -> None:
        """Wait for the thread, and let others move for good."""
        self._join()
        self._lock.close()

    def _join(self) -> None:
        if self._thread is not None:
            self._thread.join()
            self._thread, self._times = None, 0

    def _begin(self, driver: sqlite3.Connection) -> None:
        thread = Thread(target=self._move, name="audit-mover", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no thread to be had: then this commit moves all of it
            self._end(driver)
        else:
            self._thread, self._times, self._from = thread, self._times + 1, self._rows

    def _move(self) -> None:
        self._hindered = True
        try:
            with closing(self._connect()) as connection:
                connection.execute("PRAGMA synchronous = FULL")
                _busy, pages, moved = connection.execute(_MOVE).fetchone()
                self._hindered = moved != pages
                # SQLite leaves the flush to who moves the rest, since the log is not written anew before.
                self._doubtful = not flush(self._database)
        except sqlite3.Error:
            pass  # nothing is lost, and the commit that moves the rest tries the whole again
        finally:
            self._lock.give()

    def _end(self, driver: sqlite3.Connection) -> None:
        self._thread, self._times, self._from = None, 0, 0
        try:
            busy, pages, moved = driver.execute(_MOVE).fetchone()
        except sqlite3.Error:  # the commit is durable all the same
            busy = True
        finally:
            self._lock.give()
        if busy:  # or somebody moves who does not know this lock; then there are no figures either
            pages, moved = self._next, 0
        self._share = max(_LEAST_SHARE, pages / self._rows)  # less if another process has just begun it anew
        if moved == pages:
            self._rows, self._next = 0, PAGES_AHEAD
        else:
            self._next = pages + PAGES_AHEAD // 4
