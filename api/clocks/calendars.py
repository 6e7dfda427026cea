"""Which days are worked on, by the `holidays` library, and how far ahead that is known.

Rules give the holidays of most places for ever. Mainland China announces each year's days off, and the weekends
worked in exchange, in the autumn before: of a year that is not announced only the festivals themselves are known, so
whatever was counted through such a year says that it is provisional.
"""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from holidays import HolidayBase

CalendarName = Literal["CN", "US federal", "UK England", "TARGET"]
_DAY = dt.timedelta(days=1)


class Calendar:
    """The business days of one place."""

    def __init__(self, name: CalendarName) -> None:
        self.name = name
        self._days, self._known_until = _library(name)

    def works(self, day: dt.date) -> bool:
        """Whether `day` is a business day, as far as is known."""
        return self._days.is_working_day(day)

    def settled(self, first: dt.date, last: dt.date) -> bool:
        """Whether the business days from `first` to `last` are known for good."""
        return self._days.start_year <= first.year and last.year <= self._known_until

    def business_day_after(self, day: dt.date, count: int) -> dt.date:
        """Give the `count`-th business day after `day`."""
        for _ in range(count):
            day = self.on_or_after(day + _DAY)
        return day

    def on_or_after(self, day: dt.date) -> dt.date:
        """Give the first business day that is not before `day`."""
        while not self.works(day):
            day += _DAY
        return day


@functools.cache
def calendar(name: CalendarName) -> Calendar:
    """Give the calendar of a place; it fills itself year by year and is shared."""
    return Calendar(name)


def _library(name: CalendarName) -> tuple[HolidayBase, int]:
    """Give the library's calendar and the last year of which it knows everything."""
    import holidays  # a slow import, and a clock in calendar days needs no holidays

    if name == "CN":
        china = holidays.country_holidays("CN")
        return china, max(getattr(china, "special_public_holidays"))  # noqa: B009  # only China's class has it
    if name == "US federal":
        days = holidays.country_holidays("US")
    elif name == "UK England":
        days = holidays.country_holidays("GB", subdiv="ENG")
    else:
        return (target := holidays.financial_holidays("XECB")), target.end_year
    return days, days.end_year
