"""The live executor: derives a policy's facts one after the other, then lets a matcher fire its rules.

There are two ways through the same parts. When nothing is missing, each fact is one lookup or one formula and the rules
are matched once. When something is, they are matched twice, with the tests that hold for certain and with those that
could hold (docs/adr/0002): a rule that fires the second time only is unknown, and its condition says why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from engine.errors import ExecutorFault
from engine.evaluation import AmountKey, Evaluation, Gap, Values, day_of, gap, merged
from engine.given import Given
from engine.kinds import Value
from engine.policy import Policy
from engine.running.bits import numbers_in
from engine.running.blaming import Blame
from engine.running.compute import Compute, Incomputable
from engine.running.firing import Firing, Firings
from engine.running.matching import Matcher
from engine.running.nodes import Node
from engine.running.straight import GAPS, StraightWay


class Executor:
    """One policy compiled, with a matcher for its rules."""

    def __init__(self, policy: Policy, matcher: Matcher) -> None:
        self.policy = policy
        self.matcher = matcher
        self.nodes = [Node(node, policy) for node in policy.nodes]
        self.firings = Firings(policy)
        way = StraightWay(policy, self.nodes, matcher, self.firings)
        self._straight = way.made()
        self.groups = way.groups

    def close(self) -> None:
        """Give back what the matcher holds; the executor is not used again."""
        self.matcher.close()

    def evaluate(self, given: Given, as_of: dt.datetime) -> Evaluation:
        """Evaluate every derived fact and every rule; raise ExecutorFault when the engine misbehaves."""
        today = as_of.date() if as_of.tzinfo is dt.UTC else day_of(as_of)  # the first is what it nearly always is
        try:
            try:
                return self._straight(given, today)
            except GAPS:
                return _Run(self, given, today).evaluation()
        except ExecutorFault:
            raise
        except Exception as error:
            raise ExecutorFault(f"{type(error).__name__}: {error}") from error


class _Run:
    """One decision's way when something is missing or cannot be computed."""

    def __init__(self, executor: Executor, given: Given, today: dt.date) -> None:
        self.executor, self.today = executor, today
        self.values = Values(given)
        self.rows: dict[str, tuple[int, ...]] = {}
        self.gaps: dict[str, Gap] = {}
        self.open: dict[str, Gap] = {}

    def evaluation(self) -> Evaluation:
        for node in self.executor.nodes:
            value = self._derive(node)
            if isinstance(value, Gap):
                self.gaps[node.name] = value
                self.values.broken |= {node.name} if value.cause else set()
            else:
                self.values[node.name] = value
        amounts = {}
        certain, possible = self.executor.matcher.bounds(self.values, self.today)
        if certain & ~possible:
            raise ExecutorFault("a rule fired as certain that was not possible")
        for number in numbers_in(possible):
            firing = self.executor.firings.all[number]
            if certain >> number & 1:
                amounts[firing.name] = self._amounts(firing)
            else:
                self.open[firing.name] = self._gap(firing.blame)
        return Evaluation(self.values, self.rows, tuple(amounts), amounts, self.gaps, self.open)

    def _derive(self, node: Node) -> Value | Gap:
        if node.table is not None:
            hits, value = node.table.weighed(self.values, self.today, lambda row: self._gap(node.blames[row]))
            if hits is not None:
                self.rows[node.name] = hits
            return value
        if node.condition is not None:
            status, names, cause = node.condition(self.values, self.today)
            return gap(names, cause, self.gaps) if status is None else status
        assert node.compute is not None
        return self._computed(node.compute, node.reads)

    def _computed(self, compute: Compute, reads: Sequence[str]) -> Value | Gap:
        try:
            value = compute(self.values, self.today)
        except Incomputable as reason:
            return Gap((), str(reason))
        if value is None:
            return gap((name for name in reads if name not in self.values), None, self.gaps)
        return value

    def _gap(self, blame: Blame) -> Gap:
        """Say why a condition is unknown; it must find itself unknown too."""
        status, names, cause = blame(self.values, self.today)
        if status is not None:
            raise ExecutorFault("a condition is unknown to the matcher only")
        return gap(names, cause, self.gaps)

    def _amounts(self, firing: Firing) -> dict[AmountKey, int | None]:
        amounts: dict[AmountKey, int | None] = {}
        gaps = []
        for key, compute, reads in firing.amounts:
            amount = self._computed(compute, reads)
            gaps += [amount] if isinstance(amount, Gap) else []
            amounts[key] = None if isinstance(amount, Gap) else amount  # type: ignore[assignment]  # amounts are numbers
        if gaps:
            self.open[firing.name] = merged(gaps)
        return amounts
