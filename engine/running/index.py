"""Rows by index: which rows of a table or items of a scorecard hold, as one integer with a bit per branch.

Each column of what the rows read gives, for the class of its value, the bits of the branches it leaves standing.
What is left after all columns are exactly the branches that hold.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from engine.expression import Expression
from engine.kinds import Kind
from engine.running.bits import numbers_in
from engine.running.branches import branches
from engine.running.columns import Column, Tests, Values, lay_out


class Index:
    """The conditions of one table's rows, ready to be looked up."""

    def __init__(self, rows: Sequence[Expression], kinds: Mapping[str, Kind]) -> None:
        spread = [(row, branch) for row, condition in enumerate(rows) for branch in branches(condition)]
        tests = list(dict.fromkeys(test for _, branch in spread for test in branch))
        numbers = {test: number for number, test in enumerate(tests)}
        wanted = [frozenset([numbers[test] for test in branch]) for _, branch in spread]
        self.columns = lay_out(tests, kinds)
        self._rows = [row for row, _ in spread]
        self._all = (1 << len(spread)) - 1
        self._masks = [
            (column, _masks(column, wanted), _bits(not branch & column.tests for branch in wanted))
            for column in self.columns
        ]

    def bounds(self, values: Values, today: dt.date) -> tuple[int, int]:
        """The branches that hold for certain, and those that could hold, as bits."""
        certain = possible = self._all
        for column, masks, untouched in self._masks:
            number = column.class_of(values, today)
            if number is None:
                certain &= untouched
            else:
                possible &= masks[number]
        return certain & possible, possible

    def rows(self, mask: int) -> list[int]:
        """The rows whose branches are among the bits, in order, each once."""
        found: list[int] = []
        for branch in numbers_in(mask):
            row = self._rows[branch]
            if not found or found[-1] != row:
                found.append(row)
        return found


def _masks(column: Column, wanted: Sequence[Tests]) -> list[int]:
    """Per class, the branches all of whose tests on this column hold."""
    mine = [branch & column.tests for branch in wanted]
    return [_bits(tests <= holds for tests in mine) for holds in column.holds]


def _bits(flags: Iterable[bool]) -> int:
    return sum(1 << bit for bit, flag in enumerate(flags) if flag)
