"""Cedar, by cedarpy (Rust): a rule is a `permit`, what permitted is what fired; one call per stage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cedarpy

from bench.engines.applicants import POLICY
from bench.engines.contest import Contender, Tables, Values, staged
from bench.engines.spelling import C_LIKE, Dialect, branches, condition
from engine import PolicySet
from engine.expression import Expression
from engine.policy import Derived

_CEDAR = Dialect(
    name="context.{}".format,
    word='"{}"',
    operators=C_LIKE,
    negation="(!{})",
    among="[{values}].contains({item})",
    true="true",
)
_WHO = {"principal": 'Applicant::"0"', "action": 'Action::"decide"', "resource": 'Line::"0"'}


def contenders(policies: PolicySet) -> Iterator[Contender]:
    """Give the one route, with policies and entities parsed beforehand."""
    policy = policies[POLICY]
    rules = Permits([rule.when for rule in policy.rules])
    names = [rule.name for rule in policy.rules]

    def tables(derived: Sequence[Derived]) -> Tables:
        permits = Permits([when for one in derived for when, _ in branches(one)])
        rows = [(place, value) for place, one in enumerate(derived) for _, value in branches(one)]
        return lambda values: _first(permits(values), rows, len(derived))

    yield Contender("Cedar", staged(policy, tables, lambda values: [names[number] for number in rules(values)]))


def _first(numbers: Sequence[int], rows: Sequence[tuple[int, object]], count: int) -> list[object]:
    found: list[object] = [None] * count
    for number in reversed(numbers):
        place, value = rows[number]
        found[place] = value
    return found


class Permits:
    """Conditions as Cedar policies."""

    def __init__(self, conditions: Sequence[Expression]) -> None:
        text = "\n".join(
            f"permit(principal, action, resource) when {{ {condition(one, _CEDAR)} }};" for one in conditions
        )
        self._policies = cedarpy.PolicySet.from_str(text)
        self._entities = cedarpy.Entities.from_json_str("[]")

    def __call__(self, values: Values) -> list[int]:
        """Give the numbers of the conditions that hold."""
        result = cedarpy.is_authorized({**_WHO, "context": values}, self._policies, self._entities)
        return sorted(int(reason.removeprefix("policy")) for reason in result.diagnostics.reasons)
