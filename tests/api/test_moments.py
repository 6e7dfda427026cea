"""Moments as entries write them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.events import instant

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))
FIRST, LAST = dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30)  # noqa: DTZ001  # the strategy adds the zones
MOMENTS = st.datetimes(FIRST, LAST, timezones=ZONES | st.just(dt.UTC))


@given(moment=MOMENTS | MOMENTS.map(lambda moment: moment.replace(microsecond=0)))
def test_a_moment_is_written_to_the_millisecond_in_utc(moment: dt.datetime) -> None:
    """Whatever its zone: with three digits always, and cut off rather than rounded."""
    expected = moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    assert instant(moment) == expected


def test_a_moment_without_a_zone_is_none() -> None:
    """It would mean another moment on another machine."""
    with pytest.raises(ValueError, match="has no time zone"):
        instant(dt.datetime(2026, 11, 22))  # noqa: DTZ001  # that is the point
