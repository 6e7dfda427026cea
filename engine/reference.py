"""The meaning of a policy, as plainly as it can be written: the oracle all other executors are tested against.

Conditions have three values (Kleene): True, False and None for unknown. Numbers are exact and in natural units (yuan,
fractions) until they are stored. A term that cannot be computed although its facts are there (a division by zero) is
unknown too; a condition that stays unknown and holds such a term is undefined, and so is all that rests on it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction

from engine.evaluation import (
    NO_ROW,
    OVERFLOW,
    TWO_ROWS,
    AmountKey,
    Evaluation,
    day_of,
    silent,
    usable,
)
from engine.expression import Expression, names_in
from engine.given import Given, Record
from engine.interpreter import Facts, Undefined, known, number, operand, truth
from engine.kinds import LIMIT, SCALE, Kind, Number, Rounding, Value, stored
from engine.policy import AMOUNTS, Aggregate, Derived, Policy, Rule, Table


def evaluate(policy: Policy, given: Given, as_of: dt.datetime) -> Evaluation:
    """Evaluate every derived fact and every rule of a policy."""
    return _Evaluator(policy, given, day_of(as_of)).run()


class _Evaluator:
    def __init__(self, policy: Policy, given: Given, today: dt.date) -> None:
        self.policy = policy
        self.today = today
        self.values: dict[str, Value | tuple[Record, ...]] = usable(policy, given)
        self.rows: dict[str, tuple[int, ...]] = {}
        self.undefined: dict[str, str] = {}

    def run(self) -> Evaluation:
        for node in self.policy.nodes:
            try:
                value = self.aggregate(node) if isinstance(node, Aggregate) else self.derive(node)
            except Undefined as reason:
                self.undefined[node.name] = str(reason)
                continue
            spoilt = [self.undefined[name] for name in node.reads if name in self.undefined]
            if value is not None:
                self.values[node.name] = value
            elif spoilt:
                self.undefined[node.name] = spoilt[0]
        return self.rules()

    def rules(self) -> Evaluation:
        fired, unknown = [], []
        amounts = {}
        for rule in self.policy.rules:
            try:
                status = self.decide(rule.when, self.values)
                if status is True:
                    amounts[rule.name] = self.amounts(rule)
                    fired.append(rule.name)
            except Undefined as reason:
                self.undefined[rule.name] = str(reason)
                status = None
            if status is None:
                unknown.append(rule.name)
        return Evaluation(self.values, self.rows, tuple(fired), tuple(unknown), amounts, self.undefined)

    def decide(self, condition: Expression, facts: Facts) -> bool | None:
        broken: list[str] = []
        status = truth(condition, facts, self.today, broken)
        if status is None and broken:
            raise Undefined(broken[0])
        return status

    def amounts(self, rule: Rule) -> dict[AmountKey, int | None]:
        return {(role, name): self.store(formula, AMOUNTS[name]) for role, name, formula in rule.amounts}

    def store(self, formula: Expression, kind: Kind) -> int | None:
        if not known(formula, self.values):
            return None
        return bounded(kind, number(formula, self.values, self.today), self.policy.rounding)

    def derive(self, derived: Derived) -> Value | None:
        if derived.table is not None:
            return self.table(derived.name, derived.kind, derived.table)
        assert derived.formula is not None
        if derived.kind.name in SCALE:
            return self.store(derived.formula, derived.kind)
        if derived.kind.name == "bool":
            return self.decide(derived.formula, self.values)
        return operand(derived.formula, self.values, self.today) if known(derived.formula, self.values) else None  # type: ignore[return-value]  # a word or a date

    def table(self, name: str, kind: Kind, table: Table) -> Value | None:
        hits: list[int] = []
        for index, row in enumerate(table.rows):
            status = self.row(row.when)
            if status is True:
                hits.append(index)
            if status is True and table.hit == "first":
                break
            if status is None and table.hit != "unique":
                return None
        if table.hit == "unique" and not hits and any(self.row(row.when) is None for row in table.rows):
            return None
        if table.hit == "unique" and len(hits) > 1:
            raise Undefined(TWO_ROWS)
        self.rows[name] = tuple(hits)
        return self.combined(kind, table, hits)

    def row(self, when: Expression) -> bool | None:
        status = self.decide(when, self.values)
        if status is None and silent(self.policy, names_in(when), self.values, self.undefined):
            return False
        return status

    def combined(self, kind: Kind, table: Table, hits: Sequence[int]) -> Value:
        found = [table.rows[index].value for index in hits]
        if not found:
            if table.otherwise is None:
                raise Undefined(NO_ROW)
            return table.otherwise
        if table.hit != "collect":
            return found[0]
        numbers = [value for value in found if isinstance(value, int)]
        total = sum(numbers) if table.combine == "sum" else (min if table.combine == "min" else max)(numbers)
        if abs(total) > LIMIT:
            raise Undefined(OVERFLOW)
        return total

    def aggregate(self, node: Aggregate) -> Value | None:
        records = self.values.get(node.records)
        if records is None:
            return None
        assert isinstance(records, tuple)
        if node.function in ("any", "all"):
            statuses = [self.decide(node.where, record) for record in records if node.where is not None]
            return any(statuses) if node.function == "any" else all(statuses)
        chosen = [r for r in records if node.where is None or self.decide(node.where, r)]
        if node.function == "count":
            return len(chosen)
        assert node.field is not None
        return self.total(node, [record[node.field] for record in chosen])

    def total(self, node: Aggregate, found: Sequence[Value]) -> int:
        numbers = [value for value in found if isinstance(value, int)]
        if not numbers:
            return node.empty or 0
        exact: Number
        if node.function in ("min", "max"):
            exact = min(numbers) if node.function == "min" else max(numbers)
        else:
            exact = sum(numbers) if node.function == "sum" else Fraction(sum(numbers), len(numbers))
        field_scale = _field_scale(self.policy, node)
        return bounded(node.kind, Fraction(exact) / field_scale, self.policy.rounding)


def _field_scale(policy: Policy, node: Aggregate) -> int:
    kinds = {field.name: field.kind for field in policy.facts[node.records].fields}
    return SCALE[kinds[node.field or ""].name]


def bounded(kind: Kind, value: Number, rounding: Rounding) -> int:
    """Round a number once into base units; Undefined beyond what can be stored."""
    result = stored(kind, value, rounding)
    if abs(result) > LIMIT:
        raise Undefined(OVERFLOW)
    return result
