"""The policy in CEL, Google's expression language, for both of its compiled implementations: one program per stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import compress
from typing import Any

from bench.engines.applicants import Facts
from bench.engines.contest import Answer, Tables, Values, staged
from bench.engines.spelling import C_LIKE, Dialect, branches, condition, listed, output
from engine.policy import Derived, Policy

_CEL = Dialect(operators=C_LIKE, negation="(!{})", true="true")

#: Compiles a text to a function of the values it reads.
Compiler = Callable[[str], Callable[[Values], Any]]


def decided_by(policy: Policy, compiled: Compiler) -> Callable[[Facts], Answer]:
    """Decide with programs of one implementation: tables as chains of choices, rules as a list of bools."""
    names = [rule.name for rule in policy.rules]
    rules = compiled(listed(condition(rule.when, _CEL) for rule in policy.rules))

    def tables(derived: Sequence[Derived]) -> Tables:
        return compiled(listed(_choice(one) for one in derived))

    return staged(policy, tables, lambda values: list(compress(names, rules(values))))


def _choice(derived: Derived) -> str:
    """The last row needs no condition: a table has no gaps."""
    *rows, (_, last) = branches(derived)
    choices = [f"{condition(when, _CEL)} ? {output(value, _CEL)}" for when, value in rows]
    return " : ".join([*choices, output(last, _CEL)])
