"""A policy over ranges of facts: which rules may fire and which must, and between what their amounts lie.

Built for one case: what the facts under consideration cannot touch is taken from its evaluation as it stands. What the
outlook excludes cannot happen anywhere in the ranges (see `statuses`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import msgspec

from engine.evaluation import AmountKey, Evaluation, day_of
from engine.policy import AMOUNTS, Policy, Rule
from engine.ranges.derivings import deriving, hull, rounded_span, single
from engine.ranges.spans import Ranged, Ranges, Span, Statuses, numbers_of
from engine.ranges.statuses import FALSE, TRUE, UNKNOWN, truth_of
from engine.recourse.silence import Silence


class Prospect(msgspec.Struct, frozen=True):
    """What may come of ranges."""

    ranges: Ranges  #: every fact, given or derived
    statuses: Mapping[str, Statuses]  #: of every rule
    weighing: frozenset[str]  #: rules that are unknown everywhere in the ranges, and cannot stay silent


class Outlook:
    """One policy at one moment, ready to be asked about ranges around one case."""

    def __init__(self, policy: Policy, evaluation: Evaluation, as_of: dt.datetime) -> None:
        self.policy = policy
        today = day_of(as_of)
        silence = Silence(policy, evaluation)
        self._rules = {rule.name: truth_of(rule.when, today) for rule in policy.rules}
        self._derived = {one.name: deriving(one, policy, today, silence.certain) for one in policy.derived}
        self._amounts = {
            (rule.name, role, name): rounded_span(numbers_of(formula, today), AMOUNTS[name], policy)
            for rule in policy.rules
            for role, name, formula in rule.amounts
        }
        self._now = _points(policy, evaluation)
        self._statuses = {rule.name: _status(rule, evaluation) for rule in policy.rules}
        self._weighing = {name for name, gap in evaluation.open.items() if not gap.silent(policy)}
        self._never_silent = {rule.name for rule in policy.rules if not silence.may_follow(rule)}
        self._touched: dict[frozenset[str], tuple[Sequence[str], Sequence[str]]] = {}

    def under(self, moved: Mapping[str, Ranged]) -> Prospect:
        """Look at the case with some given facts anywhere in their ranges."""
        derived, rules = self._touch(frozenset(moved))
        ranges = {**self._now, **moved}
        for name in derived:
            ranges[name] = self._derived[name](ranges)
        touched = {name: self._rules[name](ranges) for name in rules}
        statuses = {**self._statuses, **touched}
        loud = {name for name, status in touched.items() if status == UNKNOWN and name in self._never_silent}
        weighing = loud | {name for name in self._weighing if name not in touched and statuses[name] == UNKNOWN}
        return Prospect(ranges, statuses, frozenset(weighing))

    def amount(self, prospect: Prospect, rule: str, key: AmountKey) -> Span:
        """Between what one amount of a rule lies, in base units."""
        return self._amounts[rule, *key](prospect.ranges)

    def matters(self, prospect: Prospect, fact: str) -> bool:
        """Whether anything that reads a fact directly can still come out in more than one way."""
        for one in self.policy.derived:
            if fact in one.reads and not single(prospect.ranges.get(one.name)):
                return True
        for rule in self.policy.rules:
            if fact in rule.reads and not single(prospect.statuses[rule.name]):
                return True
            if fact in rule.amount_reads and prospect.statuses[rule.name] & TRUE:
                return True
        return False

    def _touch(self, names: frozenset[str]) -> tuple[Sequence[str], Sequence[str]]:
        """The derived facts and the rules that moving some facts can change."""
        if names not in self._touched:
            base = self.policy.base
            derived = [one.name for one in self.policy.derived if not names.isdisjoint(base[one.name])]
            changed = {*names, *derived}
            rules = [rule.name for rule in self.policy.rules if not changed.isdisjoint(rule.reads)]
            self._touched[names] = derived, rules
        return self._touched[names]


def _status(rule: Rule, evaluation: Evaluation) -> Statuses:
    return TRUE if rule.name in evaluation.fired else UNKNOWN if rule.name in evaluation.open else FALSE


def _points(policy: Policy, evaluation: Evaluation) -> dict[str, Ranged]:
    """The facts of a case as ranges of one value; what is missing is left out, what could not be computed is empty."""
    kinds, values = policy.kinds, evaluation.values
    points = {name: hull(kind, [values[name]]) for name, kind in kinds.items() if name in values}
    broken = {name for name, gap in evaluation.gaps.items() if gap.cause is not None}
    return points | {name: hull(kinds[name], [], gap=True) for name in broken}
