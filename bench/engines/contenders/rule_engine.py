"""rule-engine: Python rules in an expression language of their own, parsed once, decimals inside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import rule_engine

from bench.engines.applicants import POLICY
from bench.engines.contest import Contender, Tables, staged
from bench.engines.spelling import Dialect, branches, condition
from engine import PolicySet
from engine.policy import Derived

_DIALECT = Dialect(true="true")


def contenders(policies: PolicySet) -> Iterator[Contender]:
    """Give the one route: a rule per row and per rule, a table ends at its first row."""
    policy = policies[POLICY]
    rules = [(rule.name, rule_engine.Rule(condition(rule.when, _DIALECT)).matches) for rule in policy.rules]

    def tables(derived: Sequence[Derived]) -> Tables:
        found = [
            [(rule_engine.Rule(condition(when, _DIALECT)).matches, value) for when, value in branches(one)]
            for one in derived
        ]
        return lambda values: [next(value for matches, value in rows if matches(values)) for rows in found]

    match = staged(policy, tables, lambda values: [name for name, matches in rules if matches(values)])
    yield Contender("rule-engine", match)
