"""Columns with something attached to each class: looked up for all columns at once, at the price of the values read."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

from engine.running.columns import Column, Values

T = TypeVar("T")


class Lookup(Generic[T]):
    """What is attached to the classes of columns."""

    def __init__(self, columns: Sequence[Column], attached: Sequence[Sequence[T]]) -> None:
        self._all = list(zip(columns, attached, strict=True))
        given = [(str(column.name), column, one) for column, one in self._all if column.condition is None]
        self.words = [
            (name, {word: one[number] for word, number in column.words.items()})
            for name, column, one in given
            if column.words
        ]
        scales = [(name, column.points, one) for name, column, one in given if not column.words]
        self.scales = [(name, points, one) for name, points, one in scales if len(points) != 1]
        self.thresholds = [(name, points[0], one) for name, points, one in scales if len(points) == 1]
        self.computed = [
            (column.condition, {False: one[0], True: one[1]})
            for column, one in self._all
            if column.condition is not None
        ]

    def known(self, values: Values, today: dt.date) -> list[T]:
        """What is attached to the classes of the values; raises KeyError when something read is unknown."""
        found = [table[values[name]] for name, table in self.words]
        found += [one[values[name] >= point] for name, point, one in self.thresholds]
        found += [one[bisect_right(points, values[name])] for name, points, one in self.scales]
        # unknown is no key, and is meant to be none
        return found + [either[condition(values, today)] for condition, either in self.computed]  # type: ignore[index]

    def each(self, values: Values, today: dt.date) -> Iterator[T | None]:
        """The same column by column, in their order, with None for what is unknown."""
        for column, one in self._all:
            number = column.class_of(values, today)
            yield None if number is None else one[number]
