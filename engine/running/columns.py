"""What conditions read, laid out in columns: a fact's values fall into classes in which the same tests hold.

A column of words or flags has a class per word; one of numbers or dates has a class between any two neighbouring
points at which some test changes; a test that reads more than one fact, or a fact's absence, is a column of its own,
computed. So a value is looked up once for all tests on it. Which tests hold in a class is found by the compiled tests
themselves, on a value of that class.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import Any

import msgspec

from engine.expression import Among, Compare, Constant, Expression, Name, Not
from engine.kinds import SCALE, Kind
from engine.running.conditions import Condition, compile_condition

Values = Mapping[str, object]
#: Tests, by number.
Tests = frozenset[int]
_ANY_DAY = dt.date(2000, 1, 1)  #: tests on one fact do not look at today


class Column(msgspec.Struct, frozen=True):
    """One thing that conditions read."""

    name: str | None  #: the fact, or None for a computed test
    condition: Condition | None  #: the computed test
    test: Expression | None  #: that test as it was written
    words: Mapping[object, int]  #: the class of each word or flag
    points: Sequence[Any]  #: numbers or dates: a value's class is how many points lie at or below it
    holds: tuple[Tests, ...]  #: per class, the tests that hold
    tests: Tests  #: all tests on it

    def class_of(self, values: Values, today: dt.date) -> int | None:
        """The class of what is read; None when it is unknown."""
        value = values.get(self.name) if self.condition is None else self.condition(values, today)  # type: ignore[arg-type]  # a fact's column has its name
        if value is None:
            return None
        return self.words[value] if self.words else bisect_right(self.points, value)


def lay_out(tests: Sequence[Expression], kinds: Mapping[str, Kind]) -> tuple[Column, ...]:
    """Put numbered tests into columns, by the fact each is about."""
    about: dict[str, list[int]] = {}
    columns = []
    for number, test in enumerate(tests):
        name = subject(test)
        if name is None:
            columns.append(_computed(number, test))
        else:
            about.setdefault(name, []).append(number)
    return (*(_column(name, numbers, tests, kinds[name]) for name, numbers in about.items()), *columns)


def subject(test: Expression) -> str | None:
    """The one fact whose value decides a test; None when there is more to it."""
    match test:
        case Name():
            return test.name
        case Not():
            return subject(test.item) if isinstance(test.item, Name) else None
        case Compare(left=Name() as fact, right=Constant()) | Compare(left=Constant(), right=Name() as fact):
            return fact.name
        case Among(item=Name() as fact):
            return fact.name
        case _:
            return None


def _computed(number: int, test: Expression) -> Column:
    mine = frozenset({number})
    return Column(None, compile_condition(test), test, {False: 0, True: 1}, (), (frozenset(), mine), mine)


def _column(name: str, numbers: Sequence[int], tests: Sequence[Expression], kind: Kind) -> Column:
    mine = {number: tests[number] for number in numbers}
    conditions = {number: compile_condition(test) for number, test in mine.items()}

    def holds(value: object) -> Tests:
        return frozenset([number for number, condition in conditions.items() if condition({name: value}, _ANY_DAY)])

    every = frozenset(mine)
    if kind.name in ("bool", "enum"):
        words = (False, True) if kind.name == "bool" else kind.values
        return Column(name, None, None, {word: i for i, word in enumerate(words)}, (), tuple(map(holds, words)), every)
    points = _points(mine.values(), kind)
    return Column(name, None, None, {}, *_merged(points, list(map(holds, _samples(points)))), every)


def _merged(points: Sequence[Any], holds: Sequence[Tests]) -> tuple[list[Any], tuple[Tests, ...]]:
    """Leave out the points at which nothing changes."""
    changes = [number for number in range(len(points)) if holds[number] != holds[number + 1]]
    return [points[number] for number in changes], (holds[0], *[holds[number + 1] for number in changes])


def _points(tests: Iterable[Expression], kind: Kind) -> list[Any]:
    """Where the truth of a test may change, in order, in base units."""
    literals = [value for test in tests for value in _literals(test)]
    if kind.name == "date":
        days = sorted({day for value in literals for day in (value.toordinal(), value.toordinal() + 1)})
        return [dt.date.fromordinal(day) for day in days if day <= dt.date.max.toordinal()]
    exact = [Fraction(value) * SCALE[kind.name] for value in literals]
    return sorted({point for value in exact for point in (ceil(value), floor(value) + 1)})


def _literals(test: Expression) -> list[Any]:
    if isinstance(test, Among):
        return [constant.value for constant in test.values]
    assert isinstance(test, Compare)
    return [side.value for side in (test.left, test.right) if isinstance(side, Constant)]


def _samples(points: Sequence[Any]) -> list[Any]:
    """A value of each class; below the first day there is no value, and any stands for it."""
    first = points[0]
    if isinstance(first, dt.date):
        return [first - dt.timedelta(days=first != dt.date.min), *points]
    return [first - 1, *points]
