"""How long a clock runs, written as people say it: `30 calendar days`, `20 business days`, `8 weeks`, `1 month`.

The day of the event does not count: a clock of one day ends on the day after. A month ends on the day of the same
number, or on the month's last day where there is no such day (民法典 第二百零一、二百零二条; Regulation (EEC, Euratom)
1182/71, article 3).
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self, cast

import msgspec
from msgspec import Meta

from api.clocks.calendars import Calendar
from api.retention import months_after

Unit = Literal["calendar day", "business day", "week", "month"]
Written = Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,2} (calendar day|business day|week|month)s?$")]
_DAYS: dict[Unit, int] = {"calendar day": 1, "week": 7}


class Length(msgspec.Struct, frozen=True):
    """So many of a unit."""

    count: int
    unit: Unit

    @classmethod
    def of(cls, written: Written) -> Self:
        """Take a length that was checked when its pack was read."""
        count, unit = written.removesuffix("s").split(" ", 1)
        return cls(int(count), cast("Unit", unit))

    def after(self, day: dt.date, calendar: Calendar) -> dt.date:
        """Give the last day of a clock that an event on `day` began."""
        if self.unit == "month":
            return months_after(day, self.count)
        if self.unit == "business day":
            return calendar.business_day_after(day, self.count)
        return day + dt.timedelta(days=self.count * _DAYS[self.unit])
