"""What the network answered, remembered by families: tests that stand in no branch together decide nothing together.

A wave's columns fall apart into groups that no branch reaches across. Which branches of a group fire depends on which
of its own tests hold and on nothing else, so the network need not be asked about a group again in a state it was in
before, whatever state the others are in (docs/adr/0017). Small groups are remembered together while states are few.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from math import prod

from engine.running.bits import numbers_in
from engine.running.columns import Column, Values
from engine.running.network import Wave

STATES = 512  #: of columns that are remembered together; one group may have more. More states are more to ask about
REMEMBERED = 4_096  #: states per family
#: Per class of a column, the tests that hold, as bits.
Bits = tuple[Column, tuple[int, ...]]


class Family:
    """Some tests of a wave, all branches that read them, and which rules fired in the states that were met.

    A state is which of its tests hold, as bits: its own numbers, so that they are small.
    """

    def __init__(self, wave: Wave, number: int, columns: Sequence[int], branches: Sequence[int]) -> None:
        mine = [wave.columns[column] for column in columns]
        self.wave = number
        self.tests = tuple([test for column in mine for test in sorted(column.tests)])  #: by their numbers in the wave
        bit = {test: 1 << place for place, test in enumerate(self.tests)}
        self.columns: tuple[Bits, ...] = tuple(
            [(column, tuple([sum([bit[test] for test in holds]) for holds in column.holds])) for column in mine]
        )
        self._every = [sum([bit[test] for test in column.tests]) for column in mine]
        self._branches = [(branch, 1 << wave.branches[branch][0]) for branch in branches]
        self._wanted = [(sum([bit[test] for test in wave.branches[one][2]]), rule) for one, rule in self._branches]
        self.known: dict[int, int] = {}

    def bounds(self, values: Values, today: dt.date) -> tuple[int, int]:
        """The tests that hold for certain, and those that could hold."""
        certain = possible = 0
        for (column, bits), every in zip(self.columns, self._every, strict=True):
            number = column.class_of(values, today)
            if number is None:
                possible |= every
            else:
                certain |= bits[number]
        return certain, certain | possible

    def told(self, state: int) -> list[int]:
        """The tests that hold, by their numbers in the wave."""
        return [self.tests[place] for place in numbers_in(state)]

    def rules(self, fired: set[int]) -> int:
        """The rules, as bits, of those of its branches that fired."""
        rules = 0
        for branch, rule in self._branches:
            if branch in fired:
                rules |= rule
        return rules

    def held(self, state: int) -> int:
        """The rules, as bits, of those of its branches all of whose tests hold."""
        rules = 0
        for wanted, rule in self._wanted:
            if not wanted & ~state:
                rules |= rule
        return rules

    def remember(self, state: int, rules: int) -> None:
        """Keep an answer of the network, while there is room."""
        if len(self.known) < REMEMBERED:
            self.known[state] = rules


def families(wave: Wave, number: int = 0) -> list[Family]:
    """Cut a wave, which is the so-many-th, into families; a branch, and a column, stands in exactly one."""
    column_of = {test: number for number, column in enumerate(wave.columns) for test in column.tests}
    read = [sorted({column_of[test] for test in tests}) for _, _, tests in wave.branches]
    sizes = [len(column.holds) for column in wave.columns]
    together = list(_together(_groups(read, len(sizes)), sizes)) or [[]]
    family_of = {column: number for number, columns in enumerate(together) for column in columns}
    mine: list[list[int]] = [[] for _ in together]
    for branch, columns in enumerate(read):
        mine[family_of[columns[0]] if columns else 0].append(branch)  # what reads nothing is always true, anywhere
    return [Family(wave, number, columns, branches) for columns, branches in zip(together, mine, strict=True)]


def _groups(read: Sequence[Sequence[int]], count: int) -> list[list[int]]:
    """Columns that branches tie to each other."""
    group = {column: [column] for column in range(count)}
    for columns in read:
        for other in columns[1:]:
            first, second = group[columns[0]], group[other]
            if first is not second:
                first += second
                group |= dict.fromkeys(second, first)
    return list({id(columns): columns for columns in group.values()}.values())


def _together(groups: Sequence[list[int]], sizes: Sequence[int]) -> Iterator[list[int]]:
    """Put groups together, each where it fits, the largest first."""
    open_: list[tuple[int, list[int]]] = []
    states = {id(group): prod([sizes[column] for column in group]) for group in groups}
    for group in sorted(groups, key=lambda group: -states[id(group)]):
        size = states[id(group)]
        for number, (taken, columns) in enumerate(open_):
            if taken * size <= STATES:
                open_[number] = (taken * size, columns + group)
                break
        else:
            open_.append((size, group))
    return (columns for _, columns in open_)
