"""business-rules: conditions as JSON over declared variables; what it cannot compare becomes a bool variable."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from business_rules.actions import BaseActions, rule_action
from business_rules.engine import run_all
from business_rules.fields import FIELD_NUMERIC
from business_rules.variables import (
    BaseVariables,
    boolean_rule_variable,
    numeric_rule_variable,
    string_rule_variable,
)

from bench.engines.applicants import POLICY
from bench.engines.contest import Contender, Tables, Values, staged
from bench.engines.spelling import PYTHON, branches, condition, sides
from engine import PolicySet
from engine.expression import Among, Compare, Constant, Expression, Junction, Name, Not
from engine.kinds import Kind
from engine.policy import Derived, Policy

_OPERATOR = {
    "==": "equal_to",
    "<": "less_than",
    "<=": "less_than_or_equal_to",
    ">": "greater_than",
    ">=": "greater_than_or_equal_to",
}
_DECORATOR = {"bool": boolean_rule_variable, "enum": string_rule_variable}


def contenders(policies: PolicySet) -> Iterator[Contender]:
    """Give the one route."""
    policy = policies[POLICY]
    base = RuleBase(policy)
    rules = [base.rule(rule.when, number) for number, rule in enumerate(policy.rules)]
    names = [rule.name for rule in policy.rules]

    def tables(derived: Sequence[Derived]) -> Tables:
        found = [
            ([base.rule(when, number) for number, (when, _) in enumerate(branches(one))], [v for _, v in branches(one)])
            for one in derived
        ]
        return lambda values: [outputs[base.run(rows, values, first=True)[0]] for rows, outputs in found]

    yield Contender(
        "business-rules", staged(policy, tables, lambda values: [names[n] for n in base.run(rules, values)])
    )


class RuleBase:
    """Variables and actions of a policy, and its conditions as JSON."""

    def __init__(self, policy: Policy) -> None:
        self._methods: dict[str, Any] = {name: _fact(name, kind) for name, kind in policy.kinds.items()}
        self._variables: type[Any] | None = None

    def rule(self, when: Expression, number: int) -> dict[str, Any]:
        """Write a condition as a rule whose action tells its number."""
        return {"conditions": self._condition(when), "actions": [{"name": "fire", "params": {"number": number}}]}

    def run(self, rules: Sequence[Mapping[str, Any]], values: Values, *, first: bool = False) -> list[int]:
        """Run rules; give the numbers of those that fired, or of the first."""
        if self._variables is None:
            self._variables = type("Variables", (_Values,), self._methods)
        actions = _Fired()
        run_all(rules, self._variables(values), actions, stop_on_first_trigger=first)
        return actions.numbers

    def _condition(self, when: Expression) -> dict[str, Any]:
        match when:
            case Junction():
                return {"all" if when.op == "and" else "any": [self._condition(item) for item in when.items]}
            case Among(item=Name(name), negated=False):
                return {"any": [_test(name, "equal_to", value.value) for value in when.values]}
            case Not(item=Name(name)):
                return _test(name, "is_false", None)
            case Name(name):
                return _test(name, "is_true", None)
            case Compare(left=Name(name, kind), right=Constant(literal)):
                value = literal if kind.name == "enum" else int(sides(when, PYTHON)[1])
                return _test(name, _OPERATOR[when.op], value)
        return self._computed(when)

    def _computed(self, when: Expression) -> dict[str, Any]:
        """A condition that the host computes."""
        name = f"computed_{len(self._methods)}"
        holds: Callable[[Values], bool] = eval(f"lambda f: {condition(when, PYTHON)}")  # noqa: S307  # our own spelling
        self._methods[name] = boolean_rule_variable(label=name)(lambda self: holds(self.values))
        return _test(name, "is_true", None)


class _Values(BaseVariables):  # type: ignore[misc]  # no type information is published
    def __init__(self, values: Values) -> None:
        self.values = values


class _Fired(BaseActions):  # type: ignore[misc]  # as above
    def __init__(self) -> None:
        self.numbers: list[int] = []

    @rule_action(params={"number": FIELD_NUMERIC})  # type: ignore[untyped-decorator]  # as above
    def fire(self, number: int) -> None:
        self.numbers.append(number)


def _fact(name: str, kind: Kind) -> Any:
    return _DECORATOR.get(kind.name, numeric_rule_variable)(label=name)(lambda self: self.values[name])


def _test(name: str, operator: str, value: object) -> dict[str, object]:
    return {"name": name, "operator": operator, "value": value}
