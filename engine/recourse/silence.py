"""Which conditions of one case stay silent where they are unknown, because all they lack says `if_missing: ignore`."""

from __future__ import annotations

from collections.abc import Callable

from engine.evaluation import Evaluation
from engine.expression import Arithmetic, Expression, names_in, walk
from engine.policy import Policy, Rule
from engine.ranges.spans import Ranges
from engine.ranges.statuses import gap_in


class Silence:
    """Which conditions of a case can be unknown only for want of facts that say `if_missing: ignore`."""

    def __init__(self, policy: Policy, evaluation: Evaluation) -> None:
        self._policy = policy
        self._missing = {name for name in policy.facts if name not in evaluation.values}
        self._ignored = {name for name in self._missing if policy.facts[name].if_missing == "ignore"}

    def may_follow(self, rule: Rule) -> bool:
        """Whether a rule that is unknown might stay silent: a fact to be ignored is missing somewhere below it."""
        names = (*rule.reads, *rule.amount_reads)
        return any(not self._ignored.isdisjoint(self._policy.base[name]) for name in names)

    def certain(self, condition: Expression) -> Callable[[Ranges], bool]:
        """Whether the condition, where it is unknown, is so for want of facts to be ignored alone."""
        names = names_in(condition)
        divides = any(isinstance(node, Arithmetic) and node.op == "/" for node in walk(condition))
        wanting = {base for name in names for base in self._policy.base[name]} & self._missing
        if divides or not wanting <= self._ignored:
            return lambda ranges: False
        return lambda ranges: not any(name in ranges and gap_in(ranges[name]) for name in names)
