"""Evaluation -> trace: every step in order with the facts it read and what it set or proposed.

What can be printed beforehand is printed once per policy.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

from engine.compute import compile_condition
from engine.decision import Comparison, Shown, Step
from engine.encoding import code_against
from engine.evaluation import AmountKey, Evaluation, day_of
from engine.expression import Among, Compare, Constant, Expression, IsMissing, Name, show, walk
from engine.policy import WIRE_AMOUNT, Aggregate, Derived, Policy

Shower = Callable[[Mapping[str, object], dt.date], Comparison]


class Tracer:
    """Builds the traces of one policy."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._rules = {rule.name: rule for rule in policy.rules}
        self._records = {name for name, fact in policy.facts.items() if fact.kind is None}
        self._when = {rule.name: (show(rule.when),) for rule in policy.rules}
        self._reads = {rule.name: tuple(dict.fromkeys((*rule.reads, *rule.amount_reads))) for rule in policy.rules}
        self._texts = {node.name: _texts(node) for node in policy.nodes}
        self._tests = {rule.name: tuple(map(_shower, _tests(rule.when))) for rule in policy.rules}

    def steps(self, evaluation: Evaluation, as_of: dt.datetime) -> tuple[Step, ...]:
        """Give all steps: derived facts in the order they became known, then the rules that fired."""
        today = day_of(as_of)
        derived = (step for node in self._policy.nodes for step in self._derived(node, evaluation))
        return (*derived, *(self._rule(name, evaluation, today) for name in evaluation.fired))

    def tests(self, rule: str, evaluation: Evaluation, as_of: dt.datetime) -> tuple[Comparison, ...]:
        """Give the tests of a rule's condition that held."""
        found = (shower(evaluation.values, day_of(as_of)) for shower in self._tests[rule])
        return tuple(test for test in found if test.holds)

    def facts(self, reads: Sequence[str], evaluation: Evaluation) -> dict[str, Shown]:
        """Give the values of facts that are known; record lists are not repeated here."""
        values = evaluation.values
        return {name: shown(values[name]) for name in reads if name in values and name not in self._records}

    def _rule(self, name: str, evaluation: Evaluation, today: dt.date) -> Step:
        rule = self._rules[name]
        amounts = evaluation.amounts[name]
        return Step(
            kind="rule",
            name=name,
            when=self._when[name],
            facts=self.facts(self._reads[name], evaluation),
            tests=tuple(shower(evaluation.values, today) for shower in self._tests[name]),
            then=rule.then,
            because=rule.because,
            cap=_wire(amounts, "cap"),
            offer=_wire(amounts, "offer"),
        )

    def _applied(self, node: Aggregate | Derived, evaluation: Evaluation) -> tuple[str, ...]:
        texts = self._texts[node.name]
        if isinstance(node, Aggregate) or node.table is None:
            return texts
        return tuple(texts[index] for index in evaluation.rows.get(node.name, ()))

    def _derived(self, node: Aggregate | Derived, evaluation: Evaluation) -> Iterator[Step]:
        gap = evaluation.gaps.get(node.name)
        cause = gap.cause if gap else None
        if gap is not None and cause is None:
            return
        value = evaluation.values.get(node.name)
        yield Step(
            kind=_kind(node),
            name=node.name,
            when=self._applied(node, evaluation),
            facts=self.facts(node.reads, evaluation),
            value=None if value is None else shown(value),
            undefined=cause,
        )


def _kind(node: Aggregate | Derived) -> Literal["aggregate", "table", "scorecard", "formula"]:
    if isinstance(node, Aggregate):
        return "aggregate"
    return "formula" if node.table is None else "scorecard" if node.table.scorecard else "table"


def _texts(node: Aggregate | Derived) -> tuple[str, ...]:
    if isinstance(node, Aggregate):
        return (node.text,)
    if node.table is not None:
        return tuple(show(row.when) for row in node.table.rows)
    assert node.formula is not None
    return (show(node.formula),)


def _wire(amounts: Mapping[AmountKey, int | None], role: str) -> dict[str, int]:
    return {
        WIRE_AMOUNT[name]: amount for (kind, name), amount in amounts.items() if kind == role and amount is not None
    }


def shown(value: object) -> Shown:
    """A value as JSON carries it."""
    return value.isoformat() if isinstance(value, dt.date) else value  # type: ignore[return-value]  # int, bool or str


def _tests(condition: Expression) -> list[Expression]:
    tests: list[Expression] = []
    inner: set[int] = set()
    for node in walk(condition):
        if id(node) in inner:
            continue
        if isinstance(node, Compare | Among | IsMissing | Name):
            tests.append(node)
            inner |= {id(part) for part in walk(node)}
    return tests


def _shower(test: Expression) -> Shower:
    text, truth = show(test), compile_condition(test)
    name, threshold = _threshold(test)
    numeric = isinstance(threshold, int) and not isinstance(threshold, bool)

    def compare(values: Mapping[str, object], today: dt.date) -> Comparison:
        holds = truth(values, today)
        value = values.get(name) if name is not None else None
        if value is None:
            return Comparison(text, holds)
        distance = value - threshold if numeric else None  # type: ignore[operator]  # both are integers
        return Comparison(text, holds, shown(value), threshold, distance)

    return compare


def _threshold(test: Expression) -> tuple[str | None, Shown | None]:
    """The fact a test is about and what it is held against, when that is a literal."""
    if isinstance(test, Name):
        return test.name, None
    if isinstance(test, Among) and isinstance(test.item, Name):
        return test.item.name, None
    if not isinstance(test, Compare):
        return None, None
    left, right = (test.right, test.left) if isinstance(test.left, Constant) else (test.left, test.right)
    if not isinstance(left, Name) or not isinstance(right, Constant):
        return None, None
    code = code_against(left, right) if left.kind.numeric else None
    return left.name, code if left.kind.numeric else shown(right.value)
