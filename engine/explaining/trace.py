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
from engine.evaluation import Evaluation, Gap
from engine.explaining.picking import fixed_amounts, picker, wire
from engine.explaining.showing import Shower, showers, shown
from engine.expression import show
from engine.policy import Aggregate, Derived, Policy, Rule

Build = Callable[[Evaluation, dt.date], Step]
REMEMBERED = 4_096  #: steps per fact or rule


class Tracer:
    """Builds the traces of one policy."""

    def __init__(self, policy: Policy) -> None:
        self._kinds = policy.kinds
        self._nodes = [(node.name, self._node(node)) for node in policy.nodes]
        self._rules = {rule.name: self._rule(rule, policy) for rule in policy.rules}

    def derived(self, evaluation: Evaluation, today: dt.date) -> list[Step]:
        """The steps of derived facts, in the order they became known; what merely lacks facts is no step."""
        gaps = evaluation.gaps
        if not gaps:
            return [build(evaluation, today) for _, build in self._nodes]
        return [build(evaluation, today) for name, build in self._nodes if _settled(name, gaps)]

    def fired(self, evaluation: Evaluation, today: dt.date) -> list[Step]:
        """The steps of the rules that fired, in policy order."""
        rules = self._rules
        return [rules[name](evaluation, today) for name in evaluation.fired]

    def _node(self, node: Aggregate | Derived) -> Build:
        name, kind, texts = node.name, _kind(node), _texts(node)
        reads = self._showable(node.reads)
        pick = picker(reads, self._kinds)
        rows = isinstance(node, Derived) and node.table is not None
        applied: dict[tuple[int, ...], tuple[str, ...]] = {(index,): (text,) for index, text in enumerate(texts)}
        dated = node.kind.name == "date"

        def build(evaluation: Evaluation, _: dt.date) -> Step:
            values, when = evaluation.values, texts
            if rows:
                hits = evaluation.rows.get(name, ())
                when = applied[hits] if hits in applied else tuple([texts[index] for index in hits])
            if name not in values:
                return Step(kind, name, when, pick(values), None, evaluation.gaps[name].cause)
            return Step(kind, name, when, pick(values), shown(values[name]) if dated else values[name])  # type: ignore[arg-type]  # no date

        return self._remembered(build, reads) if rows else build

    def _rule(self, rule: Rule, policy: Policy) -> Build:
        name, when, then, because = rule.name, (show(rule.when),), rule.then, rule.because
        tests = showers(rule.when, self._kinds)
        reads = self._showable(dict.fromkeys((*rule.reads, *rule.amount_reads)))
        pick, say = picker(reads, self._kinds), _sayer(tests)
        cap, offer = fixed_amounts(rule.caps, policy), fixed_amounts(rule.offer, policy)

        def build(evaluation: Evaluation, today: dt.date) -> Step:
            values = evaluation.values
            return Step("rule", name, when, pick(values), None, None, say(values, today), then, because, caps, offers)

        if cap is not None and offer is not None:
            caps, offers = cap, offer
            return self._remembered(build, reads)
        wire_caps, wire_offers = wire("cap", rule.caps), wire("offer", rule.offer)

        def amounting(evaluation: Evaluation, today: dt.date) -> Step:
            values, amounts = evaluation.values, evaluation.amounts[name]
            said = say(values, today)
            caps, offers = wire_caps(amounts), wire_offers(amounts)
            return Step("rule", name, when, pick(values), None, None, said, then, because, caps, offers)

        return amounting

    def _showable(self, reads: Iterable[str]) -> tuple[str, ...]:
        """Record lists are not repeated in every step that reads them."""
        return tuple(name for name in reads if name in self._kinds)

    def _remembered(self, build: Build, reads: Sequence[str]) -> Build:
        """A builder that makes each step once, when there are only so many: steps are frozen and may be shared."""
        if not reads or any(self._kinds[name].name not in ("bool", "enum") for name in reads):
            return build
        made: dict[object, Step] = {}
        key = itemgetter(*reads)

        def recall(evaluation: Evaluation, today: dt.date) -> Step:
            try:
                read = key(evaluation.values)
            except KeyError:  # something is missing: not one of the combinations
                return build(evaluation, today)
            step = made.get(read)
            if step is None:
                step = build(evaluation, today)
                if len(made) < REMEMBERED:
                    made[read] = step
            return step

        return recall


def _sayer(tests: Sequence[Shower]) -> Callable[[Mapping[str, Any], dt.date], tuple[Comparison, ...]]:
    if len(tests) == 1:
        (only,) = tests
        return lambda values, today: (only(values, today),)
    return lambda values, today: tuple([test(values, today) for test in tests])


def _settled(name: str, gaps: Mapping[str, Gap]) -> bool:
    """Whether a derived fact has a value, or could not be computed."""
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
