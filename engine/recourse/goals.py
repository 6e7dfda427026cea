"""What recourse aims at: a favourable outcome, or a higher limit. A goal knows when it is met and when it cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import msgspec

from engine.explaining.resolve import Resolution
from engine.policy import Outcome, Policy, Rule
from engine.ranges.statuses import TRUE
from engine.recourse.outlook import Outlook, Prospect


class Goal(Protocol):
    """What changes have to reach."""

    def met(self, resolution: Resolution) -> bool:
        """Whether a decision reaches it."""

    def possible(self, outlook: Outlook, prospect: Prospect) -> bool:
        """Whether any decision in the ranges may reach it."""


class Favourable(msgspec.Struct, frozen=True):
    """Any favourable outcome."""

    def met(self, resolution: Resolution) -> bool:
        """As Goal."""
        return resolution.outcome.favourable

    def possible(self, outlook: Outlook, prospect: Prospect) -> bool:
        """As Goal."""
        return any(favourable_outcomes(outlook.policy, prospect))


class LimitOf(msgspec.Struct, frozen=True):
    """A favourable outcome with a limit of so many fen or more."""

    least: int

    def met(self, resolution: Resolution) -> bool:
        """As Goal."""
        return resolution.outcome.favourable and resolution.amounts.get("limit", 0) >= self.least

    def possible(self, outlook: Outlook, prospect: Prospect) -> bool:
        """As Goal."""
        return highest_limit(outlook, prospect) >= self.least


def favourable_outcomes(policy: Policy, prospect: Prospect) -> Iterator[Outcome]:
    """The favourable outcomes that may stand somewhere in the ranges."""
    statuses, severity = prospect.statuses, policy.severity
    named = [(rule.then, statuses[rule.name]) for rule in policy.rules if rule.then is not None]
    sure = min([severity[outcome] for outcome, status in named if status == TRUE], default=len(severity))
    weighing = [policy.rule[name] for name in prospect.weighing]
    for outcome in dict.fromkeys(outcome for outcome, status in named if status & TRUE and outcome.favourable):
        if severity[outcome] <= sure and not any(_spoils(policy, rule, outcome) for rule in weighing):
            yield outcome


def _spoils(policy: Policy, rule: Rule, outcome: Outcome) -> bool:
    """Whether a rule that is unknown keeps an outcome from standing (see `resolve`)."""
    worse = rule.then is not None and policy.severity[rule.then] < policy.severity[outcome]
    return worse or bool(rule.caps) or (rule.then is outcome and bool(rule.offer))


def highest_limit(outlook: Outlook, prospect: Prospect) -> int:
    """No limit offered in the ranges is higher than this; 0 if none is offered."""
    outcomes = favourable_outcomes(outlook.policy, prospect)
    return max((_limit_under(outlook, prospect, outcome) for outcome in outcomes), default=0)


def _limit_under(outlook: Outlook, prospect: Prospect, outcome: Outcome) -> int:
    offered, certain = [], []
    for rule in outlook.policy.rules:
        status = prospect.statuses[rule.name]
        if rule.then is outcome and "limit" in rule.offer and status & TRUE:
            span = outlook.amount(prospect, rule.name, ("offer", "limit"))
            offered += [] if span.empty else [int(span.high)]
            certain += [int(span.high)] if status == TRUE and not span.gap else []
        if "limit" in rule.caps and status == TRUE:
            span = outlook.amount(prospect, rule.name, ("cap", "limit"))
            certain += [] if span.gap else [int(span.high)]
    return min([max(offered), *certain]) if offered else 0
