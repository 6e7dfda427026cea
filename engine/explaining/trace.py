"""Evaluation -> trace: every step in order with the facts it read and what it set or proposed.

What can be printed beforehand is printed once per policy, and a step that reads only words and flags is made once
for each combination of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Literal

from engine.decision import Comparison, Step
from engine.evaluation import Evaluation
from engine.explaining.picking import fixed_amounts, picker, wire
from engine.explaining.showing import Shower, showers, shown
from engine.expression import show
from engine.policy import Aggregate, Derived, Policy, Rule

Values = Mapping[str, Any]
#: Builds a step from the values, the evaluation's rows (for a derived fact) or amounts (for a rule), and the day.
Build = Callable[[Values, Mapping[str, Any], dt.date], Step]
REMEMBERED = 4_096  #: steps per fact or rule


class Tracer:
    """Builds the traces of one policy."""

    def __init__(self, policy: Policy) -> None:
        self._kinds = policy.kinds
        self._nodes = [(node.name, self._node(node)) for node in policy.nodes]
        self._broken = {node.name: self._undefined(node) for node in policy.nodes}
        self._rules = {rule.name: self._rule(rule, policy) for rule in policy.rules}

    def derived(self, evaluation: Evaluation, today: dt.date) -> list[Step]:
        """The steps of derived facts, in the order they became known; what merely lacks facts is no step."""
        values, rows, gaps = evaluation.values, evaluation.rows, evaluation.gaps
        if not gaps:
            return [build(values, rows, today) for _, build in self._nodes]
        return [
            build(values, rows, today) if name in values else self._broken[name](evaluation)
            for name, build in self._nodes
            if name in values or gaps[name].cause is not None
        ]

    def fired(self, evaluation: Evaluation, today: dt.date) -> list[Step]:
        """The steps of the rules that fired, in policy order."""
        rules, values, amounts = self._rules, evaluation.values, evaluation.amounts
        return [rules[name](values, amounts, today) for name in evaluation.fired]

    def _node(self, node: Aggregate | Derived) -> Build:
        name, kind, texts = node.name, _kind(node), _texts(node)
        reads = self._showable(node.reads)
        pick = picker(reads, self._kinds)

        def computed(values: Values, _: Mapping[str, Any], _day: dt.date) -> Step:
            return Step(kind, name, texts, pick(values), values[name])

        def dated(values: Values, rows: Mapping[str, Any], _day: dt.date) -> Step:
            return Step(kind, name, applied(rows), pick(values), shown(values[name]))

        def table(values: Values, rows: Mapping[str, Any], _day: dt.date) -> Step:
            return Step(kind, name, applied(rows), pick(values), values[name])

        applied = _applied(node, texts)
        if node.kind.name == "date":
            return self._remembered(dated, reads)
        return self._remembered(table, reads) if _looked_up(node) else computed

    def _undefined(self, node: Aggregate | Derived) -> Callable[[Evaluation], Step]:
        """The step of a fact that could not be computed."""
        name, kind, applied = node.name, _kind(node), _applied(node, _texts(node))
        pick = picker(self._showable(node.reads), self._kinds)

        def build(evaluation: Evaluation) -> Step:
            values, gap = evaluation.values, evaluation.gaps[name]
            return Step(kind, name, applied(evaluation.rows), pick(values), None, gap.cause)

        return build

    def _rule(self, rule: Rule, policy: Policy) -> Build:
        name, when, then, because = rule.name, (show(rule.when),), rule.then, rule.because
        reads = self._showable(dict.fromkeys((*rule.reads, *rule.amount_reads)))
        pick, say = picker(reads, self._kinds), _sayer(showers(rule.when, self._kinds))
        caps, offers = fixed_amounts(rule.caps, policy), fixed_amounts(rule.offer, policy)

        def build(values: Values, _: Mapping[str, Any], today: dt.date) -> Step:
            return Step("rule", name, when, pick(values), None, None, say(values, today), then, because, caps, offers)  # type: ignore[arg-type]  # both are known

        if caps is not None and offers is not None:
            return self._remembered(build, reads)
        cap, offer = wire("cap", rule.caps), wire("offer", rule.offer)

        def amounting(values: Values, amounts: Mapping[str, Any], today: dt.date) -> Step:
            mine, said = amounts[name], say(values, today)
            return Step("rule", name, when, pick(values), None, None, said, then, because, cap(mine), offer(mine))

        def capping(values: Values, amounts: Mapping[str, Any], today: dt.date) -> Step:
            said = say(values, today)
            return Step("rule", name, when, pick(values), None, None, said, then, because, cap(amounts[name]))

        return amounting if rule.offer else capping

    def _showable(self, reads: Iterable[str]) -> tuple[str, ...]:
        """Record lists are not repeated in every step that reads them."""
        return tuple(name for name in reads if name in self._kinds)

    def _remembered(self, build: Build, reads: Sequence[str]) -> Build:
        """A builder that makes each step once, when there are only so many: steps are frozen and may be shared."""
        if not reads or any(self._kinds[name].name not in ("bool", "enum") for name in reads):
            return build
        made: dict[object, Step] = {}
        key = itemgetter(*reads)

        def recall(values: Values, found: Mapping[str, Any], today: dt.date) -> Step:
            try:
                read = key(values)
            except KeyError:  # something is missing: not one of the combinations
                return build(values, found, today)
            step = made.get(read)
            if step is None:
                step = build(values, found, today)
                if len(made) < REMEMBERED:
                    made[read] = step
            return step

        return recall


def _sayer(tests: Sequence[Shower]) -> Callable[[Values, dt.date], tuple[Comparison, ...]]:
    if len(tests) == 1:
        (only,) = tests
        return lambda values, today: (only(values, today),)
    return lambda values, today: tuple([test(values, today) for test in tests])


def _looked_up(node: Aggregate | Derived) -> bool:
    return isinstance(node, Derived) and node.table is not None


def _applied(node: Aggregate | Derived, texts: tuple[str, ...]) -> Callable[[Mapping[str, Any]], tuple[str, ...]]:
    """A function that gives the texts of the rows that applied, or the one text of what has no rows."""
    if not _looked_up(node):
        return lambda rows: texts
    name, alone = node.name, [(text,) for text in texts]

    def applied(rows: Mapping[str, Any]) -> tuple[str, ...]:
        hits = rows.get(name, ())
        return alone[hits[0]] if len(hits) == 1 else tuple([texts[index] for index in hits])

    return applied


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
