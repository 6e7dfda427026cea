"""JSONLogic by `datalogic-py`, compiled Rust: one rule per stage, the policy's rules as a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress

import datalogic_py

from bench.engines.applicants import POLICY
from bench.engines.contest import Contender, Tables, staged
from bench.engines.spelling import Dialect, branches, condition, listed, output
from engine import PolicySet
from engine.policy import Derived

_JSON = Dialect(
    name='{{"var": "{}"}}'.format,
    word='"{}"',
    binary='{{"{op}": [{left}, {right}]}}',
    negation='{{"!": [{}]}}',
    among='{{"in": [{item}, [{values}]]}}',
    true="true",
)


def contenders(policies: PolicySet) -> Iterator[Contender]:
    """Give the one route: a session, which reuses its memory from call to call."""
    policy, engine = policies[POLICY], datalogic_py.Engine()
    evaluate = engine.session().evaluate
    names = [rule.name for rule in policy.rules]
    rules = engine.compile(listed(condition(rule.when, _JSON) for rule in policy.rules))

    def tables(derived: Sequence[Derived]) -> Tables:
        compiled = engine.compile(listed(_choice(one) for one in derived))
        return lambda values: evaluate(compiled, values)

    decide = staged(policy, tables, lambda values: list(compress(names, evaluate(rules, values))))
    yield Contender("JSONLogic (Rust)", decide)


def _choice(derived: Derived) -> str:
    *rows, (_, last) = branches(derived)
    parts = [text for when, value in rows for text in (condition(when, _JSON), output(value, _JSON))]
    return f'{{"if": {listed([*parts, output(last, _JSON)])}}}'
