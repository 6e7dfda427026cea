"""Clocks go back now and then. Times stand in the log as they were told; an entry says where they went back.

The order of entries is their index and nothing else, so nothing is moved and no time is mended.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from audit import Log

TOLERATED = dt.timedelta(seconds=1)
"""Entries are dated before they wait for the writer, and may overtake each other there by less than this."""


class Step(msgspec.Struct, frozen=True):
    """A clock that went back."""

    before: str  #: the latest moment so far, as entries write moments
    back_ms: int


class Timekeeper:
    """Remembers the latest moment an entry was dated with. Belongs to the writer's thread."""

    def __init__(self, latest: str, undone: int = 0) -> None:
        """`latest` is the moment of the newest entry there is; empty if there is none."""
        self._latest, self._undone = latest, undone
        self._gathered = False  # a batch begins with the next entry
        self._first: str | None = None  # the latest before the batch at hand
        self._before: str | None = None  # the same, or where the clock went back to within it

    @classmethod
    def of(cls, log: Log) -> Timekeeper:
        """Begin with the newest entry of a log."""
        with log.engine.connect() as connection:
            return cls(_newest(log, connection), log.undone)

    def follow(self, connection: sa.Connection, log: Log) -> None:
        """Begin with the newest entry again if any was taken back: what it told was lost with it, or never was.

        A batch that was to be gathered begins here, when what is latest is known to be right.
        """
        if log.undone != self._undone:
            self._latest, self._undone, self._before = _newest(log, connection), log.undone, self._first
        if self._gathered:
            self._gathered, self._first, self._before = False, self._latest, self._latest

    def gather(self) -> None:
        """Begin a batch, whose entries may be recorded in another order than they were dated in.

        None of them went back that is later than all there was before the batch; what did not come to light within a
        batch does in the next.
        """
        self._gathered = True

    def steady(self, moments: Sequence[str]) -> bool:
        """Take note of the moments of entries none of which `see` would tell of; if it might of one, of nothing."""
        latest, before = self._latest, self._before
        for moment in moments:
            if moment >= latest:
                latest = moment
            elif before is None or moment < before:
                return False
        self._latest = latest
        return True

    def see(self, at: str) -> Step | None:
        """Take note of an entry's moment; give the step if it lies before the latest one by more than is tolerated.

        After a step the clock counts from where it stands now, so that each step is told once.
        """
        latest = self._latest
        if at >= latest:
            self._latest = at
            return None
        if self._before is not None and at >= self._before:
            return None
        back = dt.datetime.fromisoformat(latest) - dt.datetime.fromisoformat(at)
        if back <= TOLERATED:
            return None
        self._latest = at
        self._before = None if self._before is None else at
        return Step(latest, back // dt.timedelta(milliseconds=1))


def _newest(log: Log, connection: sa.Connection) -> str:
    """Give the moment of the newest entry as a transaction sees it; empty if there is none."""
    entry = log.newest(connection)
    return "" if entry is None else str(msgspec.json.decode(entry)["at"])
