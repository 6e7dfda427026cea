"""The straight way through a policy, on which nothing is missing: one function made for it (docs/adr/0019).

It derives facts step by step, notes which tests of the rules hold, family by family, and so finds what fired. What was
not met before is asked of those who know, and remembered there. Where something turns out to be missing or not to be
computable it raises one of GAPS.
"""

from __future__ import annotations

import ast
import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from functools import reduce

from engine import generating as make
from engine.evaluation import Evaluation, Gap
from engine.expression import names_in
from engine.generating import Draft
from engine.given import Given
from engine.kinds import SCALE
from engine.policy import AMOUNTS, Policy
from engine.ranges.domains import domains
from engine.running.compute import Incomputable
from engine.running.firing import Firing, Firings
from engine.running.grouping import Input, Step, steps
from engine.running.matching import Matcher
from engine.running.nodes import Node
from engine.running.noting import Notes
from engine.running.tables import Group
from engine.running.writing import TODAY, VALUES, Unknown, Writer

GAPS = (KeyError, ZeroDivisionError, Incomputable, Unknown)
_NO_GAPS: Mapping[str, Gap] = {}
_NO_ROWS: Mapping[str, tuple[int, ...]] = {}


Straight = Callable[[Given, dt.date], Evaluation]


class StraightWay:
    """The function being written, and the groups of tables whose results it remembers."""

    def __init__(self, policy: Policy, nodes: Sequence[Node], matcher: Matcher, firings: Firings) -> None:
        self._policy, self._matcher, self._firings = policy, matcher, firings
        self._nodes = {node.name: node for node in nodes}
        self._draft = Draft("given", TODAY)
        self._writer = Writer(self._draft, policy.facts, domains(policy))
        self._notes = Notes(self._draft, self._writer, matcher.families)
        self._rows: list[ast.expr] = []
        self.groups: list[Group] = []

    def made(self) -> Straight:
        """Make the function; to be called once."""
        self._draft.body.append(make.assign(VALUES, make.copied(make.read("given"))))
        nodes = self._nodes.values()
        for step in steps([(one.name, one.reads, one.table.columns if one.table else None) for one in nodes]):
            if self._nodes[step.names[0]].table is not None:
                self._look_up(step)
            else:
                self._derive(self._nodes[step.names[0]])
        fired = self._fired()
        names, amounts = self._together(fired)
        parts = (make.read(VALUES), self._all_rows(), names, amounts, self._value(_NO_GAPS), self._value(_NO_GAPS))
        self._draft.body.append(make.give(make.call(self._value(Evaluation), *parts)))
        self._draft.body[:0] = self._writer.reading("given")
        return self._draft.done("straight")

    def _value(self, value: object) -> ast.expr:
        return self._draft.value(value)

    def _look_up(self, step: Step) -> None:
        """Look up tables by the classes of what they read."""
        states, tests = self._notes.settled_with(step)
        group = Group([(name, table) for name in step.names if (table := self._nodes[name].table)], tests)
        self.groups.append(group)
        found = self._met(group.known, self._draft.keep(self._key(step.inputs)), group.settle, VALUES, TODAY)
        derived, rows = self._draft.variable(), self._draft.variable()
        values, bits = ([self._draft.variable() for _ in several] for several in (step.names, states))
        self._draft.body += [
            make.unpack([derived, rows, *values, *bits], found),
            make.update(VALUES, "|", make.read(derived)),
        ]
        for name, variable in zip(step.names, values, strict=True):
            self._writer.held(name, variable)
        self._notes.add(dict(zip(states, bits, strict=True)))
        self._rows.append(make.read(rows))

    def _met(self, known: object, key: ast.expr, settle: object, *more: str) -> ast.expr:
        """What is known under a key; else what is found out now."""
        found = self._draft.variable()
        at_hand = make.assign(found, make.item(self._value(known), key))
        anew = make.assign(found, make.call(self._value(settle), key, *map(make.read, more)))
        self._draft.body.append(make.attempt([at_hand], self._value(KeyError), [anew]))
        return make.read(found)

    def _key(self, inputs: Sequence[Input]) -> ast.expr:
        self._writer.hold([one.name for one in inputs if one.name is not None])
        keys = [self._class(one) for one in inputs if one.classes > 1]
        return keys[0] if len(keys) == 1 else make.row(keys)

    def _class(self, one: Input) -> ast.expr:
        if one.name is None:
            assert one.test is not None
            self._writer.hold_test(one.test)
            return self._writer.condition(one.test)
        fact = self._writer.fact(one.name)
        if one.words:
            return fact
        if len(one.points) == 1:
            return make.compare(fact, "<", self._value(one.points[0]))
        return make.call(self._value(bisect_right), self._value(one.points), fact)

    def _derive(self, node: Node) -> None:
        """Compute one fact."""
        formula, kind = node.formula, node.kind
        if formula is None:
            assert node.compute is not None
            value = self._writer.computed(node.compute)
        elif kind.name in SCALE:
            self._writer.hold(names_in(formula))
            value = self._writer.stored(formula, kind, self._policy.rounding)
        else:
            value = self._draft.keep(
                self._writer.condition(formula) if kind.name == "bool" else self._writer.plain(formula)
            )
        assert isinstance(value, ast.Name)
        self._writer.held(node.name, value.id)
        self._draft.body.append(make.put(make.read(VALUES), self._value(node.name), value))

    def _fired(self) -> ast.expr:
        """Find the rules that fire, by what is remembered of each family's states, or ask."""
        states = self._notes.states()
        known = [
            make.item(self._value(family.known), state)
            for family, state in zip(self._matcher.families, states, strict=True)
        ]
        together = make.assign("fired", reduce(lambda left, right: make.operate(left, "|", right), known))
        ask = make.assign("fired", make.call(self._value(self._matcher.ask), make.row(states)))
        self._draft.body.append(make.attempt([together], self._value(KeyError), [ask]))
        return make.read("fired")

    def _together(self, fired: ast.expr) -> tuple[ast.expr, ast.expr]:
        """The names of the rules, and their amounts."""
        met = make.call(self._value(self._firings.known.get), fired)
        found = make.some([met, make.call(self._value(self._firings.meet), fired)])
        self._draft.body.append(make.unpack(["names", "amounts", "computed"], found))
        with self._draft.within() as block:
            block.append(make.assign("amounts", make.copied(make.read("amounts"))))
            for number, firing in enumerate(self._firings.computed):
                mine = make.operate(make.read("computed"), "&", self._value(1 << number))
                block.append(make.when(mine, self._amounts(firing)))
        if self._firings.computed:
            self._draft.body.append(make.when(make.read("computed"), block))
        return make.read("names"), make.read("amounts")

    def _amounts(self, firing: Firing) -> Sequence[ast.stmt]:
        with self._draft.within() as block:
            amounts = [
                (self._value((role, name)), self._writer.stored(formula, AMOUNTS[name], self._policy.rounding))
                for role, name, formula in firing.rule.amounts
            ]
            block.append(make.put(make.read("amounts"), self._value(firing.name), make.table(amounts)))
        return block

    def _all_rows(self) -> ast.expr:
        if not self._rows:
            return self._value(_NO_ROWS)
        first, *others = self._rows
        for other in others:
            first = make.operate(first, "|", other)
        return first
