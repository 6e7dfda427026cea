"""The wide fact of one wave: the tests that hold, as bits, and as the JSON that tells them to the network."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from operator import or_

from engine.running.bits import bits_of, numbers_in
from engine.running.columns import Values
from engine.running.lookup import Lookup
from engine.running.network import Wave, rule_name


class WideFact:
    """How one wave's fact is found and written."""

    def __init__(self, wave: Wave) -> None:
        self.retraction = f'{{"id":"{wave.identity}"}}'
        self.branches = {rule_name(wave, index): index for index in range(len(wave.branches))}
        self._head = "{" + ",".join([f'"id":"{wave.identity}"', *(f'"{marker}":1' for marker in wave.markers)])
        self._fields = [f',"{field}":1' for field in wave.fields]
        self._holds = Lookup(wave.columns, [[bits_of(holds) for holds in column.holds] for column in wave.columns], or_)
        self._every = [bits_of(column.tests) for column in wave.columns]

    def complete(self, values: Values, today: dt.date) -> int:
        """The tests that hold when every test is decided; raises KeyError when one is unknown."""
        mask, holds = 0, self._holds
        for read, table in holds.words:
            mask |= table[read(values)]
        for name, point, below, above in holds.thresholds:
            mask |= below if values[name] < point else above
        for name, points, steps in holds.scales:
            mask |= steps[bisect_right(points, values[name])]
        for condition, either in holds.computed:
            mask |= either[condition(values, today)]  # type: ignore[index]  # unknown is no key, and is meant to be none
        return mask

    def bounds(self, values: Values, today: dt.date) -> tuple[int, int]:
        """The tests that hold for certain, and those that could hold."""
        certain = possible = 0
        for mask, every in zip(self._holds.each(values, today), self._every, strict=True):
            if mask is None:
                possible |= every
            else:
                certain |= mask
        return certain, certain | possible

    def text(self, tests: int) -> str:
        """The fact as JSON, when these tests hold."""
        return f"{self._head}{''.join([self._fields[test] for test in numbers_in(tests)])}}}"
