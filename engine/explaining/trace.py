"""Evaluation -> trace: every step in order with the facts it read and what it set or proposed.

What can be printed beforehand is printed once per policy, and a step that reads only words and flags is made once
for each combination of them. There are two ways to a step: a function put together for what is all there
(straight.py), and the parts here, which can do without what is missing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Literal

from engine.decision import Comparison, Step
from engine.evaluation import Evaluation
from engine.explaining.picking import amounts_of, picker, wire
from engine.explaining.showing import Tested, shown, tests_of
from engine.explaining.straight import Build, BuildAll, NodePlan, Recalled, RulePlan, build_nodes, build_rule
from engine.expression import show
from engine.policy import Aggregate, Derived, Policy, Rule

Values = Mapping[str, Any]
REMEMBERED = 4_096  #: steps per fact or rule


class Tracer:
    """Builds the traces of one policy."""

    def __init__(self, policy: Policy) -> None:
        self._kinds = policy.kinds
        self._dates = tuple([name for name, kind in policy.kinds.items() if kind.name == "date"])
        nodes = [self._node(node) for node in policy.nodes]
        self._plans = [plan for plan, _ in nodes]
        self._nodes = [(plan.name, build) for plan, build in nodes]
        self._broken = {node.name: self._undefined(node) for node in policy.nodes}
        self._rules = {rule.name: self._rule(rule, policy) for rule in policy.rules}
        self._straight: dict[str, Build] = {}  # by rule
        self._derived: BuildAll | None = None  # put together when it is first wanted

    def _derive(self) -> BuildAll:
        self._derived = build_nodes(self._plans, self._dates)
        return self._derived

    def straight(self, fired: Sequence[str]) -> list[Build]:
        """What builds the steps of rules when nothing is missing, put together when a rule fires first."""
        return [self._straight.get(name) or self._put_together(name) for name in fired]

    def _put_together(self, rule: str) -> Build:
        build = self._straight[rule] = build_rule(self._rules[rule][0], self._dates)
        return build

    def traced(
        self, evaluation: Evaluation, straight: Sequence[Build], today: dt.date
    ) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
        """The steps of the rules that fired, in policy order, and the whole trace: before them those of derived facts.

        `straight` is what this tracer gives for the rules that fired.
        """
        if not (evaluation.gaps or evaluation.open):
            values, amounts, derived = evaluation.values, evaluation.amounts, self._derived or self._derive()
            try:
                steps = tuple([build(values, amounts, today) for build in straight])
                return steps, derived(values, evaluation.rows, today) + steps
            except KeyError:  # something that was read is missing, and did not matter
                pass
        steps = self._fired(evaluation, today)
        return steps, self._known(evaluation, today) + steps

    def _known(self, evaluation: Evaluation, today: dt.date) -> tuple[Step, ...]:
        """The steps of derived facts, in the order they became known; what merely lacks facts is no step."""
        values, rows, gaps = evaluation.values, evaluation.rows, evaluation.gaps
        steps = [
            build(values, rows, today) if name in values else self._broken[name](evaluation)
            for name, build in self._nodes
            if name in values or gaps[name].cause is not None
        ]
        return tuple(steps)

    def _fired(self, evaluation: Evaluation, today: dt.date) -> tuple[Step, ...]:
        rules, values, amounts = self._rules, evaluation.values, evaluation.amounts
        return tuple([rules[name][1](values, amounts, today) for name in evaluation.fired])

    def _node(self, node: Aggregate | Derived) -> tuple[NodePlan, Build]:
        name, kind, texts, looked_up = node.name, _kind(node), _texts(node), _looked_up(node)
        reads, dated = self._showable(node.reads), node.kind.name == "date"
        pick, applied = picker(reads, self._kinds), _applied(node, texts)

        def computed(values: Values, _: Mapping[str, Any], _day: dt.date) -> Step:
            return Step(kind, name, texts, pick(values), values[name])

        def showing(values: Values, rows: Mapping[str, Any], _day: dt.date) -> Step:
            return Step(kind, name, applied(rows), pick(values), shown(values[name]))

        build: Build = showing if looked_up or dated else computed
        recalled = self._recalled(build, reads) if looked_up or dated else None
        return NodePlan(kind, name, texts, reads, looked_up, recalled), recalled.build if recalled else build

    def _undefined(self, node: Aggregate | Derived) -> Callable[[Evaluation], Step]:
        """The step of a fact that could not be computed."""
        name, kind, applied = node.name, _kind(node), _applied(node, _texts(node))
        pick = picker(self._showable(node.reads), self._kinds)

        def build(evaluation: Evaluation) -> Step:
            values, gap = evaluation.values, evaluation.gaps[name]
            return Step(kind, name, applied(evaluation.rows), pick(values), None, gap.cause)

        return build

    def _rule(self, rule: Rule, policy: Policy) -> tuple[RulePlan, Build]:
        name, when, then, because = rule.name, (show(rule.when),), rule.then, rule.because
        reads, tests = (
            self._showable(dict.fromkeys((*rule.reads, *rule.amount_reads))),
            tests_of(rule.when, self._kinds),
        )
        pick, say = picker(reads, self._kinds), _sayer(tests)
        caps, offers = amounts_of("cap", rule.caps, policy), amounts_of("offer", rule.offer, policy)
        cap, offer = wire(caps), wire(offers)

        def build(values: Values, amounts: Mapping[str, Any], today: dt.date) -> Step:
            mine, said = amounts[name], say(values, today)
            return Step("rule", name, when, pick(values), None, None, said, then, because, cap(mine), offer(mine))

        fixed = isinstance(caps, Mapping) and isinstance(offers, Mapping)
        recalled = self._recalled(build, reads) if fixed else None
        plan = RulePlan(name, when, then, because, reads, tests, caps, offers, recalled)
        return plan, recalled.build if recalled else build

    def _showable(self, reads: Iterable[str]) -> tuple[str, ...]:
        """Record lists are not repeated in every step that reads them."""
        return tuple(name for name in reads if name in self._kinds)

    def _recalled(self, build: Build, reads: Sequence[str]) -> Recalled | None:
        """A builder that makes each step once, when there are only so many: steps are frozen and may be shared."""
        if not reads or any(self._kinds[name].name not in ("bool", "enum") for name in reads):
            return None
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

        return Recalled(made, recall)


def _sayer(tests: Sequence[Tested]) -> Callable[[Values, dt.date], tuple[Comparison, ...]]:
    if len(tests) == 1:
        only = tests[0].show
        return lambda values, today: (only(values, today),)
    showers = [test.show for test in tests]
    return lambda values, today: tuple([show(values, today) for show in showers])


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
