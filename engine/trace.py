"""Evaluation -> trace: every step in order with the facts it read and what it set or proposed.

What can be printed beforehand is printed once per policy.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

import msgspec

from engine.conditions import COMPARE, compile_condition
from engine.decision import Comparison, Shown, Step
from engine.encoding import code_against
from engine.evaluation import AmountKey, Evaluation, Gap, day_of
from engine.expression import (
    FLIPPED,
    OPPOSITE,
    Among,
    Compare,
    Constant,
    Expression,
    IsMissing,
    Junction,
    Name,
    Not,
    show,
)
from engine.policy import WIRE_AMOUNT, Aggregate, Derived, Policy, Rule

Shower = Callable[[Mapping[str, object], dt.date], Comparison]


class _Node(msgspec.Struct, frozen=True):
    """What the steps of one derived fact have in common."""

    name: str
    kind: Literal["aggregate", "table", "scorecard", "formula"]
    reads: tuple[str, ...]
    texts: tuple[str, ...]
    rows: bool  #: whether `texts` are rows, of which only some apply


class _RulePlan(msgspec.Struct, frozen=True):
    """What the steps of one rule have in common."""

    rule: Rule
    when: tuple[str, ...]
    reads: tuple[str, ...]
    tests: tuple[Shower, ...]


class Tracer:
    """Builds the traces of one policy."""

    def __init__(self, policy: Policy) -> None:
        self._unshown = {name for name, fact in policy.facts.items() if fact.kind is None}
        self._dates = {name for name, kind in policy.kinds.items() if kind.name == "date"}
        self._nodes = [self._node(node) for node in policy.nodes]
        self._rules = {rule.name: self._plan(rule) for rule in policy.rules}

    def _node(self, node: Aggregate | Derived) -> _Node:
        rows = isinstance(node, Derived) and node.table is not None
        return _Node(node.name, _kind(node), self._showable(node.reads), _texts(node), rows)

    def _plan(self, rule: Rule) -> _RulePlan:
        reads = self._showable(dict.fromkeys((*rule.reads, *rule.amount_reads)))
        return _RulePlan(rule, (show(rule.when),), reads, tuple(map(_shower, _tests(rule.when))))

    def _showable(self, reads: Iterable[str]) -> tuple[str, ...]:
        """Record lists are not repeated in every step that reads them."""
        return tuple(name for name in reads if name not in self._unshown)

    def steps(self, evaluation: Evaluation, as_of: dt.datetime) -> tuple[Step, ...]:
        """Give all steps: derived facts in the order they became known, then the rules that fired."""
        today = day_of(as_of)
        gaps = evaluation.gaps
        nodes = [node for node in self._nodes if _settled(node.name, gaps)] if gaps else self._nodes
        steps = [self._derived(node, evaluation) for node in nodes]
        steps += [self._rule(self._rules[name], evaluation, today) for name in evaluation.fired]
        return tuple(steps)

    def _facts(self, reads: tuple[str, ...], evaluation: Evaluation) -> dict[str, Shown]:
        values = evaluation.values
        facts: dict[str, Shown] = {name: values[name] for name in reads if name in values}  # type: ignore[misc]  # dates follow
        if self._dates and not self._dates.isdisjoint(facts):
            facts = {name: shown(value) for name, value in facts.items()}
        return facts

    def _rule(self, plan: _RulePlan, evaluation: Evaluation, today: dt.date) -> Step:
        rule, values = plan.rule, evaluation.values
        amounts = evaluation.amounts[rule.name]
        return Step(
            "rule",
            rule.name,
            plan.when,
            self._facts(plan.reads, evaluation),
            None,
            None,
            tuple([shower(values, today) for shower in plan.tests]),
            rule.then,
            rule.because,
            _wire(amounts, "cap") if amounts else {},
            _wire(amounts, "offer") if amounts else {},
        )

    def _derived(self, node: _Node, evaluation: Evaluation) -> Step:
        texts, name = node.texts, node.name
        if node.rows:
            texts = tuple([texts[index] for index in evaluation.rows.get(name, ())])
        facts = self._facts(node.reads, evaluation)
        if name in evaluation.values:
            return Step(node.kind, name, texts, facts, shown(evaluation.values[name]))
        return Step(node.kind, name, texts, facts, None, evaluation.gaps[name].cause)


def _settled(name: str, gaps: Mapping[str, Gap]) -> bool:
    """Whether a derived fact has a value, or could not be computed; what merely lacks facts is no step."""
    return name not in gaps or gaps[name].cause is not None


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


def _tests(condition: Expression, negated: bool = False) -> list[Expression]:
    """The single tests of a condition, turned round where it negates them, so that each is shown as it counts."""
    match condition:
        case Not():
            return _tests(condition.item, not negated)
        case Junction():
            return [test for item in condition.items for test in _tests(item, negated)]
        case Compare() if negated:
            return [Compare(OPPOSITE[condition.op], condition.left, condition.right)]
        case Among() if negated:
            return [Among(condition.item, condition.values, not condition.negated)]
        case IsMissing() if negated:
            return [IsMissing(condition.name, not condition.negated)]
        case Constant():
            return []
        case _:
            return [Not(condition)] if negated else [condition]


def _shower(test: Expression) -> Shower:
    text, truth = show(test), compile_condition(test)
    name, threshold = _threshold(test)
    if isinstance(test, Compare) and name is not None and isinstance(threshold, int) and test.left.kind.numeric:
        op = test.op if isinstance(test.left, Name) else FLIPPED[test.op]
        return _numeric(text, name, COMPARE[op], threshold)

    def compare(values: Mapping[str, object], today: dt.date) -> Comparison:
        holds = truth(values, today)
        value = values.get(name) if name is not None else None
        return Comparison(text, holds) if value is None else Comparison(text, holds, shown(value), threshold)

    return compare


def _numeric(text: str, name: str, holds: Callable[[int, int], bool], threshold: int) -> Shower:
    """Show a number against a literal, both in base units."""

    def compare(values: Mapping[str, object], _: dt.date) -> Comparison:
        value = values.get(name)
        if value is None:
            return Comparison(text, None)
        return Comparison(text, holds(value, threshold), value, threshold, value - threshold)  # type: ignore[arg-type,operator]  # a number

    return compare


def _threshold(test: Expression) -> tuple[str | None, Shown | None]:
    """The fact a test is about and what it is held against, when that is a literal."""
    if isinstance(test, Not):
        test = test.item
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
