"""What firing a rule takes, and what rules that fire together have in common."""

from __future__ import annotations

from collections.abc import Mapping

from engine.evaluation import AmountKey
from engine.expression import names_in
from engine.policy import AMOUNTS, Policy, Rule
from engine.running.bits import numbers_in
from engine.running.blaming import Blame, compile_blame
from engine.running.storing import compile_stored, fixed

REMEMBERED = 4_096  #: rules that fired together

#: Their names, in the policy's order; by name the amounts that are the same for everybody; which of `Firings.computed`
#: have others, as bits.
Together = tuple[tuple[str, ...], Mapping[str, Mapping[AmountKey, int | None]], int]


class Firing:
    """What firing a rule takes: its blame and its amounts."""

    def __init__(self, rule: Rule, policy: Policy) -> None:
        self.rule = rule
        self.name = rule.name
        self.blame: Blame = compile_blame(rule.when)
        self.amounts = [
            ((role, name), compile_stored(formula, AMOUNTS[name], policy.rounding), names_in(formula))
            for role, name, formula in rule.amounts
        ]
        self.fixed: dict[AmountKey, int | None] = {
            (role, name): fixed(formula, AMOUNTS[name], policy.rounding) for role, name, formula in rule.amounts
        }


class Firings:
    """The rules of a policy, and which of them were met together."""

    def __init__(self, policy: Policy) -> None:
        self.all = [Firing(rule, policy) for rule in policy.rules]
        self.computed = [firing for firing in self.all if None in firing.fixed.values()]
        self.known: dict[int, Together] = {}  #: by the bits of their numbers
        self._bits = [1 << self.computed.index(one) if one in self.computed else 0 for one in self.all]

    def meet(self, fired: int) -> Together:
        """Say what rules that fire together come to, and remember it while there is room."""
        names, amounts, computed = [], {}, 0
        for number in numbers_in(fired):
            firing = self.all[number]
            names.append(firing.name)
            amounts[firing.name] = firing.fixed
            computed |= self._bits[number]
        together = tuple(names), amounts, computed
        if len(self.known) < REMEMBERED:
            self.known[fired] = together
        return together
