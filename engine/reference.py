"""The meaning of a policy, as plainly as it can be written: the oracle all other executors are tested against.

A fact or a condition has a value or a Gap, which says what it lacks. Derived facts are evaluated in an order in which
each reads only what stands before it; every rule is evaluated once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction

from engine.evaluation import NO_ROW, OVERFLOW, TWO_ROWS, AmountKey, Evaluation, Gap, Values, day_of, gap, merged
from engine.expression import Expression, names_in
from engine.given import Given
from engine.interpreter import Facts, Undefined, blame, number, operand, truth
from engine.kinds import LIMIT, SCALE, Kind, Number, Rounding, Value, stored
from engine.policy import AMOUNTS, Aggregate, Derived, Policy, Rule, Table


def evaluate(policy: Policy, given: Given, as_of: dt.datetime) -> Evaluation:
    """Evaluate every derived fact and every rule of a policy."""
    return _Evaluator(policy, given, day_of(as_of)).run()


class _Evaluator:
    def __init__(self, policy: Policy, given: Given, today: dt.date) -> None:
        self.policy = policy
        self.today = today
        self.values = Values(given)
        self.rows: dict[str, tuple[int, ...]] = {}
        self.gaps: dict[str, Gap] = {}
        self.open: dict[str, Gap] = {}

    def run(self) -> Evaluation:
        for node in self.policy.nodes:
            value = self.aggregate(node) if isinstance(node, Aggregate) else self.derive(node)
            if isinstance(value, Gap):
                self.gaps[node.name] = value
                self.values.broken |= {node.name} if value.cause else set()
            else:
                self.values[node.name] = value
        amounts = {}
        for rule in self.policy.rules:
            status = self.decide(rule.when, self.values)
            if isinstance(status, Gap):
                self.open[rule.name] = status
            elif status:
                amounts[rule.name] = self.amounts(rule)
        return Evaluation(self.values, self.rows, tuple(amounts), amounts, self.gaps, self.open)

    def decide(self, condition: Expression, facts: Facts) -> bool | Gap:
        status = truth(condition, facts, self.today)
        return gap(*blame(condition, facts, self.today), self.gaps) if status is None else status

    def amounts(self, rule: Rule) -> dict[AmountKey, int | None]:
        amounts: dict[AmountKey, int | None] = {}
        gaps = []
        for role, name, formula in rule.amounts:
            amount = self.store(formula, AMOUNTS[name])
            amounts[role, name] = None if isinstance(amount, Gap) else amount
            gaps += [amount] if isinstance(amount, Gap) else []
        if gaps:
            self.open[rule.name] = merged(gaps)
        return amounts

    def store(self, formula: Expression, kind: Kind) -> int | Gap:
        absent = [name for name in names_in(formula) if name not in self.values]
        if absent:
            return gap(absent, None, self.gaps)
        try:
            return bounded(kind, number(formula, self.values, self.today), self.policy.rounding)
        except Undefined as reason:
            return Gap((), str(reason))

    def derive(self, derived: Derived) -> Value | Gap:
        if derived.table is not None:
            return self.table(derived.name, derived.table)
        assert derived.formula is not None
        if derived.kind.name in SCALE:
            return self.store(derived.formula, derived.kind)
        if derived.kind.name == "bool":
            return self.decide(derived.formula, self.values)
        absent = [name for name in derived.reads if name not in self.values]
        return gap(absent, None, self.gaps) if absent else operand(derived.formula, self.values, self.today)  # type: ignore[return-value]  # a word or a date

    def table(self, name: str, table: Table) -> Value | Gap:
        hits: list[int] = []
        unknown: list[Gap] = []
        for index, row in enumerate(table.rows):
            status = self.decide(row.when, self.values)
            if isinstance(status, Gap):
                unknown += [] if status.silent(self.policy) else [status]
            elif status:
                hits.append(index)
                if table.hit == "first":
                    break
        if table.hit == "unique" and len(hits) > 1:
            return Gap((), TWO_ROWS)
        if unknown and not (table.hit == "unique" and hits):  # rows that exclude each other leave no doubt
            return merged(unknown)
        self.rows[name] = tuple(hits)
        return self.combined(table, hits)

    def combined(self, table: Table, hits: Sequence[int]) -> Value | Gap:
        found = [table.rows[index].value for index in hits]
        if not found:
            return Gap((), NO_ROW) if table.otherwise is None else table.otherwise
        if table.hit != "collect":
            return found[0]
        numbers = [value for value in found if isinstance(value, int)]
        total = sum(numbers) if table.combine == "sum" else (min if table.combine == "min" else max)(numbers)
        return Gap((), OVERFLOW) if abs(total) > LIMIT else total

    def aggregate(self, node: Aggregate) -> Value | Gap:
        records = self.values.get(node.records)
        if records is None:
            return Gap((node.records,))
        assert isinstance(records, tuple)
        statuses = [True if node.where is None else self.decide(node.where, record) for record in records]
        unknown = [status for status in statuses if isinstance(status, Gap)]
        if unknown:
            return merged(unknown)
        if node.function in ("any", "all"):
            return True in statuses if node.function == "any" else False not in statuses
        chosen = [record for record, status in zip(records, statuses, strict=True) if status]
        if node.function == "count":
            return len(chosen)
        assert node.field is not None
        return self.total(node, [record[node.field] for record in chosen])

    def total(self, node: Aggregate, found: Sequence[Value]) -> int | Gap:
        numbers = [value for value in found if isinstance(value, int)]
        if not numbers:
            return node.empty or 0
        exact: Number
        if node.function in ("min", "max"):
            exact = min(numbers) if node.function == "min" else max(numbers)
        else:
            exact = sum(numbers) if node.function == "sum" else Fraction(sum(numbers), len(numbers))
        kinds = {field.name: field.kind for field in self.policy.facts[node.records].fields}
        try:
            return bounded(node.kind, Fraction(exact) / SCALE[kinds[node.field or ""].name], self.policy.rounding)
        except Undefined as reason:
            return Gap((), str(reason))


def bounded(kind: Kind, value: Number, rounding: Rounding) -> int:
    """Round a number once into base units; Undefined beyond what can be stored."""
    result = stored(kind, value, rounding)
    if abs(result) > LIMIT:
        raise Undefined(OVERFLOW)
    return result
