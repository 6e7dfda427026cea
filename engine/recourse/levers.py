"""How facts may be moved in search of recourse: in their range, in the direction their `actionable` allows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import msgspec

from engine.evaluation import day_of
from engine.given import Given
from engine.kinds import Kind, Value
from engine.policy import Policy
from engine.ranges.derivings import hull
from engine.ranges.spans import Ranged, Span
from engine.vocabulary import Fact

DATE_REACH_DAYS = 36_525  #: how far a date is moved from the day of the decision: a hundred years


class Lever(msgspec.Struct, frozen=True):
    """A fact that can be moved in one direction; its values are numbered by how far they are from the present one."""

    fact: str
    kind: Kind
    now: Value
    sign: int  #: 1: up, to later dates, to later words of the enum; -1: down
    steps: int  #: how many values lie that way; the present one has number 0

    def at(self, number: int) -> Value:
        """The value so many steps away."""
        now = self.now
        if isinstance(now, bool):
            return now if number == 0 else not now
        if isinstance(now, int):
            return now + self.sign * number
        if isinstance(now, dt.date):
            return now + dt.timedelta(days=self.sign * number)
        return self.kind.values[self.kind.values.index(now) + self.sign * number]

    def between(self, near: int, far: int) -> Ranged:
        """The range from one value to another, ends included."""
        if self.kind.name in ("bool", "enum"):
            return hull(self.kind, [self.at(number) for number in range(near, far + 1)])
        ends = hull(self.kind, [self.at(near), self.at(far)])
        assert isinstance(ends, Span)
        return ends


def levers(policy: Policy, given: Given, as_of: dt.datetime) -> tuple[Lever, ...]:
    """Every way a known fact may be moved; missing facts are asked for instead, lists of records cannot be moved."""
    today = day_of(as_of)
    return tuple(lever for fact in policy.facts.values() for lever in _levers(fact, given, today) if lever.steps > 0)


def fixed_lists(policy: Policy, given: Given) -> bool:
    """Whether a list of records is said to be actionable: how it could change is not searched."""
    return any(
        fact.kind is None and fact.actionable != "never" and fact.name in given for fact in policy.facts.values()
    )


def _levers(fact: Fact, given: Given, today: dt.date) -> Iterator[Lever]:
    if fact.name not in given or fact.kind is None:
        return
    now = given[fact.name]
    assert not isinstance(now, tuple)  # only lists of records are
    up, down = _reach(fact, fact.kind, now, today)
    if fact.actionable in ("up", "either"):
        yield Lever(fact.name, fact.kind, now, 1, up)
    if fact.actionable in ("down", "either"):
        yield Lever(fact.name, fact.kind, now, -1, down)


def _reach(fact: Fact, kind: Kind, now: Value, today: dt.date) -> tuple[int, int]:
    """How many values lie above and below the present one."""
    if isinstance(now, bool):
        return int(not now), int(now)
    if isinstance(now, dt.date):
        last = min(today.toordinal() + DATE_REACH_DAYS, dt.date.max.toordinal())
        first = max(today.toordinal() - DATE_REACH_DAYS, dt.date.min.toordinal())
        return last - now.toordinal(), now.toordinal() - first
    if isinstance(now, int):
        assert fact.range is not None  # every number has one
        return fact.range.high - now, now - fact.range.low
    place = kind.values.index(now)
    return len(kind.values) - 1 - place, place
