"""Which clocks run: by what was decided, or by what somebody asked for, under the pack in force on that day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from api.clocks.counting import Due, count
from api.clocks.packs import Clock, ClockKind, Event, Extension, MetBy, Pack
from api.errors import InvalidParameter, Mistake


class Clocks:
    """The clocks of one jurisdiction."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self._zone = ZoneInfo(pack.zone)

    @classmethod
    def read(cls, folder: Path, jurisdiction: str) -> Self:
        """Read the pack of a jurisdiction; raise PackRefused."""
        return cls(Pack.read(folder, jurisdiction))

    def day(self, moment: dt.datetime) -> dt.date:
        """Give the day it is in the jurisdiction's zone."""
        return moment.astimezone(self._zone).date()

    def of_decision(self, outcome: str, policy: str, decided_at: dt.datetime, met_by: MetBy | None = None) -> list[Due]:
        """Give the deadlines a decision begins, the first to end first; only those that `met_by` ends, if it is given.

        `decided_at` is aware; so is every moment below.
        """
        begun = (clock for clock in self._in_force(decided_at) if clock.begun_by(outcome, policy))
        return _in_order(count(self.pack, clock, decided_at) for clock in begun if met_by in (None, clock.met_by))

    def noon(self, day: dt.date) -> dt.datetime:
        """Give an instant of a day in the jurisdiction's zone, for what is known to the day only."""
        return dt.datetime.combine(day, dt.time(12), self._zone)

    def of_event(self, event: Event, at: dt.datetime, extensions: int = 0) -> list[Due]:
        """Give the deadlines that somebody's appeal, dispute, complaint or request begins, the first to end first.

        Each is put off `extensions` times, or as often as it may be.
        """
        begun = self._of_event(event, at)
        return _in_order(count(self.pack, clock, at, min(extensions, len(clock.extensions))) for clock in begun)

    def extensions(self, event: Event, at: dt.datetime) -> int:
        """Give how often something that begins with an event may be put off."""
        return max((len(clock.extensions) for clock in self._of_event(event, at)), default=0)

    def _of_event(self, event: Event, at: dt.datetime) -> list[Clock]:
        return [clock for clock in self._in_force(at) if clock.begins_with == event]

    def due(self, kind: ClockKind, began_at: dt.datetime, extensions: int = 0) -> Due | None:
        """Give the end of the clock of a kind, put off so often; None if the pack had none on that day.

        Raise InvalidParameter if it cannot be put off so often.
        """
        clock = self._of_kind(kind, began_at)
        if clock is None:
            return None
        if extensions > len(clock.extensions):
            message = f"`{kind}` may be put off {len(clock.extensions)} times in {self.pack.jurisdiction}"
            raise InvalidParameter(mistakes=[Mistake("extension", message, "answer it; it cannot be put off further")])
        return count(self.pack, clock, began_at, extensions)

    def extension(self, kind: ClockKind, began_at: dt.datetime, extensions: int = 0) -> Extension | None:
        """Give by how much the clock of a kind, put off so often, may be put off once more; None if it may not."""
        clock = self._of_kind(kind, began_at)
        return clock.extensions[extensions] if clock is not None and extensions < len(clock.extensions) else None

    def _of_kind(self, kind: ClockKind, at: dt.datetime) -> Clock | None:
        return next((clock for clock in self._in_force(at) if clock.kind == kind), None)

    def _in_force(self, at: dt.datetime) -> Iterator[Clock]:
        day = self.day(at)
        return (clock for clock in self.pack.clocks if clock.in_force(day))


def _in_order(dues: Iterator[Due]) -> list[Due]:
    return sorted(dues, key=lambda due: due.at)
