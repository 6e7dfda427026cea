"""Who has a data directory open: services and commands share it, a rebuild has it alone (flock(2)).

The system lets go of the lock when a process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Self

from api.errors import Occupied

NAME = "in-use.lock"


class Presence:
    """A hold on a data directory, until `leave`."""

    def __init__(self, folder: Path, how: int, refusal: str) -> None:
        self._file = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            self.leave()
            raise Occupied(refusal) from None

    @classmethod
    def shared(cls, folder: Path) -> Self:
        """Enter beside others; raise Occupied while one has the directory alone."""
        return cls(folder, fcntl.LOCK_SH, f"`{folder}` is being rebuilt: wait until `grounds audit rebuild` is done")

    @classmethod
    def alone(cls, folder: Path) -> Self:
        """Enter if nobody else is there; raise Occupied otherwise."""
        return cls(folder, fcntl.LOCK_EX, f"`{folder}` is in use: stop the services and commands that have it open")

    def leave(self) -> None:
        """Let others in; a second time changes nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
