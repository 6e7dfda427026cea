"""Processes take turns at writing an SQLite file (flock(2)): each from before its transaction until after its commit.

SQLite's own lock ends before the work of a commit does: what is left of the write-ahead log may be moved after it
(`moving`), and releases before 3.51.3 can lose a commit that another process makes meanwhile. Whoever writes through
this waits for that too.

The system lets go of the lock when a process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from pathlib import Path

SUFFIX = "-turn"
"""Of the file beside the database that is locked; it is empty."""
_PAUSE_SECONDS = 0.000_5
"""Between two looks: less than another process leaves between its turns."""


class Turn:
    """The turn of one connection: at writing, or at what another `suffix` stands for."""

    def __init__(self, database: Path, patience: float, suffix: str = SUFFIX) -> None:
        """`patience` is how many seconds to wait for other processes; the file is `database` with `suffix`."""
        self._patience = patience
        self._file = os.open(f"{database}{suffix}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._mine = False

    def take(self) -> None:
        """Wait until nobody else has it; a second time changes nothing. Raise sqlite3.OperationalError: too long."""
        until = time.monotonic() + self._patience
        while not self.have():
            if time.monotonic() > until:
                raise sqlite3.OperationalError("database is locked")
            time.sleep(_PAUSE_SECONDS)

    def have(self) -> bool:
        """Take it if nobody else has it; tell whether it is this one's now."""
        if self._mine:
            return True
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        self._mine = True
        return True

    def give(self) -> None:
        """Let others write; a second time changes nothing."""
        if self._mine:
            fcntl.flock(self._file, fcntl.LOCK_UN)
            self._mine = False

    def close(self) -> None:
        """Give up the turn for good."""
        if self._file >= 0:
            os.close(self._file)
            self._file, self._mine = -1, False
