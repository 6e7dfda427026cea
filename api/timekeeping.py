"""Clocks go back now and then. Times stand in the log as they were told; an entry says where they went back.

The order of entries is their index and nothing else, so nothing is moved and no time is mended.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from audit import Log

TOLERATED = dt.timedelta(seconds=1)
"""Entries are dated before they wait for the writer, and may overtake each other there by less than this."""


class Step(msgspec.Struct, frozen=True):
    """A clock that went back."""

    before: str  #: the latest moment so far, as entries write moments
    back_ms: int


class Timekeeper:
    """Remembers the latest moment an entry was dated with. Belongs to the writer's thread."""

    def __init__(self, latest: str) -> None:
        """`latest` is the moment of the newest entry there is; empty if there is none."""
        self._latest = latest

    @classmethod
    def of(cls, log: Log) -> Timekeeper:
        """Begin with the newest entry of a log."""
        size = log.size()
        return cls(msgspec.json.decode(log.entry(size - 1))["at"] if size else "")

    def see(self, at: str) -> Step | None:
        """Take note of an entry's moment; give the step if it lies before the latest one by more than is tolerated.

        After a step the clock counts from where it stands now, so that each step is told once.
        """
        latest = self._latest
        if at >= latest:
            self._latest = at
            return None
        back = dt.datetime.fromisoformat(latest) - dt.datetime.fromisoformat(at)
        if back <= TOLERATED:
            return None
        self._latest = at
        return Step(latest, back // dt.timedelta(milliseconds=1))
