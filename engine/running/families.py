"""What the network answered, remembered by families: tests that stand in no branch together decide nothing together.

A wave's columns fall apart into groups that no branch reaches across. Which branches of a group fire depends on which
of its own tests hold and on nothing else, so the network need not be asked about a group again in a state it was in
before, whatever state the others are in (docs/adr/0017). Small groups are remembered together while states are few.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from engine.running.bits import bits_of
from engine.running.network import Wave

STATES = 4_096  #: of columns that are remembered together; one group may have more
REMEMBERED = 4_096  #: states per family


class Family:
    """Some tests of a wave, all branches that read them, and which rules fired in the states that were met."""

    def __init__(self, wave: Wave, columns: Sequence[int], branches: Sequence[int]) -> None:
        self.tests = bits_of([test for column in columns for test in wave.columns[column].tests])
        self._branches = [(branch, 1 << wave.branches[branch][0]) for branch in branches]
        self.known: dict[int, int] = {}

    def rules(self, fired: set[int]) -> int:
        """The rules, as bits, of those of its branches that fired."""
        rules = 0
        for branch, rule in self._branches:
            if branch in fired:
                rules |= rule
        return rules

    def remember(self, state: int, rules: int) -> None:
        """Keep an answer of the network, while there is room."""
        if len(self.known) < REMEMBERED:
            self.known[state] = rules


def families(wave: Wave) -> list[Family]:
    """Cut a wave into families; a branch, and a column, stands in exactly one."""
    column_of = {test: number for number, column in enumerate(wave.columns) for test in column.tests}
    read = [sorted({column_of[test] for test in tests}) for _, _, tests in wave.branches]
    sizes = [len(column.holds) for column in wave.columns]
    together = list(_together(_groups(read, len(sizes)), sizes)) or [[]]
    family_of = {column: number for number, columns in enumerate(together) for column in columns}
    mine: list[list[int]] = [[] for _ in together]
    for branch, columns in enumerate(read):
        mine[family_of[columns[0]] if columns else 0].append(branch)  # what reads nothing is always true, anywhere
    return [Family(wave, columns, branches) for columns, branches in zip(together, mine, strict=True)]


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
