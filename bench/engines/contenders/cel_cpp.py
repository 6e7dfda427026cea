"""CEL by `cel-expr-python`, which wraps the C++ original; its programs are checked against declared types."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cel_expr_python import cel

from bench.engines.applicants import POLICY
from bench.engines.cel_text import Compiler, decided_by
from bench.engines.contest import Contender, Values
from engine import PolicySet
from engine.policy import Policy


def contenders(policies: PolicySet) -> Iterator[Contender]:
    """Give the one route: compiled programs."""
    policy = policies[POLICY]
    yield Contender("CEL (C++)", decided_by(policy, _compiler(policy)))


def _compiler(policy: Policy) -> Compiler:
    types = {"bool": cel.Type.BOOL, "enum": cel.Type.STRING}
    environment = cel.NewEnv(variables={name: types.get(one.name, cel.Type.INT) for name, one in policy.kinds.items()})

    def compiled(text: str) -> Callable[[Values], Any]:
        evaluate = environment.compile(text).eval
        return lambda values: evaluate(data=values).plain_value()

    return compiled
