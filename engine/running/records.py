"""Aggregates over record lists as Python closures, for the live executor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from fractions import Fraction

from engine.evaluation import DIVISION_BY_ZERO, OVERFLOW
from engine.kinds import LIMIT, SCALE, Rounding, Value, rounded
from engine.policy import Aggregate, Policy
from engine.running.compute import Compute, Incomputable, Values
from engine.running.conditions import Condition, compile_condition


def compile_aggregate(node: Aggregate, policy: Policy) -> Compute:
    """Compile an aggregate; None when the list is missing; raises Incomputable."""
    where = compile_condition(node.where) if node.where is not None else None
    reduce = _reduction(node, policy)

    def total(values: Values, today: dt.date) -> Value | None:
        if node.records not in values:
            return None
        records = values[node.records]
        chosen = [record for record in records if where is None or _holds(where, record, today)]  # type: ignore[attr-defined]  # a tuple
        if node.function == "any":
            return bool(chosen)
        if node.function == "all":
            return len(chosen) == len(records)  # type: ignore[arg-type]  # a tuple
        return len(chosen) if node.function == "count" else reduce([record[node.field] for record in chosen])

    return total


def _holds(where: Condition, record: Mapping[str, object], today: dt.date) -> bool:
    status = where(record, today)
    if status is None:  # a record has all its fields, so a term could not be computed
        raise Incomputable(DIVISION_BY_ZERO)
    return status


def _reduction(node: Aggregate, policy: Policy) -> Callable[[list[int]], int]:
    if node.field is None:
        return len
    kinds = {field.name: field.kind for field in policy.facts[node.records].fields}
    factor = Fraction(SCALE[node.kind.name], SCALE[kinds[node.field].name])

    def reduce(numbers: list[int]) -> int:
        if not numbers:
            return node.empty or 0
        result = _rounded(_exact(node.function, numbers) * factor, policy.rounding)
        if abs(result) > LIMIT:
            raise Incomputable(OVERFLOW)
        return result

    return reduce


def _exact(function: str, numbers: list[int]) -> Fraction:
    if function == "avg":
        return Fraction(sum(numbers), len(numbers))
    return Fraction({"sum": sum, "min": min, "max": max}[function](numbers))  # type: ignore[operator]  # mypy joins the types


def _rounded(value: Fraction, rounding: Rounding) -> int:
    return value.numerator if value.denominator == 1 else rounded(value, rounding)
