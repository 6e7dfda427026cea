"""Columns with something attached to each class: looked up for all columns at once, at the price of the values read.

Words and flags are looked up several columns at a time: what is attached to each combination of theirs is put together
beforehand, as long as there are only so many combinations.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import product
from operator import itemgetter
from typing import Generic, TypeVar

from engine.running.columns import Column, Values

T = TypeVar("T")
COMBINATIONS = 512  #: of words and flags looked up at once
#: Words and flags of some columns: how they are read, and what is attached to each combination.
Words = tuple[Callable[[Values], object], Mapping[object, T]]


class Lookup(Generic[T]):
    """What is attached to the classes of columns; `join` puts two such things together, in whatever order."""

    def __init__(self, columns: Sequence[Column], attached: Sequence[Sequence[T]], join: Callable[[T, T], T]) -> None:
        self._all = list(zip(columns, attached, strict=True))
        given = [(str(column.name), column, one) for column, one in self._all if column.condition is None]
        self.named = [
            (name, {word: one[number] for word, number in column.words.items()})
            for name, column, one in given
            if column.words
        ]
        self.words = [_combined(group, join) for group in _groups(self.named)]
        scales = [(name, column.points, one) for name, column, one in given if not column.words]
        self.scales = [(name, points, one) for name, points, one in scales if len(points) != 1]
        self.thresholds = [(name, points[0], *one) for name, points, one in scales if len(points) == 1]
        self.computed = [
            (column.condition, {False: one[0], True: one[1]})
            for column, one in self._all
            if column.condition is not None
        ]

    def each(self, values: Values, today: dt.date) -> Iterator[T | None]:
        """What is attached to the classes of the values, column by column, with None for what is unknown."""
        for column, one in self._all:
            number = column.class_of(values, today)
            yield None if number is None else one[number]


def _groups(named: Sequence[tuple[str, Mapping[object, T]]]) -> Iterator[list[tuple[str, Mapping[object, T]]]]:
    """Cut columns of words, the shortest first, into groups of at most so many combinations."""
    group: list[tuple[str, Mapping[object, T]]] = []
    size = 1
    for name, table in sorted(named, key=lambda column: len(column[1])):
        if group and size * len(table) > COMBINATIONS:
            yield group
            group, size = [], 1
        group.append((name, table))
        size *= len(table)
    if group:
        yield group


def _combined(group: Sequence[tuple[str, Mapping[object, T]]], join: Callable[[T, T], T]) -> Words[T]:
    """A reader of one word reads it bare, one of several reads a tuple."""
    read = itemgetter(*[name for name, _ in group])
    if len(group) == 1:
        return read, group[0][1]
    combinations = product(*[table.items() for _, table in group])
    return read, {tuple([word for word, _ in one]): reduce(join, [each for _, each in one]) for one in combinations}
