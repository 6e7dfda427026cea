"""When a clock ends: a day in the jurisdiction's own time zone, and the instant at which that day is over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import msgspec

from api.clocks.calendars import calendar
from api.clocks.lengths import Length
from api.clocks.packs import Clock, ClockKind, MetBy, Pack
from api.retention import Title

_DAY = dt.timedelta(days=1)


class Due(msgspec.Struct, frozen=True):
    """A deadline, and what it rests on."""

    kind: ClockKind
    title: Title
    began_at: dt.datetime
    day: dt.date  #: the last day, in the jurisdiction's zone
    at: dt.datetime  #: the instant that day is over; from then on it is overdue
    met_by: MetBy  #: what has to be done by then
    extended: int  #: how often it was put off
    provisional: bool  #: counted through a year whose days off are not announced yet: it may move
    statutory: bool
    verified: bool
    source: str
    region: str

    def overdue(self, now: dt.datetime) -> bool:
        """Whether the day is over."""
        return now >= self.at


def count(pack: Pack, clock: Clock, began_at: dt.datetime, extensions: int = 0) -> Due:
    """Give the end of a clock that began at an aware instant and was put off `extensions` times."""
    zone, days = ZoneInfo(pack.zone), calendar(pack.calendar)
    began = began_at.astimezone(zone).date()
    written = [clock.length, *(each.by for each in clock.extensions[:extensions])]
    lengths = [Length.of(each) for each in written]
    last = began
    for length in lengths:
        last = length.after(last, days)
    day = days.on_or_after(last) if pack.counting.day_off == "next business day" else last
    over = dt.datetime.combine(day + _DAY, dt.time.min, zone).astimezone(dt.UTC)
    looked = _looked_from(pack, lengths, began, last)
    provisional = looked is not None and not days.settled(looked, day)
    rests_on = (clock.statutory, clock.verified, clock.source, clock.region)
    put_off = len(lengths) - 1
    return Due(clock.kind, clock.title, began_at, day, over, clock.met_by, put_off, provisional, *rests_on)


def _looked_from(pack: Pack, lengths: Sequence[Length], began: dt.date, last: dt.date) -> dt.date | None:
    """Give the first day that was looked up in the calendar; None if none was, and no announcement can move the end."""
    if any(each.unit == "business day" for each in lengths):
        return began + _DAY
    return last if pack.counting.day_off == "next business day" else None


def soonest(dues: Sequence[Due]) -> Due | None:
    """Give the deadline that ends first; None if there is none."""
    return min(dues, key=lambda each: each.at, default=None)
