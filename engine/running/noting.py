"""Which tests of the rules hold, noted as the straight way goes: a state for each family, as bits, added up.

Of each column one class is taken for granted and only what differs from it is added, so that what is seldom so costs
one comparison.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import reduce

from engine import generating as make
from engine.generating import Draft
from engine.running.columns import Column
from engine.running.families import Bits, Family
from engine.running.grouping import Step
from engine.running.writing import Writer


class Notes:
    """Writes what finds the states of the families."""

    def __init__(self, draft: Draft, writer: Writer, families: Sequence[Family]) -> None:
        self._draft, self._writer = draft, writer
        self._columns: list[Sequence[Bits]] = [family.columns for family in families]
        self._added: list[list[ast.expr]] = [[] for _ in families]
        self._always: list[ast.expr] = []  # what is added to the state being written, whatever it is

    def settled_with(self, step: Step) -> tuple[list[int], list[list[Bits]]]:
        """Take out the columns that are settled with a group of tables: by family, for those that have some."""
        mine: dict[int, list[Bits]] = {}
        for family, columns in enumerate(self._columns):
            settled = [one for one in columns if _settles(step, one[0])]
            if settled:
                mine[family] = settled
                self._columns[family] = [one for one in columns if not _settles(step, one[0])]
        return list(mine), list(mine.values())

    def add(self, bits: Mapping[int, str]) -> None:
        """Say which variables hold bits of which families."""
        for family, variable in bits.items():
            self._added[family].append(make.read(variable))

    def states(self) -> list[ast.expr]:
        """Write the states; give them, one a family."""
        return [self._state(columns, added) for columns, added in zip(self._columns, self._added, strict=True)]

    def _state(self, columns: Sequence[Bits], added: Sequence[ast.expr]) -> ast.expr:
        self._writer.hold([column.name for column, _ in columns if column.name is not None])
        state = self._draft.variable()
        self._always = list(added)
        with self._draft.within() as block:
            granted = sum([self._column(state, column, bits) for column, bits in columns])
        first, *others = [self._draft.value(granted)] * (granted != 0 or not self._always) + self._always
        total = reduce(lambda left, right: make.operate(left, "+", right), others, first)
        self._draft.body += [make.assign(state, total), *block]
        return make.read(state)

    def _column(self, state: str, column: Column, bits: Sequence[int]) -> int:
        """Add what a column differs by from what is taken for granted; give the latter."""
        if column.test is not None:
            self._writer.hold_test(column.test)
            self._add_if(state, self._writer.condition(column.test), bits[1])
            return bits[0]
        assert column.name is not None
        fact = self._writer.fact(column.name)
        if column.words:
            return self._word(state, fact, {word: bits[number] for word, number in column.words.items()})
        return self._scale(state, fact, column.points, bits)

    def _word(self, state: str, fact: ast.expr, bits: Mapping[object, int]) -> int:
        often = Counter(bits.values())
        usual = max(often, key=lambda one: (often[one], one == 0))  # of two, that no test holds
        others = {word: more - usual for word, more in bits.items() if more != usual}
        if len(set(others.values())) > 1:
            more = {word: others.get(word, 0) for word in bits}
            self._always.append(make.item(self._draft.value(more), fact))
        elif others:
            self._add_if(state, self._is_one(fact, list(others)), next(iter(others.values())))
        return usual

    def _is_one(self, fact: ast.expr, words: Sequence[object]) -> ast.expr:
        if words in ([True], [False]):
            return fact if words[0] else make.negate(fact)
        if len(words) == 1:
            return make.compare(fact, "==", self._draft.value(words[0]))
        return make.compare(fact, "in", self._draft.value(frozenset(words)))

    def _scale(self, state: str, fact: ast.expr, points: Sequence[object], bits: Sequence[int]) -> int:
        if len(points) > 2:
            found = make.call(self._draft.value(bisect_right), self._draft.value(tuple(points)), fact)
            self._always.append(make.item(self._draft.value(tuple(bits)), found))
            return 0
        if len(points) == 2:
            return self._three(state, fact, points, bits)
        if len(points) == 1:
            rising = bits[0] == 0
            comparison: make.Comparison = ">=" if rising else "<"
            usual, more = (bits[0], bits[1]) if rising else (bits[1], bits[0])
            self._add_if(state, make.compare(fact, comparison, self._draft.value(points[0])), more - usual)
            return usual
        return bits[0]

    def _three(self, state: str, fact: ast.expr, points: Sequence[object], bits: Sequence[int]) -> int:
        value = self._draft.value
        low, high = map(value, points)
        if bits[2] == 0:
            more = make.choose(make.compare(fact, "<", low), value(bits[0]), value(bits[1]))
            self._draft.body.append(make.when(make.compare(fact, "<", high), [make.update(state, "+", more)]))
            return 0
        more = make.choose(make.compare(fact, "<", high), value(bits[1] - bits[0]), value(bits[2] - bits[0]))
        self._draft.body.append(make.when(make.compare(fact, ">=", low), [make.update(state, "+", more)]))
        return bits[0]

    def _add_if(self, state: str, condition: ast.expr, more: int) -> None:
        self._draft.body.append(make.when(condition, [make.update(state, "+", self._draft.value(more))]))


def _settles(step: Step, column: Column) -> bool:
    """Whether what tables read or give decides the class of a column."""
    if column.name in step.names:
        return True
    return any(
        one.name == column.name and (one.words > 0 or {*column.points} <= {*one.points})
        for one in step.inputs
        if one.name is not None
    )
